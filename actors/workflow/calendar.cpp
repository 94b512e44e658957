// CALENDAR: cron expressions and intervals in a time zone.
// Invariant: an occurrence is later than what it was asked after, so that whoever goes on from it gets to the end.

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <troupe/actors/workflow/calendar.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

caf::error refuse(std::string text) {
  return make_error(ec::invalid_argument, std::move(text));
}

caf::error check_interval(const ScheduleTimes& times) {
  auto every = times.every_ms(), phase = times.phase_ms();
  auto longest = std::chrono::milliseconds{limits::workflow_longest}.count();
  if (every < limits::schedule_interval.count() || every > longest || every % 1000 != 0)
    return refuse(fmt::format("an interval of {} ms: write whole seconds, {} to {}", every,
                              limits::schedule_interval.count() / 1000, longest / 1000));
  if (phase < 0 || phase >= every || phase % 1000 != 0)
    return refuse(fmt::format("a phase of {} ms: write whole seconds, less than the interval", phase));
  return {};
}

std::chrono::year_month_day date_of(int64_t unix_s) {
  return std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{unix_s}});
}

} // namespace

caf::expected<calendar> calendar::read(const ScheduleTimes& times) {
  calendar result;
  if ((times.cron_size() > 0) == (times.every_ms() != 0))
    return refuse("say when: either cron expressions or an interval");
  if (static_cast<size_t>(times.cron_size()) > limits::schedule_crons)
    return refuse(
        fmt::format("{} cron expressions: write at most {}", times.cron_size(), limits::schedule_crons));
  for (auto& text : times.cron()) {
    auto cron = read_cron(text);
    if (!cron)
      return std::move(cron.error());
    result.crons_.push_back(*cron);
  }
  if (times.every_ms() != 0)
    if (auto wrong = check_interval(times))
      return wrong;
  auto zone = time_zone::load(times.zone());
  if (!zone)
    return std::move(zone.error());
  constexpr auto last_ms = limits::calendar_end_s * 1000;
  if (times.start_ms() < 0 || times.start_ms() > last_ms || times.end_ms() < 0 || times.end_ms() > last_ms ||
      (times.end_ms() != 0 && times.end_ms() < times.start_ms()))
    return refuse("start and end are moments from 1970 to 9999, the start before the end");
  if (times.jitter_ms() < 0 || times.jitter_ms() > limits::schedule_jitter.count())
    return refuse(
        fmt::format("a jitter of {} ms: write 0 to {}", times.jitter_ms(), limits::schedule_jitter.count()));
  result.zone_ = std::move(*zone);
  result.every_ms_ = times.every_ms();
  result.phase_ms_ = times.phase_ms();
  result.start_ms_ = times.start_ms();
  result.end_ms_ = times.end_ms();
  return result;
}

int64_t calendar::next(int64_t after_ms) const {
  constexpr auto last_ms = limits::calendar_end_s * 1000;
  after_ms = std::clamp<int64_t>(std::max(after_ms, start_ms_ - 1), 0, last_ms);
  int64_t found_ms = 0;
  if (every_ms_ > 0) {
    auto behind = after_ms - phase_ms_;
    found_ms = phase_ms_ + (behind < 0 ? 0 : behind / every_ms_ + 1) * every_ms_;
  } else {
    auto after_s = after_ms / 1000;
    auto last_year = std::min(9999, static_cast<int>(date_of(after_s).year()) + limits::calendar_years);
    for (auto& cron : crons_)
      if (auto one = next_of(cron, after_s, last_year); one != 0 && (found_ms == 0 || one * 1000 < found_ms))
        found_ms = one * 1000;
  }
  return found_ms > last_ms || (end_ms_ != 0 && found_ms > end_ms_) ? 0 : found_ms;
}

int64_t calendar::next_of(const cron_expression& cron, int64_t after_s, int last_year) const {
  auto here = zone_.at(after_s + (cron.follows_clock ? 1 : 0));
  auto wall = after_s + 1 + here.offset_s;
  if (cron.follows_clock) {
    for (;;) {
      auto match = first_match(cron, wall, last_year);
      if (!match)
        return 0;
      if (*match - here.offset_s < here.end_s)
        return *match - here.offset_s;
      here = zone_.at(here.end_s);
      wall = here.begin_s + here.offset_s;
    }
  }
  // What the wall shows for the second time is over.
  if (here.begin_s > 0)
    wall = std::max(wall, here.begin_s + zone_.at(here.begin_s - 1).offset_s);
  while (auto match = first_match(cron, wall, last_year)) {
    if (auto moment = zone_.moment_of(*match); moment > after_s)
      return moment;
    wall = *match + 1;
  }
  return 0;
}

int64_t jitter_of(std::string_view schedule, int64_t occurrence_ms, int64_t jitter_ms) {
  if (jitter_ms <= 0)
    return 0;
  uint64_t hash = 0xcbf29ce484222325;
  auto add = [&](uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (auto c : schedule)
    add(static_cast<uint8_t>(c));
  for (int shift = 0; shift < 64; shift += 8)
    add(static_cast<uint8_t>(static_cast<uint64_t>(occurrence_ms) >> shift));
  hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ hash >> 27) * 0x94d049bb133111eb;
  return static_cast<int64_t>((hash ^ hash >> 31) % static_cast<uint64_t>(jitter_ms));
}

std::string compact_time(int64_t unix_ms) {
  auto date = date_of(unix_ms / 1000);
  auto second = unix_ms / 1000 % 86'400;
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600,
                     second / 60 % 60, second % 60);
}

} // namespace troupe
