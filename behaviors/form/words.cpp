// WORDS: names, units, words of enums. Invariant: parse_quantity() reads what print_quantity() prints as the same number.

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <troupe/behaviors/form/words.hpp>

namespace troupe {
namespace {

using google::protobuf::FieldDescriptor;

constexpr int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour, kib = 1024;
constexpr std::array<unit_word, 5> times{{{"d", day}, {"h", hour}, {"m", minute}, {"s", second}, {"ms", 1}}};
constexpr std::array<unit_word, 4> sizes{{{"GiB", kib* kib* kib}, {"MiB", kib* kib}, {"KiB", kib}, {"B", 1}}};

} // namespace

std::span<const unit_word> time_units() {
  return times;
}

std::span<const unit_word> size_units() {
  return sizes;
}

std::span<const unit_word> units_of(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_INT64)
    return {};
  std::string_view name = field.name();
  return name.ends_with("_ms")      ? time_units()
         : name.ends_with("_bytes") ? size_units()
                                    : std::span<const unit_word>{};
}

std::string_view written_name(const FieldDescriptor& field) {
  std::string_view name = field.name();
  return units_of(field).empty() ? name : name.substr(0, name.rfind('_'));
}

std::string written_word(const google::protobuf::EnumValueDescriptor& value) {
  auto word = value.name().substr(value.name().find('_') + 1); // npos + 1 is 0
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

std::optional<int64_t> parse_quantity(std::string_view text, std::span<const unit_word> units) {
  auto sign = text.starts_with('-') ? -1 : 1;
  text.remove_prefix(sign < 0 ? 1 : 0);
  if (text.empty())
    return std::nullopt;
  int64_t sum = 0;
  while (!text.empty()) {
    uint64_t count = 0;
    auto [stopped, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (failed != std::errc{})
      return std::nullopt;
    text.remove_prefix(static_cast<size_t>(stopped - text.data()));
    auto name = text.substr(0, std::min(text.find_first_of("0123456789"), text.size()));
    auto unit = std::find_if(units.begin(), units.end(), [&](auto& known) { return known.name == name; });
    if (unit == units.end())
      return std::nullopt;
    int64_t part = 0;
    if (__builtin_mul_overflow(count, sign * unit->factor, &part) || __builtin_add_overflow(sum, part, &sum))
      return std::nullopt;
    text.remove_prefix(name.size());
    units = units.subspan(static_cast<size_t>(unit - units.begin()) + 1);
  }
  return sum;
}

std::string print_quantity(int64_t value, std::span<const unit_word> units) {
  if (value == 0)
    return fmt::format("0{}", units.back().name);
  std::string out{value < 0 ? "-" : ""};
  auto left = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  for (auto& unit : units) {
    auto factor = static_cast<uint64_t>(unit.factor);
    if (auto count = left / factor; count > 0)
      out += fmt::format("{}{}", count, unit.name);
    left %= factor;
  }
  return out;
}

} // namespace troupe
