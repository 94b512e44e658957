// WORKFLOW DIFF: what changed between two definitions, step by step.
#pragma once

#include <string>
#include <troupe/runtime/proto/definition.pb.h>
#include <vector>

namespace troupe {

/// A field that is another one now.
struct field_change {
  std::string
      path; ///< `timeout`, `needs`, `with.total`, `decision.cases.large.when`; `in` = the block it stands in
  std::string before; ///< as a person writes it; empty = it was not there, or an element was added
  std::string after;  ///< empty = it is not there any more, or an element was taken away
};

/// What became of a step.
enum class step_fate : uint8_t { added, removed, changed };

/// A step that is new, gone, or another one now. Steps are the same if their ids are.
struct step_change {
  step_fate fate;
  std::string id;
  std::string kind;                 ///< of the newer one, as in YAML
  std::vector<field_change> fields; ///< of an added or removed step: all it has
};

/// What changed; empty if and only if both have the same content_hash().
struct workflow_difference {
  std::vector<field_change>
      fields; ///< of the workflow itself: name, inputs, variables, the order of its steps
  std::vector<step_change>
      steps; ///< in the order of the newer definition, then what is gone in the order of the older

  bool empty() const {
    return fields.empty() && steps.empty();
  }
};

/// Compares two definitions, whatever blocks their steps stand in. Ids have to be unique in each. Cost: fields * log(fields).
workflow_difference difference(const WorkflowDefinition& before, const WorkflowDefinition& after);

/// For people: a line for each step, `+` added, `-` removed, `~` changed, and its fields indented below; nothing if nothing
/// changed. Values longer than limits::shown_value bytes are cut.
std::string to_string(const workflow_difference& changes);

/// The same in one line: `2 steps added, 1 removed, 3 changed; deadline, inputs`; `nothing` if nothing changed.
std::string summary(const workflow_difference& changes);

} // namespace troupe
