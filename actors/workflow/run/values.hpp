// VALUES: texts and JSON of a run. A text that is JSON is read as that; any other is a string.
#pragma once

#include <caf/expected.hpp>
#include <span>
#include <string>
#include <string_view>
#include <troupe/runtime/proto/definition.pb.h>
#include <vector>

namespace troupe {

/// The JSON of a text. `type` string = always a string, whatever it looks like.
std::string as_json(std::string_view text, ValueType type = TYPE_ANY);

/// The text of a JSON value: of a string its characters, else its bytes.
std::string as_text(std::string_view json);

/// Is this JSON of that type? null is of every type.
bool is_of(std::string_view json, ValueType type);

/// The items of a list, each as JSON. Errors: ec::invalid_argument (no list).
caf::expected<std::vector<std::string>> items_of(std::string_view json);

/// Does a definition take an input of this name? One that declares none takes any.
bool takes_input(const WorkflowDefinition& definition, std::string_view name);

/// Inputs of a run as its definition declares them: sorted by name, defaults filled in. Errors: ec::invalid_argument naming an input that
/// is missing, unknown (with the nearest known one), given twice, or of another type.
caf::expected<std::vector<Field>> complete_inputs(const WorkflowDefinition& definition,
                                                  std::span<const Field* const> given);

} // namespace troupe
