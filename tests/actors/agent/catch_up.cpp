// What a firing stands for that comes late, policy by policy, and how long a timer waits.
#define CAF_SUITE actors.agent.catch_up
#include <caf/test/unit_test.hpp>
#include <limits>
#include <troupe/actors/agent/catch_up.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

constexpr int64_t due = 1'700'000'000'000, hour = 3'600'000, day = 24 * hour;
constexpr int64_t late = limits::timer_late.count();
constexpr int64_t end_of_time = std::numeric_limits<int64_t>::max();

TimerRow row(CatchUp policy, int64_t period_ms, int64_t due_ms = due) {
  TimerRow made;
  made.set_due_ms(due_ms);
  made.set_catch_up(policy);
  made.set_period_ms(period_ms);
  return made;
}

timer_firing fired(CatchUp policy, int64_t period_ms, int64_t after_ms) {
  return catch_up(row(policy, period_ms), due + after_ms);
}

int64_t waits(int64_t set_ms, int64_t due_ms, int64_t now_ms) {
  TimerRow made;
  made.set_set_ms(set_ms);
  made.set_due_ms(due_ms);
  return wait_ms(made, now_ms);
}

} // namespace

CAF_TEST(in time all policies are the same) {
  for (auto policy : {CATCH_UP_FIRE, CATCH_UP_SKIP, CATCH_UP_COALESCE})
    for (auto after : {int64_t{-5000}, int64_t{0}, int64_t{1}, late}) {
      CAF_CHECK((fired(policy, 0, after) == timer_firing{1, 0, 0}));
      CAF_CHECK((fired(policy, hour, after) == timer_firing{1, 0, due + hour}));
    }
}

CAF_TEST(fire stands for one occurrence after the other however late) {
  CAF_CHECK((fired(CATCH_UP_FIRE, 0, day) == timer_firing{1, 0, 0}));
  CAF_CHECK((fired(CATCH_UP_FIRE, hour, 5 * hour + 1) == timer_firing{1, 0, due + hour}));
  auto at = row(CATCH_UP_FIRE, hour);
  int count = 1; // as its owner sets it anew, until it is not late any more
  for (; catch_up(at, due + day).next_due_ms <= due + day; ++count)
    at.set_due_ms(catch_up(at, due + day).next_due_ms);
  CAF_CHECK_EQUAL(count, 25);
  CAF_CHECK_EQUAL(at.due_ms(), due + day);
}

CAF_TEST(coalesce stands for all that were missed and goes on in the future) {
  CAF_CHECK((fired(CATCH_UP_COALESCE, 0, day) == timer_firing{1, 0, 0}));
  CAF_CHECK((fired(CATCH_UP_COALESCE, hour, hour - 1) == timer_firing{1, 0, due + hour}));
  CAF_CHECK((fired(CATCH_UP_COALESCE, hour, hour) == timer_firing{2, 0, due + 2 * hour}));
  CAF_CHECK((fired(CATCH_UP_COALESCE, hour, 5 * hour + 1) == timer_firing{6, 0, due + 6 * hour}));
}

CAF_TEST(skip drops what was missed and tells how many) {
  CAF_CHECK((fired(CATCH_UP_SKIP, 0, late + 1) == timer_firing{0, 1, 0}));
  CAF_CHECK((fired(CATCH_UP_SKIP, hour, late + 1) == timer_firing{0, 1, due + hour}));
  CAF_CHECK((fired(CATCH_UP_SKIP, hour, 5 * hour + late + 1) == timer_firing{0, 6, due + 6 * hour}));
  CAF_CHECK((fired(CATCH_UP_SKIP, hour, 5 * hour + late) ==
             timer_firing{1, 5, due + 6 * hour})); // in time for this one
  CAF_CHECK((fired(CATCH_UP_SKIP, 1000, day + 1) == timer_firing{1, 86'400, due + day + 1000}));
}

CAF_TEST(every occurrence is fired or skipped once whatever the clock does) {
  for (auto policy : {CATCH_UP_FIRE, CATCH_UP_SKIP, CATCH_UP_COALESCE}) {
    auto at = row(policy, hour);
    uint64_t counted = 0;
    int64_t now = due;
    for (auto step : {int64_t{0}, hour, 7 * hour + 5, int64_t{20}, -2 * hour, 3 * day, hour / 2, 30 * day}) {
      now += step;
      while (at.due_ms() <= now) {
        auto what = catch_up(at, now);
        counted += what.occurrences + what.skipped;
        CAF_REQUIRE(what.next_due_ms > at.due_ms());
        at.set_due_ms(what.next_due_ms);
      }
    }
    CAF_CHECK_EQUAL(due + static_cast<int64_t>(counted) * hour, at.due_ms());
  }
}

CAF_TEST(no time that a row can hold is too far) {
  CAF_CHECK_EQUAL(catch_up(row(CATCH_UP_FIRE, end_of_time), due).next_due_ms, end_of_time);
  CAF_CHECK_EQUAL(catch_up(row(CATCH_UP_SKIP, 1, 0), end_of_time - 1).next_due_ms, end_of_time);
  CAF_CHECK((catch_up(row(CATCH_UP_COALESCE, -7, -9), due) == timer_firing{1, 0, 0}));
  CAF_CHECK_EQUAL(catch_up(row(CATCH_UP_FIRE, hour, end_of_time), due).next_due_ms, end_of_time);
}

CAF_TEST(a date waits for the clock and a length no longer than it is) {
  CAF_CHECK_EQUAL(waits(0, due, due - 10), 10);
  CAF_CHECK_EQUAL(waits(0, due, due - 3 * day), 3 * day);
  CAF_CHECK_EQUAL(waits(due - hour, due, due - 10), 10);
  CAF_CHECK_EQUAL(waits(due - hour, due, due - hour), hour);
  CAF_CHECK_EQUAL(waits(due - hour, due, due - 3 * day), hour); // set in what is now the future
  CAF_CHECK(waits(due - hour, due, due + 1) <= 0);
  CAF_CHECK(waits(0, 0, due) < 0);
}
