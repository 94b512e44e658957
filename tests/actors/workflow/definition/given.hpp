// Definitions in protobuf's text form, and what is found in them, a line for each.
#pragma once

#include <google/protobuf/text_format.h>
#include <string>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/definition_lint.hpp>

namespace troupe {

/// The definition of a text; `steps { id: "a" task { required: "x" } }` may be shortened to `A(a)`, see task().
inline WorkflowDefinition definition_of(const std::string& text) {
  WorkflowDefinition definition;
  if (!google::protobuf::TextFormat::ParseFromString(text, &definition))
    definition.set_result("this text is no definition");
  return definition;
}

/// A step that does a task, with more fields of the step.
inline std::string task(const std::string& id, const std::string& more = {}) {
  return "steps { id: '" + id + "' task { required: 'x' } " + more + " } ";
}

/// A step of another kind.
inline std::string step(const std::string& id, const std::string& kind) {
  return "steps { id: '" + id + "' " + kind + " } ";
}

/// `path: text` of each problem.
inline std::string lines(const workflow_problems& problems) {
  std::string text;
  for (auto& one : problems)
    text +=
        (text.empty() ? "" : "\n") + one.path + ": " + (one.rule.empty() ? "" : one.rule + ": ") + one.text;
  return text.empty() ? "right" : text;
}

/// What is wrong with a definition.
inline std::string checked(const std::string& text, const definition_surroundings& around = {}) {
  return lines(check(definition_of(text), around));
}

} // namespace troupe
