// WORKFLOW FORM: a message as a tree, by reflection, and the hash of what it says. Invariant: equal messages give equal texts and
// hashes; fields at their default are not written, fields that are set and empty are.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <google/protobuf/message.h>
#include <sodium.h>
#include <troupe/behaviors/form/tree.hpp>
#include <troupe/behaviors/form/words.hpp>
#include <troupe/behaviors/workflow_form.hpp>

namespace troupe {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

written_value text(std::string_view of, written_as as = written_as::quoted) {
  return {as, {}, std::string{of}, {}, {}};
}

written_value tree_of(const Message& message);

void add(written_value& object, std::string_view name, written_value value) {
  object.keys.push_back(text(name));
  object.items.push_back(std::move(value));
}

// The value of a field, or one of its values.
written_value value_of(const Message& message, const FieldDescriptor& field, int index) {
  auto* fields = message.GetReflection();
  auto many = field.is_repeated();
  auto plain = [](auto number) { return text(fmt::format("{}", number), written_as::plain); };
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_BOOL:
    return plain(many ? fields->GetRepeatedBool(message, &field, index) : fields->GetBool(message, &field));
  case FieldDescriptor::CPPTYPE_INT32:
    return plain(many ? fields->GetRepeatedInt32(message, &field, index) : fields->GetInt32(message, &field));
  case FieldDescriptor::CPPTYPE_UINT32:
    return plain(many ? fields->GetRepeatedUInt32(message, &field, index)
                      : fields->GetUInt32(message, &field));
  case FieldDescriptor::CPPTYPE_UINT64:
    return plain(many ? fields->GetRepeatedUInt64(message, &field, index)
                      : fields->GetUInt64(message, &field));
  case FieldDescriptor::CPPTYPE_INT64: {
    auto number = many ? fields->GetRepeatedInt64(message, &field, index) : fields->GetInt64(message, &field);
    auto units = units_of(field);
    return units.empty() ? plain(number) : text(print_quantity(number, units), written_as::plain);
  }
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return plain(many ? fields->GetRepeatedDouble(message, &field, index)
                      : fields->GetDouble(message, &field));
  case FieldDescriptor::CPPTYPE_FLOAT:
    return plain(many ? fields->GetRepeatedFloat(message, &field, index) : fields->GetFloat(message, &field));
  case FieldDescriptor::CPPTYPE_ENUM: {
    auto number =
        many ? fields->GetRepeatedEnumValue(message, &field, index) : fields->GetEnumValue(message, &field);
    auto* known = field.enum_type()->FindValueByNumber(number);
    return known ? text(written_word(*known), written_as::plain) : plain(number);
  }
  case FieldDescriptor::CPPTYPE_STRING:
    return text(many ? fields->GetRepeatedString(message, &field, index)
                     : fields->GetString(message, &field));
  case FieldDescriptor::CPPTYPE_MESSAGE:
    break;
  }
  return tree_of(many ? fields->GetRepeatedMessage(message, &field, index)
                      : fields->GetMessage(message, &field));
}

written_value several_of(const Message& message, const FieldDescriptor& field) {
  auto* fields = message.GetReflection();
  auto count = fields->FieldSize(message, &field);
  auto is_fields = field.message_type() == Field::descriptor();
  written_value several{is_fields ? written_as::object : written_as::list, {}, {}, {}, {}};
  for (int i = 0; i < count; ++i)
    if (is_fields) {
      auto& one = static_cast<const Field&>(fields->GetRepeatedMessage(message, &field, i));
      add(several, one.name(), text(one.value()));
    } else {
      several.items.push_back(value_of(message, field, i));
    }
  return several;
}

written_value tree_of(const Message& message) {
  written_value object{written_as::object, {}, {}, {}, {}};
  auto* type = message.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    auto& field = *type->field(i);
    if (field.is_repeated() && message.GetReflection()->FieldSize(message, &field) > 0)
      add(object, written_name(field), several_of(message, field));
    else if (!field.is_repeated() && message.GetReflection()->HasField(message, &field))
      add(object, written_name(field), value_of(message, field, 0));
  }
  return object;
}

// Sorts what is sorted by name, all the way down.
void sort_fields(Message& message) {
  auto* fields = message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  fields->ListFields(message, &set);
  for (auto* field : set) {
    if (field->message_type() == nullptr)
      continue;
    if (!field->is_repeated()) {
      sort_fields(*fields->MutableMessage(&message, field));
    } else if (field->message_type() == Field::descriptor()) {
      std::vector<Field> sorted;
      for (int i = 0; i < fields->FieldSize(message, field); ++i)
        sorted.push_back(static_cast<const Field&>(fields->GetRepeatedMessage(message, field, i)));
      std::stable_sort(sorted.begin(), sorted.end(), [](auto& a, auto& b) { return a.name() < b.name(); });
      fields->ClearField(&message, field);
      for (auto& one : sorted)
        fields->AddMessage(&message, field)->CopyFrom(one);
    } else {
      for (int i = 0; i < fields->FieldSize(message, field); ++i)
        sort_fields(*fields->MutableRepeatedMessage(&message, field, i));
    }
  }
}

} // namespace

std::string to_yaml(const WorkflowDefinition& definition) {
  return print_yaml(tree_of(definition));
}

std::string to_json(const WorkflowDefinition& definition) {
  return print_json(tree_of(definition));
}

std::string content_hash(const WorkflowDefinition& definition) {
  auto canonical = definition;
  canonical.DiscardUnknownFields();
  sort_fields(canonical);
  auto bytes = canonical.SerializeAsString(); // without map fields, its order is that of the numbers
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size(), nullptr, 0);
  return fmt::format("{:02x}", fmt::join(hash, ""));
}

} // namespace troupe
