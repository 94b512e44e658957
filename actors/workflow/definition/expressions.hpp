// What an expression of a definition may read where it stands.
#pragma once

#include <string>
#include <string_view>
#include <troupe/actors/workflow/definition/graph.hpp>
#include <troupe/actors/workflow/definition/mistakes.hpp>
#include <troupe/actors/workflow/expression.hpp>
#include <unordered_set>
#include <vector>

namespace troupe::definitions {

/// A block whose steps are being checked, inside of others.
struct block_scope {
  /// A read of a step whose place before the reader is still to be found.
  struct read {
    std::string path, where; ///< of the expression, and line and column in it
    size_t reader = 0, target = 0;
  };

  const block_graph& graph;
  const block_scope* around = nullptr;
  std::vector<std::string_view> names =
      {};          ///< what every expression of it sees besides: `item`, `index`, `last`
  size_t step = 0; ///< whose expressions are checked now
  mutable std::vector<size_t> led_by =
      {}; ///< of each step: 1 + the last step of which it was found to be a need
  mutable std::vector<read> reads = {}; ///< settled when all steps of the block have been looked at
};

/// Checks the expressions of one definition.
class expression_check {
public:
  /// `definition` tells which inputs and variables there are; nullptr: they are not known, as for a block that a task
  /// returned.
  expression_check(const WorkflowDefinition* definition, const std::unordered_set<std::string_view>& ids,
                   mistakes& found);

  /// A step of this block is next: its expressions follow.
  void begin(block_scope& block, size_t step) const;

  /// An expression of the step that is checked now. `names`: what it sees besides.
  void check(const std::string& source, const std::string& path, const block_scope& block,
             std::vector<std::string_view> names = {});

  /// The first value of a variable, which sees `inputs` alone; it must be of this type if it is known already.
  void check_initial(const VariableDefinition& variable, const std::string& path);

  /// Are there variables of these names?
  void check_set(const StepDefinition& step, const std::string& path);

  /// Do the steps that were read come before those that read them?
  void settle(const block_scope& block);

private:
  std::optional<expression> compile(const std::string& source, const std::string& path);
  void field(const expression_read& read, const std::string& path);
  void step(const expression_read& read, const std::string& path, const block_scope& block);

  const WorkflowDefinition* definition_;
  const std::unordered_set<std::string_view>& ids_;
  mistakes& found_;
  std::vector<std::string_view> inputs_, variables_;
};

} // namespace troupe::definitions
