// UNIX TIME: RFC 3339 <-> milliseconds.

#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <optional>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/unix_time.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

using namespace std::chrono;

// What is left of a text that is read from its beginning.
class rest_of {
public:
  explicit rest_of(std::string_view text) : text_{text} {}

  std::optional<int> number(size_t digits) {
    int value = 0;
    auto end = text_.data() + digits;
    if (text_.size() < digits || std::from_chars(text_.data(), end, value).ptr != end || text_[0] == '-')
      return {};
    text_.remove_prefix(digits);
    return value;
  }
  bool take(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_[0]) == std::string_view::npos)
      return false;
    text_.remove_prefix(1);
    return true;
  }
  bool starts_with(char c) const {
    return text_.starts_with(c);
  }
  int milliseconds() { // further digits are cut
    int value = 0;
    for (int digit = 0; !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; ++digit, text_.remove_prefix(1))
      value += digit == 0   ? (text_[0] - '0') * 100
               : digit == 1 ? (text_[0] - '0') * 10
               : digit == 2 ? text_[0] - '0'
                            : 0;
    return value;
  }
  bool empty() const {
    return text_.empty();
  }

private:
  std::string_view text_;
};

std::optional<int64_t> read_date(std::string_view text) {
  rest_of rest{text};
  auto year_ = rest.number(4);
  if (!year_ || !rest.take("-"))
    return {};
  auto month_ = rest.number(2);
  if (!month_ || !rest.take("-"))
    return {};
  auto day_ = rest.number(2);
  if (!day_ || !rest.take("Tt "))
    return {};
  auto hour = rest.number(2);
  if (!hour || !rest.take(":"))
    return {};
  auto minute = rest.number(2);
  if (!minute || !rest.take(":"))
    return {};
  auto second = rest.number(2);
  auto millis = second && rest.take(".") ? rest.milliseconds() : 0;
  auto date = year{*year_} / month{static_cast<unsigned>(*month_)} / day{static_cast<unsigned>(*day_)};
  if (!second || !date.ok() || *hour > 23 || *minute > 59 || *second > 60)
    return {};
  auto offset = minutes{0};
  if (!rest.take("Zz")) {
    auto west = rest.starts_with('-');
    if (!rest.take("+-"))
      return {};
    auto hours_ = rest.number(2);
    if (!hours_ || *hours_ > 23 || !rest.take(":"))
      return {};
    auto minutes_ = rest.number(2);
    if (!minutes_ || *minutes_ > 59)
      return {};
    offset = (hours{*hours_} + minutes{*minutes_}) * (west ? -1 : 1);
  }
  if (!rest.empty())
    return {};
  auto time = sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second} - offset;
  return duration_cast<milliseconds>(time.time_since_epoch()).count() + millis;
}

} // namespace

caf::expected<int64_t> read_unix_ms(std::string_view text) {
  int64_t value = 0;
  auto end = text.data() + text.size();
  if (auto read = std::from_chars(text.data(), end, value);
      !text.empty() && read.ec == std::errc{} && read.ptr == end)
    return value;
  if (auto date = read_date(text))
    return *date;
  return make_error(ec::invalid_argument,
                    fmt::format("'{}' is no time; write 2026-01-31T12:00:00Z, or Unix milliseconds",
                                cut_utf8(clean_utf8(text), 40)));
}

std::string to_rfc3339(int64_t unix_ms) {
  auto time = sys_time<milliseconds>{milliseconds{unix_ms}};
  auto date = floor<days>(time);
  year_month_day ymd{date};
  hh_mm_ss clock{time - date};
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(ymd.year()),
                          static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                          clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (auto millis = clock.subseconds().count(); millis != 0)
    text += fmt::format(".{:03}", millis);
  return text + "Z";
}

} // namespace troupe
