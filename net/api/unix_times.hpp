// UNIX TIMES: which fields of our messages are points in time, by name: durations end in `_ms` too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace troupe {

/// Ticks per millisecond of a field that holds a Unix time; 0 for any other field.
constexpr int64_t unix_time_factor(std::string_view field) {
  constexpr std::string_view names[] = {
      "start_ms", "end_ms",      "scheduled_ms", "last_ms",        "next_ms",      "from_ms",
      "to_ms",    "upcoming_ms", "created_ms",   "ended_ms",       "started_ms",   "now_ms",
      "time_ms",  "deadline_ms", "due_ms",       "last_active_ms", "wait_until_ms"};
  if (field == "time_us")
    return 1000;
  return std::find(std::begin(names), std::end(names), field) != std::end(names) ? 1 : 0;
}

} // namespace troupe
