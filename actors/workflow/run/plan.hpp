// PLAN: a definition as its runs use it: who follows whom, and every expression compiled. Immutable; shared by all runs of it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <troupe/actors/workflow/expression.hpp>
#include <troupe/runtime/proto/definition.pb.h>
#include <vector>

namespace troupe {

/// An expression by the name of what it gives. One that does not compile fails the step that comes to it.
struct named_expression {
  std::string name;
  caf::expected<expression> value;
};

struct block_plan;

/// One step.
struct step_plan {
  const StepDefinition* definition = nullptr;
  int index = 0;                           ///< in its block
  std::vector<const step_plan*> followers; ///< steps that need this one, then those that catch its failure
  std::optional<caf::expected<expression>> when, cost; ///< cost: of a loop's rounds
  std::vector<named_expression> with, set;
  std::vector<named_expression>
      cases; ///< of a decision; and map.over, loop.until, wait.until, monitor.healthy as the only one
  std::unique_ptr<const block_plan> body; ///< of parallel, map, loop
  bool undoes = false; ///< a compensation: begins only when what it undoes has to be undone

  /// Edges that end here.
  uint32_t edges() const {
    return static_cast<uint32_t>(definition->needs_size() + definition->catches_size());
  }
  /// Does the end of `from` lead here? `chosen` are the names of the cases that a decision chose.
  bool catches(const step_plan& from) const;
  bool is_chosen(const step_plan& decision,
                 const google::protobuf::RepeatedPtrField<std::string>& chosen) const;
};

/// The steps of one block, in the definition's order.
struct block_plan {
  std::vector<step_plan> steps;
  std::map<std::string, int, std::less<>> index_of; ///< by id
  int result = 0;
  JoinRule join;          ///< of a parallel; else all
  bool gives_all = false; ///< its result is an object of all results

  /// The step with this id, or null.
  const step_plan* find(std::string_view id) const;
  /// Steps that are no compensations: a block has ended when these have.
  uint32_t regular() const;
};

/// A definition and its plan.
struct workflow_plan {
  WorkflowDefinition definition;
  block_plan root;
  std::vector<named_expression> variables; ///< first values

  workflow_plan() = default;
  workflow_plan(const workflow_plan&) = delete;

  /// The plan of a valid definition; equal ones share it while a run has it, and the last limits::plans_recent a while longer.
  static std::shared_ptr<const workflow_plan> of(const WorkflowDefinition& definition);
};

/// The plan of a block that a task returned, and the block with it.
std::shared_ptr<const block_plan> plan_block(Block block);

} // namespace troupe
