// TIME ZONE: TZif files, RFC 8536.
// Invariant: stretches follow each other without a gap, and no file, however broken, reads beyond its end.

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <troupe/actors/workflow/time_zone.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

constexpr std::string_view tzdata = "/usr/share/zoneinfo/";
constexpr int64_t day_s = 86'400;

caf::error broken(std::string_view what) {
  return make_error(ec::corrupt, fmt::format("this is no TZif file: {}", what));
}

// Big-endian integers out of bytes; what is beyond the end is 0 and noted.
struct tzif_reader {
  std::string_view left;
  bool short_of = false;

  int64_t number(size_t bytes) {
    if (left.size() < bytes) {
      short_of = true;
      return 0;
    }
    uint64_t value = bytes == 8 || (static_cast<uint8_t>(left[0]) & 0x80) == 0 ? 0 : ~uint64_t{0};
    for (size_t i = 0; i < bytes; ++i)
      value = value << 8 | static_cast<uint8_t>(left[i]);
    left.remove_prefix(bytes);
    return static_cast<int64_t>(value);
  }
  void skip(size_t bytes) {
    short_of = short_of || bytes > left.size();
    left.remove_prefix(std::min(bytes, left.size()));
  }
};

struct tzif_head {
  uint8_t version = 0;
  size_t utc_flags = 0, wall_flags = 0, leaps = 0, times = 0, types = 0, letters = 0;
};

bool read(tzif_reader& in, tzif_head& head) {
  if (!in.left.starts_with("TZif"))
    return false;
  in.skip(4);
  head.version = static_cast<uint8_t>(in.number(1));
  in.skip(15);
  for (auto* count :
       {&head.utc_flags, &head.wall_flags, &head.leaps, &head.times, &head.types, &head.letters}) {
    auto value = in.number(4);
    if (value < 0 || value > static_cast<int64_t>(limits::zone_bytes))
      return false;
    *count = static_cast<size_t>(value);
  }
  return !in.short_of && head.types > 0;
}

size_t body_bytes(const tzif_head& head, size_t time_bytes) {
  return head.times * (time_bytes + 1) + head.types * 6 + head.letters + head.leaps * (time_bytes + 4) +
         head.wall_flags + head.utc_flags;
}

// What a rule is read with; `ok` falls once.
struct rule_reader {
  std::string_view left;
  bool ok = true;

  bool eat(char c) {
    if (!left.starts_with(c))
      return false;
    left.remove_prefix(1);
    return true;
  }
  int number(int most) {
    int value = 0;
    size_t digits = 0;
    for (; digits < 3 && digits < left.size() && left[digits] >= '0' && left[digits] <= '9'; ++digits)
      value = value * 10 + (left[digits] - '0');
    left.remove_prefix(digits);
    ok = ok && digits > 0 && value <= most;
    return value;
  }
  void name() { // CEST, or <+0330>
    auto quoted = eat('<');
    size_t letters = 0;
    while (letters < left.size() && left[letters] != '>' &&
           (quoted || (left[letters] >= 'A' && left[letters] <= 'Z') ||
            (left[letters] >= 'a' && left[letters] <= 'z')))
      ++letters;
    left.remove_prefix(letters);
    ok = ok && letters >= 3 && (!quoted || eat('>'));
  }
  int64_t seconds() { // [+-]hh[:mm[:ss]]
    auto back = eat('-');
    if (!back)
      eat('+');
    int64_t value = number(167) * 3600;
    if (eat(':'))
      value += number(59) * 60;
    if (eat(':'))
      value += number(59);
    return back ? -value : value;
  }
};

int64_t days_since_1970(int year, unsigned month, unsigned day) {
  using namespace std::chrono;
  return sys_days{std::chrono::year{year} / month / day}.time_since_epoch().count();
}

bool is_name(const std::string& name) {
  return name.size() <= limits::zone_name_bytes && name.front() != '/' &&
         name.find("..") == std::string::npos && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
                  c == '_' || c == '-' || c == '+';
         });
}

} // namespace

caf::expected<time_zone> time_zone::load(const std::string& name) {
  if (name.empty() || name == "UTC")
    return time_zone{};
  auto unknown = [&] {
    return make_error(
        ec::invalid_argument,
        fmt::format("there is no time zone '{}': write one such as Europe/Berlin, as the package tzdata "
                    "has it, or UTC",
                    name));
  };
  if (!is_name(name))
    return unknown();
  std::ifstream file{std::string{tzdata} + name, std::ios::binary};
  std::string bytes(limits::zone_bytes + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(std::max<std::streamsize>(0, file.gcount())));
  if (bytes.empty()) // nothing there, or a directory
    return unknown();
  auto zone = parse(bytes);
  if (!zone)
    return make_error(code_of(zone.error()), fmt::format("time zone {}: {}", name, text_of(zone.error())));
  return zone;
}

caf::expected<time_zone> time_zone::parse(std::string_view file) {
  if (file.size() > limits::zone_bytes)
    return broken(fmt::format("it has more than {} bytes", limits::zone_bytes));
  tzif_reader in{file};
  tzif_head head;
  if (!read(in, head) || head.version < '2')
    return broken("it is of no known version");
  in.skip(body_bytes(head, 4)); // the same for programs that know 32 bits only
  if (!read(in, head) || body_bytes(head, 8) > in.left.size())
    return broken("it is cut short");
  std::vector<int64_t> times(head.times), kinds(head.times), offsets(head.types);
  for (auto& time : times)
    time = in.number(8);
  for (auto& kind : kinds)
    kind = in.number(1) & 0xff;
  for (auto& offset : offsets) {
    offset = in.number(4);
    in.skip(2);
    if (std::abs(offset) > limits::zone_offset.count())
      return broken("an offset of more than a day");
  }
  in.skip(head.letters + head.leaps * 12 + head.wall_flags + head.utc_flags);
  time_zone zone;
  zone.first_offset_s_ = offsets.front();
  for (size_t i = 0; i < times.size(); ++i) {
    if (static_cast<size_t>(kinds[i]) >= offsets.size() || (i > 0 && times[i] <= times[i - 1]))
      return broken("its changes are out of order");
    zone.changes_.push_back({times[i], offsets[static_cast<size_t>(kinds[i])]});
  }
  zone.standard_s_ = zone.changes_.empty() ? zone.first_offset_s_ : zone.changes_.back().offset_s;
  auto rule = in.left;
  if (!rule.starts_with('\n') || rule.find('\n', 1) == std::string_view::npos)
    return broken("it has no rule at its end");
  rule = rule.substr(1, rule.find('\n', 1) - 1);
  if (!rule.empty() && !parse_rule(rule, zone))
    return broken(fmt::format("nobody understands its rule {}", rule));
  return zone;
}

// CET-1CEST,M3.5.0,M10.5.0/3: offsets in POSIX count from the wall to UTC.
bool time_zone::parse_rule(std::string_view rule, time_zone& zone) {
  rule_reader in{rule};
  in.name();
  zone.standard_s_ = -in.seconds();
  if (in.left.empty())
    return in.ok;
  in.name();
  zone.has_summer_ = true;
  zone.summer_s_ = in.left.starts_with(',') ? zone.standard_s_ + 3600 : -in.seconds();
  for (auto* change : {&zone.to_summer_, &zone.to_standard_}) {
    in.ok = in.ok && in.eat(',');
    if (in.eat('M')) {
      change->month = in.number(12);
      in.ok = in.ok && in.eat('.');
      change->week = in.number(5);
      in.ok = in.ok && in.eat('.') && change->month > 0 && change->week > 0;
      change->day = in.number(6);
    } else {
      change->kind = in.eat('J') ? 'J' : '0';
      change->day = in.number(365);
    }
    if (in.eat('/'))
      change->time_s = in.seconds();
  }
  return in.ok && in.left.empty();
}

std::vector<time_zone::change> time_zone::changes_of(int year) const {
  auto day_of = [year](const yearly& rule) {
    if (rule.kind != 'M') {
      auto leap = std::chrono::year{year}.is_leap();
      return days_since_1970(year, 1, 1) + rule.day - (rule.kind == 'J' && !(leap && rule.day > 59));
    }
    using namespace std::chrono;
    auto month = std::chrono::year{year} / static_cast<unsigned>(rule.month);
    weekday day{static_cast<unsigned>(rule.day)};
    auto found = rule.week == 5 ? sys_days{month / day[last]}
                                : sys_days{month / day[static_cast<unsigned>(rule.week)]};
    return int64_t{found.time_since_epoch().count()};
  };
  std::vector<change> both = {{day_of(to_summer_) * day_s + to_summer_.time_s - standard_s_, summer_s_},
                              {day_of(to_standard_) * day_s + to_standard_.time_s - summer_s_, standard_s_}};
  if (both[1].at_s < both[0].at_s)
    std::swap(both[0], both[1]);
  return both;
}

time_zone::stretch time_zone::at(int64_t unix_s) const {
  stretch found;
  auto next = std::upper_bound(changes_.begin(), changes_.end(), unix_s,
                               [](int64_t time, const change& one) { return time < one.at_s; });
  found.offset_s = changes_.empty() ? standard_s_ : first_offset_s_;
  if (next != changes_.begin()) {
    found.begin_s = std::prev(next)->at_s;
    found.offset_s = std::prev(next)->offset_s;
  }
  if (next != changes_.end()) {
    found.end_s = next->at_s;
    return found;
  }
  if (!has_summer_)
    return found;
  // Beyond the list: the yearly changes around.
  auto clamped = std::clamp<int64_t>(unix_s, 0, limits::calendar_end_s);
  auto day = std::chrono::sys_days{std::chrono::days{clamped / day_s}};
  auto year = static_cast<int>(std::chrono::year_month_day{day}.year());
  for (auto y = year - 1; y <= year + 1; ++y)
    for (auto& one : changes_of(y)) {
      if (one.at_s <= found.begin_s && found.begin_s != std::numeric_limits<int64_t>::min())
        continue; // the list has it
      if (one.at_s > unix_s) {
        found.end_s = one.at_s;
        return found;
      }
      found.begin_s = one.at_s;
      found.offset_s = one.offset_s;
    }
  return found;
}

int64_t time_zone::moment_of(int64_t local_s) const {
  auto here = at(local_s - limits::zone_offset.count());
  while (here.end_s != std::numeric_limits<int64_t>::max() && local_s >= here.end_s + here.offset_s)
    here = at(here.end_s);
  auto moment = local_s - here.offset_s;
  return std::max(moment, here.begin_s);
}

} // namespace troupe
