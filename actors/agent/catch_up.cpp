// CATCH UP: arithmetic on due times.
// Invariant: no time a row can hold overflows.

#include <algorithm>
#include <limits>
#include <troupe/actors/agent/catch_up.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

constexpr auto end_of_time = std::numeric_limits<int64_t>::max();

int64_t later(int64_t time_ms, int64_t by_ms) {
  return by_ms > end_of_time - time_ms ? end_of_time : time_ms + by_ms;
}

} // namespace

timer_firing catch_up(const TimerRow& row, int64_t now_ms) {
  auto due = std::max<int64_t>(0, row.due_ms());
  auto period = std::max<int64_t>(0, row.period_ms());
  auto late = std::max<int64_t>(0, now_ms - due);
  auto more = period > 0 ? late / period : 0; // occurrences after the first whose time has come
  auto newest = due + more * period;
  auto next = [&](int64_t after) { return period > 0 ? later(after, period) : 0; };
  auto count = static_cast<uint64_t>(more);
  switch (row.catch_up()) {
  case CATCH_UP_COALESCE:
    return {count + 1, 0, next(newest)};
  case CATCH_UP_SKIP:
    if (now_ms - newest > limits::timer_late.count())
      return {0, count + 1, next(newest)};
    return {1, count, next(newest)};
  default:
    return {1, 0, next(due)};
  }
}

int64_t wait_ms(const TimerRow& row, int64_t now_ms) {
  auto from = std::max(now_ms, row.set_ms());
  return std::max<int64_t>(0, row.due_ms()) - from;
}

} // namespace troupe
