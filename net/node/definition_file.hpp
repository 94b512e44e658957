// DEFINITION FILE: a workflow as somebody has written it down.
#pragma once

#include <caf/expected.hpp>
#include <string>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

/// The definition in a YAML or JSON file, whose form is right; its meaning is checked by whoever takes it. Errors: ec::not_found,
/// ec::invalid_argument; ec::invalid_workflow with all mistakes and their places.
caf::expected<WorkflowDefinition> read_definition_file(const std::string& path);

} // namespace troupe
