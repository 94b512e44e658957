// JSON, reading; the only file here that sees Boost.JSON. Invariant: nothing that does not fit is ignored.

#include <boost/json.hpp>
#include <charconv>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <optional>
#include <troupe/net/api/json.hpp>
#include <troupe/net/api/unix_times.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/nearest.hpp>
#include <vector>

namespace troupe {
namespace {

namespace json = boost::json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

caf::error misfit(const std::string& path, std::string_view why) {
  return make_error(ec::invalid_argument, fmt::format("{}: {}", path.empty() ? "the document" : path, why));
}

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

caf::error unknown_field(const Message& message, const std::string& path, std::string_view key) {
  std::vector<std::string_view> names;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i)
    names.push_back(message.GetDescriptor()->field(i)->json_name());
  auto near = nearest(key, names);
  return misfit(path, near.empty() ? fmt::format("there is no field; known are {}", fmt::join(names, ", "))
                                   : fmt::format("there is no field; did you mean '{}'?", near));
}

const FieldDescriptor* find_field(const Message& message, std::string_view key) {
  auto* all = message.GetDescriptor();
  for (int i = 0; i < all->field_count(); ++i)
    if (all->field(i)->json_name() == key || all->field(i)->name() == key)
      return all->field(i);
  return nullptr;
}

// A whole number, written as number or as text.
template <class Number>
std::optional<Number> whole(const json::value& from) {
  if (auto* text = from.if_string()) {
    Number number{};
    auto end = text->data() + text->size();
    auto [stopped, failed] = std::from_chars(text->data(), end, number);
    return failed == std::errc{} && stopped == end && !text->empty() ? std::optional{number} : std::nullopt;
  }
  json::error_code failed;
  auto number = from.is_number() ? from.to_number<Number>(failed) : Number{};
  return from.is_number() && !failed ? std::optional{number} : std::nullopt;
}

std::optional<int64_t> time_or_number(const FieldDescriptor* field, const json::value& from) {
  auto factor = unix_time_factor(field->name());
  if (factor != 0 && from.is_string())
    if (auto time = parse_iso_time(view(from.get_string())))
      return *time * factor;
  return whole<int64_t>(from);
}

caf::error fill(Message& message, const json::value& from, const std::string& path);

// Sets a field, or adds to it if it is repeated.
caf::error set(Message& message, const FieldDescriptor* field, const json::value& from,
               const std::string& path) {
  using R = google::protobuf::Reflection;
  auto* fields = message.GetReflection();
  auto put = [&](auto one, auto many, auto value) {
    if (field->is_repeated())
      (fields->*many)(&message, field, std::move(value));
    else
      (fields->*one)(&message, field, std::move(value));
    return caf::error{};
  };
  switch (field->cpp_type()) {
  case FieldDescriptor::CPPTYPE_BOOL:
    if (!from.is_bool())
      return misfit(path, "true or false is expected");
    return put(&R::SetBool, &R::AddBool, from.get_bool());
  case FieldDescriptor::CPPTYPE_INT32:
    if (auto number = whole<int32_t>(from))
      return put(&R::SetInt32, &R::AddInt32, *number);
    return misfit(path, "a whole number of 32 bits is expected");
  case FieldDescriptor::CPPTYPE_UINT32:
    if (auto number = whole<uint32_t>(from))
      return put(&R::SetUInt32, &R::AddUInt32, *number);
    return misfit(path, "a whole number from 0 to 4294967295 is expected");
  case FieldDescriptor::CPPTYPE_INT64:
    if (auto number = time_or_number(field, from))
      return put(&R::SetInt64, &R::AddInt64, *number);
    return misfit(path, unix_time_factor(field->name()) != 0 ? "a time like 2023-11-14T22:13:20Z is expected"
                                                             : "a whole number is expected");
  case FieldDescriptor::CPPTYPE_UINT64:
    if (auto number = whole<uint64_t>(from))
      return put(&R::SetUInt64, &R::AddUInt64, *number);
    return misfit(path, "a whole number from 0 is expected");
  case FieldDescriptor::CPPTYPE_FLOAT:
  case FieldDescriptor::CPPTYPE_DOUBLE: {
    if (!from.is_number())
      return misfit(path, "a number is expected");
    auto number = from.to_number<double>();
    return field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE
               ? put(&R::SetDouble, &R::AddDouble, number)
               : put(&R::SetFloat, &R::AddFloat, static_cast<float>(number));
  }
  case FieldDescriptor::CPPTYPE_STRING:
    if (!from.is_string())
      return misfit(path, "text is expected");
    return put(&R::SetString, &R::AddString, std::string{view(from.get_string())});
  case FieldDescriptor::CPPTYPE_ENUM: {
    auto* known = from.is_string() ? field->enum_type()->FindValueByName(std::string{view(from.get_string())})
                                   : nullptr;
    if (known)
      return put(&R::SetEnumValue, &R::AddEnumValue, known->number());
    std::vector<std::string_view> names;
    for (int i = 0; i < field->enum_type()->value_count(); ++i)
      names.push_back(field->enum_type()->value(i)->name());
    return misfit(path, fmt::format("one of {} is expected", fmt::join(names, ", ")));
  }
  case FieldDescriptor::CPPTYPE_MESSAGE:
    return fill(field->is_repeated() ? *fields->AddMessage(&message, field)
                                     : *fields->MutableMessage(&message, field),
                from, path);
  }
  return misfit(path, "a value of another kind is expected");
}

caf::error fill(Message& message, const json::value& from, const std::string& path) {
  if (!from.is_object())
    return misfit(path, "an object is expected");
  for (auto& member : from.get_object()) {
    std::string_view key{member.key().data(), member.key().size()};
    auto at = path.empty() ? std::string{key} : fmt::format("{}.{}", path, key);
    auto* field = find_field(message, key);
    if (!field)
      return unknown_field(message, at, key);
    if (member.value().is_null())
      continue;
    if (!field->is_repeated()) {
      if (auto failed = set(message, field, member.value(), at))
        return failed;
      continue;
    }
    if (!member.value().is_array())
      return misfit(at, "a list is expected");
    size_t index = 0;
    for (auto& item : member.value().get_array())
      if (auto failed = set(message, field, item, fmt::format("{}[{}]", at, index++)))
        return failed;
  }
  return {};
}

} // namespace

caf::error from_json(std::string_view text, Message& message) {
  json::stream_parser parser;
  json::error_code failed;
  auto read = parser.write(text.data(), text.size(), failed);
  if (!failed)
    parser.finish(failed);
  if (failed) {
    auto before = text.substr(0, read);
    auto line = 1 + std::count(before.begin(), before.end(), '\n');
    auto column = read - (before.rfind('\n') + 1) + 1; // npos + 1 is 0
    return make_error(ec::invalid_argument,
                      fmt::format("line {}, column {}: {}", line, column, failed.message()));
  }
  message.Clear();
  return fill(message, parser.release(), {});
}

} // namespace troupe
