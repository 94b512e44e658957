// WORKFLOW TEMPLATES: the definitions that every `troupe` has, from examples/workflows/.
#pragma once

#include <caf/expected.hpp>
#include <span>
#include <string>
#include <string_view>
#include <troupe/runtime/proto/definition.pb.h>
#include <vector>

namespace troupe {

/// One template.
struct workflow_template {
  std::string_view name; ///< that of its workflow
  std::string_view text; ///< YAML
};

/// All templates, in the order they are explained.
std::span<const workflow_template> workflow_templates();

/// A template by name; `-` counts as `_`. Errors: ec::not_found, with the names that are known.
caf::expected<workflow_template> find_template(std::string_view name);

/// Its definition. Errors: as find_template().
caf::expected<WorkflowDefinition> read_template(std::string_view name);

/// The templates that a definition runs as children, those of their children included; without the definition itself.
std::vector<workflow_template> templates_below(const WorkflowDefinition& definition);

} // namespace troupe
