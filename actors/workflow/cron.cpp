// CRON: expressions as of Vixie cron.
// Invariant: a search takes at most a step a day.

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <fmt/format.h>
#include <troupe/actors/workflow/cron.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/workflow_limits.hpp>
#include <vector>

namespace troupe {
namespace {

constexpr std::string_view no_names[] = {""};
constexpr std::string_view month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct cron_field {
  std::string_view name;
  unsigned least, most;
  const std::string_view* names;
  size_t names_count;
};
constexpr cron_field fields[] = {{"second", 0, 59, no_names, 0},    {"minute", 0, 59, no_names, 0},
                                 {"hour", 0, 23, no_names, 0},      {"day of the month", 1, 31, no_names, 0},
                                 {"month", 1, 12, month_names, 12}, {"day of the week", 0, 7, day_names, 7}};

constexpr std::pair<std::string_view, std::string_view> words[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Cuts off what comes before a separator.
std::string_view cut(std::string_view& text, char at) {
  auto part = text.substr(0, text.find(at));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

std::optional<unsigned> number(std::string_view text) {
  if (text.empty() || text.size() > 4)
    return {};
  unsigned value = 0;
  for (auto c : text) {
    if (c < '0' || c > '9')
      return {};
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

std::optional<unsigned> value_of(const cron_field& field, std::string_view text) {
  std::string name{text};
  std::transform(name.begin(), name.end(), name.begin(), lower);
  auto* end = field.names + field.names_count;
  if (auto* found = std::find(field.names, end, name); found != end)
    return field.least + static_cast<unsigned>(found - field.names);
  auto value = number(text);
  return value && *value >= field.least && *value <= field.most ? value : std::nullopt;
}

caf::error wrong(const cron_field& field, std::string_view text) {
  return make_error(
      ec::invalid_argument,
      fmt::format("'{}' is no {}: write {} to {}{}, *, a range 1-5, steps */2 or 0-30/5, or a list of "
                  "these with commas",
                  text, field.name, field.least, field.most,
                  field.names_count > 0 ? fmt::format(" or {}", field.names[0]) : ""));
}

// One part of a list: `*`, `a`, `a-b`, each with steps but `a`.
caf::expected<uint64_t> read_part(const cron_field& field, std::string_view part) {
  auto left = part;
  auto range = cut(left, '/');
  auto has_step = range.size() < part.size();
  auto step = has_step ? number(left).value_or(0) : 1;
  auto first = std::optional{field.least}, last = std::optional{field.most};
  if (range != "*") {
    auto end = range;
    first = value_of(field, cut(end, '-'));
    auto is_range = range.find('-') != std::string_view::npos;
    last = is_range ? value_of(field, end) : first;
    if (has_step && !is_range)
      step = 0; // Vixie's cron refuses 5/15 too: others read it in two ways
  }
  if (!first || !last || step == 0 || *first > *last)
    return wrong(field, part);
  uint64_t bits = 0;
  for (auto i = *first; i <= *last; i += step)
    bits |= uint64_t{1} << i;
  return bits;
}

caf::expected<uint64_t> read_field(const cron_field& field, std::string_view text) {
  if (text.empty() || text.back() == ',')
    return wrong(field, text);
  uint64_t bits = 0;
  for (auto left = text; !left.empty();) {
    auto part = read_part(field, cut(left, ','));
    if (!part)
      return std::move(part.error());
    bits |= *part;
  }
  return bits;
}

// The first set bit at `from` or after; 64 if there is none.
unsigned next_bit(uint64_t bits, unsigned from) {
  return from > 63 ? 64 : static_cast<unsigned>(std::countr_zero(bits >> from << from));
}

// The first matching second of a day that is `from` or later; nothing if it is over.
std::optional<int64_t> time_of_day(const cron_expression& cron, int64_t from) {
  auto hour = static_cast<unsigned>(from / 3600), minute = static_cast<unsigned>(from / 60 % 60),
       second = static_cast<unsigned>(from % 60);
  for (auto h = next_bit(cron.hours, hour); h < 24; h = next_bit(cron.hours, h + 1)) {
    for (auto m = next_bit(cron.minutes, h == hour ? minute : 0); m < 60; m = next_bit(cron.minutes, m + 1))
      if (auto s = next_bit(cron.seconds, h == hour && m == minute ? second : 0); s < 60)
        return (int64_t{h} * 60 + m) * 60 + s;
  }
  return {};
}

bool has_bit(uint64_t bits, unsigned i) {
  return (bits >> i & 1) != 0;
}

} // namespace

caf::expected<cron_expression> read_cron(std::string_view text) {
  if (text.size() > limits::cron_bytes)
    return make_error(ec::invalid_argument, fmt::format("a cron expression of {} bytes: write at most {}",
                                                        text.size(), limits::cron_bytes));
  auto meaning = text;
  if (text.starts_with('@')) {
    auto word =
        std::find_if(std::begin(words), std::end(words), [&](auto& known) { return known.first == text; });
    if (word == std::end(words))
      return make_error(ec::invalid_argument,
                        fmt::format("'{}' is unknown: write @yearly, @monthly, @weekly, @daily or "
                                    "@hourly, or five fields",
                                    text));
    meaning = word->second;
  }
  std::vector<std::string_view> parts;
  for (size_t i = 0; i < meaning.size();) {
    auto end = std::min(meaning.find_first_of(" \t", i), meaning.size());
    if (end > i)
      parts.push_back(meaning.substr(i, end - i));
    i = end + 1;
  }
  if (parts.size() != 5 && parts.size() != 6)
    return make_error(ec::invalid_argument,
                      fmt::format("'{}' has {} fields: write minute, hour, day of the month, month, "
                                  "day of the week, and if need be seconds in front",
                                  text, parts.size()));
  cron_expression cron;
  if (parts.size() == 5)
    parts.insert(parts.begin(), "0");
  uint64_t* bits[] = {&cron.seconds, &cron.minutes, &cron.hours, &cron.days, &cron.months, &cron.weekdays};
  for (size_t i = 0; i < std::size(fields); ++i) {
    auto field = read_field(fields[i], parts[i]);
    if (!field)
      return make_error(ec::invalid_argument, fmt::format("'{}': {}", text, text_of(field.error())));
    *bits[i] = *field;
  }
  if (has_bit(cron.weekdays, 7))
    cron.weekdays = (cron.weekdays | 1) & 0x7f;
  auto is_star = [&](size_t field) { return parts[field].starts_with('*'); };
  cron.any_day = is_star(3);
  cron.any_weekday = is_star(5);
  cron.follows_clock = is_star(0) || is_star(1) || is_star(2);
  return cron;
}

std::optional<int64_t> first_match(const cron_expression& cron, int64_t from_s, int last_year) {
  using namespace std::chrono;
  sys_seconds from{seconds{from_s}};
  auto day = floor<days>(from);
  auto time = (from - day).count();
  for (;;) {
    year_month_day date{day};
    if (date.year() > year{last_year})
      return {};
    if (!has_bit(cron.months, static_cast<unsigned>(date.month()))) {
      day = sys_days{(date.year() / date.month() + months{1}) / 1};
      time = 0;
      continue;
    }
    auto of_month = has_bit(cron.days, static_cast<unsigned>(date.day()));
    auto of_week = has_bit(cron.weekdays, weekday{day}.c_encoding());
    if (cron.any_day || cron.any_weekday ? of_month && of_week : of_month || of_week)
      if (auto found = time_of_day(cron, time))
        return sys_seconds{day}.time_since_epoch().count() + *found;
    day += days{1};
    time = 0;
  }
}

} // namespace troupe
