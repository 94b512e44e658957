// A row that is there is fired, at its time, then later and later, until it is gone.
#define CAF_SUITE actors.agent.timers
#include "tests/support/fixture.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string timers_ref{services::timers}, owner = "tenant/ear/one";

struct belfry : house {
  belfry()
      : house{[](caf::scheduled_actor* root, doors_ptr outside) {
          outside->names->put(timers_ref, caf::actor_cast<caf::actor>(spawn_timers(root, outside)));
        }} {
    listen();
  }
  // Before time passes: who is due is told at once.
  void listen() {
    node->outside()->names->put(owner,
                                node->system().spawn([this](caf::event_based_actor* self) -> caf::behavior {
                                  house_rules(self);
                                  return {[this](const TimerDue& due) {
                                    rung.push_back(due.timer());
                                    dues.push_back(due.due_ms());
                                    times.push_back(time->now_ms());
                                  }};
                                }));
  }
  void restart() {
    crash_and_recover();
    listen();
  }
  void change(const TimersChanged& changed) {
    node->outside()->names->tell(timers_ref, changed);
    node->settle();
  }
  TimersChanged set(const std::string& id, int64_t due_ms) const {
    TimersChanged changed;
    changed.set_ref(owner);
    auto* row = changed.add_set();
    row->set_ref(owner);
    row->set_timer(id);
    row->set_due_ms(due_ms);
    return changed;
  }
  TimersChanged cancelled(const std::string& id) const {
    TimersChanged changed;
    changed.set_ref(owner);
    changed.add_cancelled(id);
    return changed;
  }
  // As an entity would have written it.
  void keep(const std::string& id, int64_t due_ms) {
    auto changed = set(id, due_ms);
    auto entity = identify(owner, rows->naming_key());
    CAF_REQUIRE(!rows->write({{space::index, timer_key(entity, due_ms, id, rows->naming_key()),
                               changed.set(0).SerializeAsString()}}));
  }
  size_t ticks_under_way() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(node->system().scheduler())
        .clock()
        .schedule()
        .size();
  }
  using words = std::vector<std::string>;
  words rung;
  std::vector<int64_t> dues, times;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(timers_tests, belfry)

CAF_TEST(timers fire in the order of their times and never early) {
  auto now = time->now_ms();
  change(set("third", now + 3000));
  change(set("first", now + 20));
  change(set("second", now + 1500));
  change(set("long ago", now - 1000));
  node->advance(10ms);
  CAF_CHECK(rung == words{"long ago"});
  node->advance(4s);
  CAF_CHECK(rung == (words{"long ago", "first", "second", "third"}));
  CAF_CHECK_EQUAL(dues[1], now + 20);
  for (size_t i = 0; i < rung.size(); ++i) {
    CAF_CHECK(times[i] >= dues[i]);
    CAF_CHECK(i == 0 || times[i] <= dues[i] + 2 * limits::timer_pause.count());
  }
}

CAF_TEST(a timer nobody cancels is fired again after half a minute and then ever later) {
  auto start = time->now_ms();
  change(set("x", start));
  node->advance(2h);
  CAF_REQUIRE(times.size() > 6);
  std::vector<int64_t> waits;
  for (size_t i = 1; i < times.size(); ++i)
    waits.push_back((times[i] - times[i - 1] + 500) / 1000);
  CAF_CHECK(waits[0] >= 30 && waits[0] <= 31);
  CAF_CHECK(waits[1] >= 60 && waits[1] <= 61);
  CAF_CHECK(waits[2] >= 120 && waits[2] <= 121);
  for (size_t i = 5; i < waits.size(); ++i)
    CAF_CHECK(waits[i] >= 600 && waits[i] <= 601);
}

CAF_TEST(a cancelled timer is silent) {
  change(set("x", time->now_ms() + 1000));
  change(cancelled("x"));
  change(cancelled("never set"));
  node->advance(1h);
  CAF_CHECK(rung.empty());
  change(set("y", time->now_ms()));
  node->advance(1s);
  change(cancelled("y"));
  node->advance(1h);
  CAF_CHECK(rung == words{"y"});
}

CAF_TEST(a timer moves when it is cancelled and set in one message) {
  auto now = time->now_ms();
  change(set("x", now + 1000));
  auto moved = set("x", now + 5000);
  moved.add_cancelled("x");
  change(moved);
  node->advance(2s);
  CAF_CHECK(rung.empty());
  node->advance(4s);
  CAF_CHECK(rung == words{"x"});
}

CAF_TEST(an outbox row waits for its acknowledgement and is sent again at once after a restart) {
  keep("out", effects::already_sent);
  change(set("out", effects::already_sent));
  node->advance(limits::redelivery_first - 1s);
  CAF_CHECK(rung.empty());
  node->advance(2s);
  CAF_CHECK_EQUAL(rung.size(), 1u);
  restart();
  node->advance(20ms);
  CAF_CHECK_EQUAL(rung.size(), 2u);
}

CAF_TEST(rows of the store fire after a restart when they are due) {
  keep("soon", time->now_ms() + 10'000);
  keep("past", time->now_ms() - 10'000);
  restart();
  node->advance(20ms);
  CAF_CHECK(rung == words{"past"});
  node->advance(10s);
  CAF_CHECK(rung == (words{"past", "soon"}));
}

CAF_TEST(redelivery reads the store and sends every outbox row soon and leaves other timers alone) {
  keep("out 1", effects::already_sent); // nobody has announced it
  change(set("out 2", effects::already_sent));
  keep("out 2", effects::already_sent);
  change(set("gone", effects::already_sent)); // no row: it was cancelled, and that went unheard
  keep("later", time->now_ms() + 3'600'000);
  for (int round = 1; round < 4; ++round) {
    node->outside()->names->tell(timers_ref, Redeliver{});
    node->advance(20ms);
    CAF_CHECK_EQUAL(rung.size(), 2u * static_cast<size_t>(round));
  }
  node->advance(limits::redelivery_first + 1s); // the backoff begins anew
  CAF_CHECK_EQUAL(rung.size(), 8u);
}

CAF_TEST(many due timers are fired in portions with a pause between) {
  for (size_t i = 0; i < 2 * limits::timers_per_tick + 500; ++i)
    keep("timer " + std::to_string(i), time->now_ms() - 1);
  restart();
  CAF_CHECK(rung.empty());
  node->advance(limits::timer_pause);
  CAF_CHECK_EQUAL(rung.size(), limits::timers_per_tick);
  node->advance(limits::timer_pause);
  CAF_CHECK_EQUAL(rung.size(), 2 * limits::timers_per_tick);
  node->advance(limits::timer_pause);
  CAF_CHECK_EQUAL(rung.size(), 2 * limits::timers_per_tick + 500);
  std::sort(rung.begin(), rung.end());
  CAF_CHECK(std::unique(rung.begin(), rung.end()) == rung.end());
}

CAF_TEST(short timers leave one tick behind however many there were) {
  for (int i = 0; i < 100; ++i) {
    auto id = "t" + std::to_string(i);
    change(set(id, time->now_ms() + 7));
    node->advance(30ms);
    change(cancelled(id));
  }
  CAF_CHECK_EQUAL(rung.size(), 100u);
  node->advance(2 * limits::timer_tick);
  CAF_CHECK_EQUAL(ticks_under_way(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
