// WORKFLOW FACTS: how a run has ended, without anything that time decides; by a reference, and of any run.
#pragma once

#include <functional>
#include <map>
#include <tests/simulator/random_workflow.hpp>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe {

/// What a task does, by its inputs: gives a number that depends on all of them, or fails. `key` names the task in all attempts.
caf::expected<std::string> do_work(const std::string& key, const std::vector<Field>& inputs,
                                   uint32_t attempt);
/// The name of a task's effect: the run's input `run` and the step's path.
std::string key_of(const std::vector<Field>& inputs, std::string_view step);

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
reference_end end_of(const random_workflow& what, const std::map<std::string, random_workflow>& children);

} // namespace troupe
