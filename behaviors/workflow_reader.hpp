// WORKFLOW READER: YAML or JSON -> a definition, with the place of every field.
#pragma once

#include <string_view>
#include <troupe/behaviors/workflow_problem.hpp>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

/// What was read. With problems, the definition holds what could be read.
struct workflow_text {
  WorkflowDefinition definition;
  /// Of a scalar its own place, of a list or an object that of its name, of an item that of the item. Named values stand under
  /// their name and under their position: `steps[0].with.a` and `steps[0].with[0]`.
  workflow_places places;
  workflow_problems
      problems; ///< of the form only: syntax, unknown or repeated fields with the nearest known one, kinds of values,
                ///< durations, sizes, words; never of the meaning, see actors/workflow/definition_check.hpp
};

/// Reads JSON if the first character is `{`, else YAML 1.2 without anchors, aliases and tags. docs/reference/workflow.md has the
/// rules. Bounds: limits::definition_bytes, definition_depth, definition_values, definition_signs, definition_problems.
workflow_text read_workflow(std::string_view text);

/// The same for a Block alone, which a task may return; `definition` then has its steps and its result only.
workflow_text read_block(std::string_view text);

/// The same for any other message whose form follows docs/reference/workflow.md.
void read_form(std::string_view text, google::protobuf::Message& into, workflow_places& places,
               workflow_problems& problems);

} // namespace troupe
