// WORKFLOW FACTS: how a run has ended, without anything that time decides; by a reference, and of any run.
#pragma once

#include <functional>
#include <map>
#include <tests/simulator/random_workflow.hpp>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe {

/// What a task does, by its inputs: gives a number that depends on all of them, or fails. `key` names the task in all attempts; what is
/// broken fails until it is mended.
caf::expected<std::string> do_work(const std::string& key, const std::vector<Field>& inputs, uint32_t attempt,
                                   bool mended);
/// The name of a task's effect: the run that nobody else has begun, what its children are called in their input `run`, and the step's
/// path.
std::string key_of(std::string_view root, const std::vector<Field>& inputs, std::string_view step);
/// The first of these in the ref of a run: `w1` in `default/run/w1.s3-17000`.
std::string root_of(std::string_view ref);

/// A step of a run that is there, and what it does.
struct known_step {
  std::string path;
  const StepDefinition* definition;
  const StepState* state;
};
/// All steps, those of blocks and of returned blocks included.
void each_step(const WorkflowDefinition& definition, const RunState& state,
               const std::function<void(const known_step&)>& look);

/// Status, outcome, variables and steps of a run, by name; of approvals without who answered when.
using run_facts = std::map<std::string, std::string>;
run_facts facts_of(const WorkflowDefinition& definition, const RunState& state);

/// How a run ends in a world without crashes, and what it has done there.
struct reference_end {
  run_facts facts;
  RunStatus status = RUN_RUNNING;
  Outcome outcome;
  std::map<std::string, std::string> effects; ///< of all tasks, those of children included, by key
  std::string refused;                        ///< why it cannot begin; empty = it did
};
/// `start` may be a fork; its definition is the one that the run ends with. In a world that is `mended`, nothing is broken.
reference_end end_of(const StartWorkflow& start, const std::string& root, bool mended,
                     const std::map<std::string, random_workflow>& children);
/// Same, of a run that is given the workflow's inputs.
reference_end end_of(const random_workflow& what, const std::map<std::string, random_workflow>& children);
/// The start of such a run.
StartWorkflow start_of(const random_workflow& what);

} // namespace troupe
