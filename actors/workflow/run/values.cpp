// VALUES: texts <-> JSON.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/expression.hpp>
#include <troupe/actors/workflow/expression/document.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/nearest.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

caf::expected<json_document> read(std::string_view text) {
  return json_document::read(text, expression_limits::depth, expression_limits::document_values);
}

// Most texts are prose: their first letter tells.
bool may_be_json(std::string_view text) {
  auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos &&
         std::string_view{"{[\"-0123456789tfn"}.find(text[first]) != std::string_view::npos;
}

const InputDefinition* declared(const WorkflowDefinition& definition, const std::string& name) {
  for (auto& input : definition.inputs())
    if (input.name() == name)
      return &input;
  return nullptr;
}

caf::error unknown_input(const WorkflowDefinition& definition, const std::string& name) {
  std::vector<std::string_view> names;
  for (auto& input : definition.inputs())
    names.push_back(input.name());
  auto near = nearest(name, names);
  auto text = fmt::format("workflow '{}' takes no input '{}'", definition.name(), name);
  if (!near.empty())
    text += fmt::format("; did you mean '{}'?", near);
  return make_error(ec::invalid_argument, std::move(text));
}

} // namespace

std::string as_json(std::string_view text, ValueType type) {
  if (type != TYPE_STRING && may_be_json(text) && read(text))
    return std::string{text};
  std::string quoted;
  append_json(quoted, text);
  return quoted;
}

std::string as_text(std::string_view json) {
  if (auto first = json.find_first_not_of(" \t\r\n"); first == std::string_view::npos || json[first] != '"')
    return std::string{json};
  auto document = read(json);
  if (!document)
    return std::string{json};
  std::string buffer;
  return std::string{document->characters(document->root(), buffer)};
}

bool is_of(std::string_view json, ValueType type) {
  return json == "null" || !fits(type, json);
}

caf::expected<std::vector<std::string>> items_of(std::string_view json) {
  auto document = read(json);
  if (!document)
    return std::move(document.error());
  if (document->root().is != json_document::kind::list)
    return make_error(ec::invalid_argument, "not a list: " + std::string{cut_utf8(json, 40)});
  std::vector<std::string> items;
  for (size_t i = 0; i < document->root().count; ++i)
    items.emplace_back(document->bytes(document->child(document->root(), i)));
  return items;
}

bool takes_input(const WorkflowDefinition& definition, std::string_view name) {
  auto& declared = definition.inputs();
  return declared.empty() ||
         std::any_of(declared.begin(), declared.end(), [&](auto& input) { return input.name() == name; });
}

caf::expected<std::vector<Field>> complete_inputs(const WorkflowDefinition& definition,
                                                  std::span<const Field* const> given) {
  std::vector<Field> inputs;
  for (auto* field : given) {
    auto* input = declared(definition, field->name());
    if (!input && definition.inputs_size() > 0)
      return unknown_input(definition, field->name());
    if (input && !is_of(as_json(field->value(), input->type()), input->type()))
      return make_error(ec::invalid_argument,
                        fmt::format("input '{}' is no {}: {}", field->name(), word(input->type()),
                                    cut_utf8(clean_utf8(field->value()), 40)));
    inputs.push_back(*field);
  }
  for (auto& input : definition.inputs()) {
    if (std::any_of(inputs.begin(), inputs.end(), [&](auto& field) { return field.name() == input.name(); }))
      continue;
    if (!input.optional() && input.default_value().empty())
      return make_error(ec::invalid_argument,
                        fmt::format("input '{}' is missing: {}", input.name(), word(input.type())));
    if (!input.default_value().empty()) {
      auto& field = inputs.emplace_back();
      field.set_name(input.name());
      field.set_value(input.default_value());
    }
  }
  std::stable_sort(inputs.begin(), inputs.end(), [](auto& a, auto& b) { return a.name() < b.name(); });
  auto twice =
      std::adjacent_find(inputs.begin(), inputs.end(), [](auto& a, auto& b) { return a.name() == b.name(); });
  if (twice != inputs.end())
    return make_error(ec::invalid_argument, "input '" + twice->name() + "' is given twice");
  return inputs;
}

} // namespace troupe
