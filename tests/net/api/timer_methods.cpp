// Timers are listed next due first from the store, with what the timers actor knows of them.
#define CAF_SUITE net.api.timer_methods
#include "tests/support/served.hpp"

using namespace troupe;

namespace {

const std::string timers{services::timers};

struct timer_desk : desk_house {
  TimerRow keep(const std::string& owner, const std::string& id, int64_t due_ms,
                CatchUp policy = CATCH_UP_FIRE, int64_t period_ms = 0) {
    TimerRow row;
    row.set_ref(owner);
    row.set_timer(id);
    row.set_due_ms(due_ms);
    row.set_catch_up(policy);
    row.set_period_ms(period_ms);
    auto key = timer_key(identify(owner, rows->naming_key()), due_ms, id, rows->naming_key());
    CAF_REQUIRE(!rows->write({{space::index, key, row.SerializeAsString()}}));
    return row;
  }
  // Fired as often as its name is long.
  void play_timers() {
    play(timers, [](const CountFirings& question) {
      FiringCounts counts;
      for (auto& row : question.timers())
        counts.add_times(static_cast<uint32_t>(row.timer().size()));
      return counts;
    });
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(timer_methods_tests, timer_desk)

CAF_TEST(a timer tells its owner its time its policy and how often it was fired) {
  play_timers();
  auto now = time->now_ms();
  keep("a/task/one", "|run", 0);
  keep("a/task/two", "wait", now - 500, CATCH_UP_SKIP);
  keep("b/bell/one", "toll", now + 60'000, CATCH_UP_COALESCE, 3'600'000);
  auto list = answered(call<TimerList>(ListTimers{}));
  CAF_CHECK_EQUAL(list.total(), 3u);
  CAF_REQUIRE_EQUAL(list.timers_size(), 3);
  auto& out = list.timers(0);
  CAF_CHECK_EQUAL(out.owner() + " " + out.timer() + " " + out.kind() + " " + out.policy(),
                  "a/task/one |run outbox fire");
  CAF_CHECK_EQUAL(out.due_ms(), 0);
  CAF_CHECK_EQUAL(out.in_ms(), 0);
  CAF_CHECK_EQUAL(out.fired(), 4u);
  auto& late = list.timers(1);
  CAF_CHECK_EQUAL(late.owner() + " " + late.kind() + " " + late.policy(), "a/task/two timer skip");
  CAF_CHECK_EQUAL(late.due_ms(), now - 500);
  CAF_CHECK_EQUAL(late.in_ms(), -500);
  auto& next = list.timers(2);
  CAF_CHECK_EQUAL(next.kind() + " " + next.policy(), "timer coalesce");
  CAF_CHECK_EQUAL(next.in_ms(), 60'000);
  CAF_CHECK_EQUAL(next.period_ms(), 3'600'000);
}

CAF_TEST(of many the next due of all shards are listed and all are counted) {
  play_timers();
  auto now = time->now_ms();
  for (int i = 0; i < 2000; ++i)
    keep("a/task/" + std::to_string(i), "x", now + (i * 7919) % 2000);
  ListTimers in;
  in.set_limit(20);
  auto list = answered(call<TimerList>(in));
  CAF_CHECK_EQUAL(list.total(), 2000u);
  CAF_REQUIRE_EQUAL(list.timers_size(), 20);
  for (int i = 0; i < 20; ++i)
    CAF_CHECK_EQUAL(list.timers(i).due_ms(), now + i);
  CAF_CHECK_EQUAL(answered(call<TimerList>(ListTimers{})).timers_size(), static_cast<int>(limits::list_rows));
  in.set_limit(1'000'000);
  CAF_CHECK_EQUAL(answered(call<TimerList>(in)).timers_size(), static_cast<int>(limits::list_rows_most));
}

CAF_TEST(without a timers actor the list is refused with its name) {
  keep("a/task/one", "x", 1);
  auto list = call<TimerList>(ListTimers{});
  CAF_REQUIRE(!list);
  CAF_CHECK_EQUAL(code_of(list.error()), ec::unavailable);
  CAF_CHECK(text_of(list.error()).find("timers") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
