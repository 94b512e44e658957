// JSON, printing. Invariant: the output is valid JSON whatever bytes the message holds, and the same for
// equal messages.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <troupe/net/api/json.hpp>
#include <troupe/net/api/unix_times.hpp>
#include <troupe/runtime/unix_time.hpp>
#include <troupe/runtime/utf8.hpp>
#include <vector>

namespace troupe {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

class printer {
public:
  explicit printer(json_style style) : style_{style} {}

  void object(const Message& message) {
    std::vector<const FieldDescriptor*> fields;
    auto* all = message.GetDescriptor();
    for (int i = 0; i < all->field_count(); ++i)
      if (shown(message, all->field(i)))
        fields.push_back(all->field(i));
    std::sort(fields.begin(), fields.end(), [](auto* a, auto* b) { return a->number() < b->number(); });
    list('{', '}', static_cast<int>(fields.size()), [&](int i) {
      append_json(out, fields[static_cast<size_t>(i)]->json_name());
      out += style_.pretty ? ": " : ":";
      value(message, fields[static_cast<size_t>(i)]);
    });
  }

  std::string out;

private:
  bool shown(const Message& message, const FieldDescriptor* field) const {
    auto* fields = message.GetReflection();
    if (field->is_repeated())
      return style_.defaults || fields->FieldSize(message, field) > 0;
    return fields->HasField(message, field) || (style_.defaults && !field->has_presence());
  }

  template <class Item>
  void list(char open, char close, int size, Item item) {
    out += open;
    ++depth_;
    for (int i = 0; i < size; ++i) {
      if (i > 0)
        out += ',';
      line();
      item(i);
    }
    --depth_;
    if (size > 0)
      line();
    out += close;
  }

  void line() {
    if (style_.pretty)
      out += '\n' + std::string(depth_ * 2, ' ');
  }

  void value(const Message& message, const FieldDescriptor* field) {
    if (!field->is_repeated())
      return scalar(message, field, -1);
    list('[', ']', message.GetReflection()->FieldSize(message, field),
         [&](int i) { scalar(message, field, i); });
  }

  // One value; `index` is -1 for a field that is not repeated.
  void scalar(const Message& message, const FieldDescriptor* field, int index) {
    auto* fields = message.GetReflection();
    auto get = [&](auto one, auto many) {
      return index < 0 ? (fields->*one)(message, field) : (fields->*many)(message, field, index);
    };
    using R = google::protobuf::Reflection;
    switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      out += get(&R::GetBool, &R::GetRepeatedBool) ? "true" : "false";
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      out += std::to_string(get(&R::GetInt32, &R::GetRepeatedInt32));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      out += std::to_string(get(&R::GetUInt32, &R::GetRepeatedUInt32));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      integer(field, get(&R::GetInt64, &R::GetRepeatedInt64));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      append_json(out, std::to_string(get(&R::GetUInt64, &R::GetRepeatedUInt64)));
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      real(get(&R::GetFloat, &R::GetRepeatedFloat));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      real(get(&R::GetDouble, &R::GetRepeatedDouble));
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      append_json(out, get(&R::GetString, &R::GetRepeatedString));
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      enumerator(field, get(&R::GetEnumValue, &R::GetRepeatedEnumValue));
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      object(index < 0 ? fields->GetMessage(message, field)
                       : fields->GetRepeatedMessage(message, field, index));
      break;
    }
  }

  void integer(const FieldDescriptor* field, int64_t number) {
    auto factor = unix_time_factor(field->name());
    if (factor != 0 && number == 0)
      out += "null";
    else
      append_json(out, factor != 0 ? iso_time(number / factor) : std::to_string(number));
  }

  void real(double number) {
    if (std::isfinite(number))
      out += fmt::format("{}", number);
    else
      append_json(out, std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
  }

  void enumerator(const FieldDescriptor* field, int number) {
    if (auto* known = field->enum_type()->FindValueByNumber(number))
      append_json(out, known->name());
    else
      out += std::to_string(number);
  }

  json_style style_;
  size_t depth_ = 0;
};

} // namespace

std::string to_json(const Message& message, json_style style) {
  printer to{style};
  to.object(message);
  return std::move(to.out);
}

// The times of messages have milliseconds always, and no other zone.
std::string iso_time(int64_t unix_ms) {
  auto text = to_rfc3339(unix_ms);
  return unix_ms % 1000 == 0 ? text.insert(text.size() - 1, ".000") : text;
}

std::optional<int64_t> parse_iso_time(std::string_view text) {
  auto with_ms = text.size() == 24 && text[19] == '.';
  if ((text.size() != 20 && !with_ms) || text[10] != 'T' || text[17] == '6' || text.back() != 'Z')
    return {};
  auto time = read_unix_ms(text);
  return time ? std::optional<int64_t>{*time} : std::nullopt;
}

} // namespace troupe
