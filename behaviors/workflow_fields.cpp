// WORKFLOW FIELDS: walks messages by protobuf's reflection, so that a new field of a definition needs nothing here.
// Invariant: definitions whose canonical bytes differ differ in a row, in the order of rows of a list, or in a step's place.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <set>
#include <troupe/behaviors/workflow_fields.hpp>

namespace troupe {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string size_text(int64_t bytes) {
  for (auto [size, unit] :
       {std::pair{int64_t{1} << 30, "GiB"}, {int64_t{1} << 20, "MiB"}, {int64_t{1} << 10, "KiB"}})
    if (bytes != 0 && bytes % size == 0)
      return fmt::format("{}{}", bytes / size, unit);
  return fmt::format("{}B", bytes);
}

// `x_ms` is written `x`, and so is `x_bytes`.
std::string name_in_yaml(const FieldDescriptor& field) {
  auto name = field.name();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64)
    for (auto unit : {"_ms", "_bytes"})
      if (ends_with(name, unit))
        name.resize(name.size() - std::string_view{unit}.size());
  return name;
}

// `JOIN_N_OF` is written `n_of`: without what the names of all values begin with.
std::string word_of(const google::protobuf::EnumValueDescriptor& value) {
  auto word = value.name();
  word.erase(0, word.find('_') + 1);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return word;
}

std::string whole_number(const FieldDescriptor& field, int64_t value) {
  if (ends_with(field.name(), "_ms"))
    return span_text(value);
  return ends_with(field.name(), "_bytes") ? size_text(value) : std::to_string(value);
}

// One value; `index` < 0 = the field is no list.
std::string value_text(const Message& message, const FieldDescriptor& field, int index) {
  auto& look = *message.GetReflection();
  auto get = [&](auto one, auto many) {
    return index < 0 ? (look.*one)(message, &field) : (look.*many)(message, &field, index);
  };
  using google::protobuf::Reflection;
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return std::to_string(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
  case FieldDescriptor::CPPTYPE_INT64:
    return whole_number(field, get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
  case FieldDescriptor::CPPTYPE_UINT32:
    return std::to_string(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
  case FieldDescriptor::CPPTYPE_UINT64:
    return std::to_string(get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return fmt::format("{}", get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
  case FieldDescriptor::CPPTYPE_FLOAT:
    return fmt::format("{}", get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
  case FieldDescriptor::CPPTYPE_BOOL:
    return get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true" : "false";
  case FieldDescriptor::CPPTYPE_ENUM: {
    auto* value = get(&Reflection::GetEnum, &Reflection::GetRepeatedEnum);
    return field.enum_type()->FindValueByNumber(value->number()) ? word_of(*value)
                                                                 : std::to_string(value->number());
  }
  case FieldDescriptor::CPPTYPE_STRING:
    return get(&Reflection::GetString, &Reflection::GetRepeatedString);
  case FieldDescriptor::CPPTYPE_MESSAGE:
    break;
  }
  return {};
}

bool holds_steps(const FieldDescriptor& field) {
  return field.message_type() == StepDefinition::descriptor();
}

class row_writer {
public:
  workflow_fields rows;

  void write(const Message& message, const std::string& path) {
    std::vector<const FieldDescriptor*> set;
    message.GetReflection()->ListFields(message, &set);
    for (auto* field : set)
      if (!holds_steps(*field) && !(path.empty() && field->name() == "id"))
        write(message, *field, (path.empty() ? "" : path + ".") + name_in_yaml(*field));
  }

private:
  void write(const Message& message, const FieldDescriptor& field, const std::string& path) {
    auto& look = *message.GetReflection();
    auto is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!field.is_repeated() && is_message) {
      auto& part = look.GetMessage(message, &field);
      std::vector<const FieldDescriptor*> set;
      part.GetReflection()->ListFields(part, &set);
      if (set.empty()) // a `checkpoint` of which nothing is said
        rows.push_back({path, "{}", false});
      write(part, path);
    } else if (!field.is_repeated()) {
      rows.push_back({path, value_text(message, field, -1), false});
    } else if (!is_message) {
      for (int i = 0; i < look.FieldSize(message, &field); ++i)
        rows.push_back({path, value_text(message, field, i), true});
    } else {
      write_named(message, field, path);
    }
  }

  // Elements with a name are found by it, so that one put in between changes nothing of the others.
  void write_named(const Message& message, const FieldDescriptor& list, const std::string& path) {
    auto& look = *message.GetReflection();
    std::set<std::string> used;
    for (int i = 0; i < look.FieldSize(message, &list); ++i) {
      auto& element = look.GetRepeatedMessage(message, &list, i);
      auto name_field = element.GetDescriptor()->FindFieldByName("name");
      auto name = name_field ? element.GetReflection()->GetString(element, name_field) : std::string{};
      if (name.empty())
        name = std::to_string(i + 1);
      if (!used.insert(name).second)
        used.insert(name += fmt::format("#{}", i + 1));
      if (element.GetDescriptor() == Field::descriptor()) { // an object; its order means nothing
        rows.push_back({path + "." + name, static_cast<const Field&>(element).value(), false});
        continue;
      }
      rows.push_back({path, name, true});
      auto from = rows.size();
      write(element, path + "." + name);
      auto is_name = [&](auto& row) { return row.path == path + "." + name + ".name"; };
      rows.erase(std::remove_if(rows.begin() + static_cast<std::ptrdiff_t>(from), rows.end(), is_name),
                 rows.end());
    }
  }
};

void add_steps(const Message& message, const std::string& path, std::vector<placed_step>& found) {
  std::vector<const FieldDescriptor*> set;
  auto& look = *message.GetReflection();
  look.ListFields(message, &set);
  for (auto* field : set) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE)
      continue;
    auto inside = path + (path.empty() ? "" : ".") + field->name();
    if (!field->is_repeated())
      add_steps(look.GetMessage(message, field), inside, found);
    for (int i = 0; holds_steps(*field) && i < look.FieldSize(message, field); ++i) {
      auto& step = static_cast<const StepDefinition&>(look.GetRepeatedMessage(message, field, i));
      row_writer writer;
      writer.write(step, {});
      found.push_back({&step, path.empty() ? "" : inside, std::move(writer.rows)});
      add_steps(step, step.id(), found);
    }
  }
}

} // namespace

workflow_fields fields_of(const WorkflowDefinition& definition) {
  row_writer writer;
  writer.write(definition, {});
  return std::move(writer.rows);
}

std::vector<placed_step> steps_of(const WorkflowDefinition& definition) {
  std::vector<placed_step> found;
  add_steps(definition, {}, found);
  return found;
}

std::string kind_of(const StepDefinition& step) {
  auto* kind =
      step.GetReflection()->GetOneofFieldDescriptor(step, StepDefinition::descriptor()->oneof_decl(0));
  return kind ? kind->name() : "nothing";
}

std::string span_text(int64_t ms) {
  for (auto [size, unit] : {std::pair{int64_t{86'400'000}, "d"},
                            {int64_t{3'600'000}, "h"},
                            {int64_t{60'000}, "m"},
                            {int64_t{1000}, "s"}})
    if (ms != 0 && ms % size == 0)
      return fmt::format("{}{}", ms / size, unit);
  return fmt::format("{}ms", ms);
}

} // namespace troupe
