// VALUE TYPE: which values the words of JSON name.

#include <array>
#include <fmt/format.h>
#include <troupe/actors/workflow/expression.hpp>
#include <troupe/actors/workflow/expression/document.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

ValueType type_of(json_document::kind kind, std::string_view bytes) {
  switch (kind) {
  case json_document::kind::boolean:
    return TYPE_BOOLEAN;
  case json_document::kind::number:
    return bytes.find_first_of(".eE") == bytes.npos ? TYPE_INTEGER : TYPE_NUMBER;
  case json_document::kind::text:
    return TYPE_STRING;
  case json_document::kind::list:
    return TYPE_LIST;
  case json_document::kind::object:
    return TYPE_OBJECT;
  case json_document::kind::null:
    break;
  }
  return TYPE_ANY;
}

} // namespace

std::string_view word(ValueType type) {
  constexpr std::array words{"any", "string", "number", "integer", "boolean", "list", "object"};
  return ValueType_IsValid(type) ? words[static_cast<size_t>(type)] : "unknown";
}

caf::error fits(ValueType type, std::string_view json) {
  auto document = json_document::read(json, expression_limits::depth, expression_limits::document_values);
  if (!document)
    return document.error();
  auto& root = document->root();
  auto found = type_of(root.is, document->bytes(root));
  if (type == TYPE_ANY || found == TYPE_ANY || found == type ||
      (type == TYPE_NUMBER && found == TYPE_INTEGER))
    return {};
  return make_error(ec::invalid_argument, ValueType_IsValid(type)
                                              ? fmt::format("it is {}, not {}", word(found), word(type))
                                              : "this type is not known");
}

} // namespace troupe
