// JSON, printing. Invariant: the output is valid JSON whatever bytes the message holds, and the same for
// equal messages.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <troupe/net/api/json.hpp>
#include <troupe/net/api/unix_times.hpp>
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

std::string iso_time(int64_t unix_ms) {
  std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{unix_ms}};
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date{day};
  std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<int64_t> parse_iso_time(std::string_view text) {
  // YYYY-MM-DDTHH:MM:SS[.mmm]Z
  auto number = [&](size_t at, size_t digits) {
    int value = 0;
    for (auto c : text.substr(at, digits))
      value = value < 0 || c < '0' || c > '9' ? -1 : value * 10 + (c - '0');
    return value;
  };
  auto with_ms = text.size() == 24 && text[19] == '.';
  if ((text.size() != 20 && !with_ms) || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
      text[13] != ':' || text[16] != ':' || text.back() != 'Z')
    return {};
  auto year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2),
       minute = number(14, 2), second = number(17, 2), ms = with_ms ? number(20, 3) : 0;
  if (std::min({year, month, day, hour, minute, second, ms}) < 0 || hour > 23 || minute > 59 || second > 59)
    return {};
  std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                   std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok())
    return {};
  auto days = std::chrono::sys_days{date}.time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(days).count() +
         ((hour * 60 + minute) * 60 + second) * int64_t{1000} + ms;
}

} // namespace troupe
