// A row that is there is fired, at its time, then later and later, until it is gone; its owner acts on it once.
#define CAF_SUITE actors.agent.timers
#include "tests/support/fixture.hpp"
#include "tests/support/moving_route.hpp"
#include <troupe/runtime/proto/tenure.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string timers_ref{services::timers}, owner = "tenant/ear/one";
constexpr int64_t hour = 3'600'000;

// An entity with one recurring timer, as every owner of one has to be: its event moves the row, and a firing it has acted on
// decides nothing. Its key says its policy. An event is the firing it acted on; the first one, without a due time, sets it.
struct bell_state {
  static inline const char* name = "bell";
  using event = TimerDue;
  static constexpr uint16_t version = 1;

  CatchUp policy = CATCH_UP_FIRE;
  int64_t due_ms = 0;
  int64_t rung = 0, skipped = 0, moves = 0;

  void born(const std::string& ref_text) {
    policy = ref_text.ends_with("skip")       ? CATCH_UP_SKIP
             : ref_text.ends_with("coalesce") ? CATCH_UP_COALESCE
                                              : CATCH_UP_FIRE;
  }
  caf::expected<std::vector<event>> decide(const ProbeAdd& cmd) const {
    std::vector<event> events(1);
    events[0].set_next_due_ms(cmd.amount());
    return events;
  }
  caf::expected<std::vector<event>> decide(const TimerDue& due) const {
    if (due.due_ms() != due_ms)
      return std::vector<event>{};
    std::vector<event> events(1, due);
    events[0].clear_context();
    return events;
  }
  void apply(const event& happened) {
    due_ms = happened.next_due_ms();
    rung += static_cast<int64_t>(happened.occurrences());
    skipped += static_cast<int64_t>(happened.skipped());
    ++moves;
  }
  void bring_about(const event& happened, effects& out) const {
    if (happened.due_ms() > 0)
      out.cancel("toll", happened.due_ms());
    if (happened.next_due_ms() > 0)
      out.timer("toll", happened.next_due_ms(), {.catch_up = policy, .period_ms = hour});
  }
  ProbeTotal reply(const ProbeAdd&) const {
    return {};
  }
};

using bell_actor = caf::typed_actor<rpc<ProbeAdd, ProbeTotal>, rpc<ProbeAsk, ProbeState>, note<TimerDue>>;

bell_actor::behavior_type bell(bell_actor::stateful_pointer<bell_state>, entity_log<bell_state> log) {
  return {
      [=](const ProbeAdd& cmd) mutable { return log.handle(cmd); },
      [=](const ProbeAsk&) mutable {
        auto& state = log.state();
        ProbeState told; // one number of three
        told.set_total(state.rung + 1000 * state.skipped + 1'000'000 * state.moves);
        return log.answer<ProbeState>(told);
      },
      [=](const TimerDue& due) mutable { log.act(due); },
  };
}

struct with_route {
  std::shared_ptr<moving_route> route = std::make_shared<moving_route>();
};

struct belfry : with_route, house {
  belfry()
      : house{[route = route](caf::scheduled_actor* root, doors_ptr outside) {
          outside->names->set_route(route);
          outside->names->put(timers_ref, caf::actor_cast<caf::actor>(spawn_timers(root, outside)));
          auto host = spawn_shard_host(root, outside, {make_kind<bell_state>("bell", bell)});
          outside->names->put(std::string{services::shard_host}, caf::actor_cast<caf::actor>(host));
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
  TimersChanged cancelled(const std::string& id, int64_t due_ms) const {
    TimersChanged changed;
    changed.set_ref(owner);
    auto* row = changed.add_cancelled();
    row->set_timer(id);
    row->set_due_ms(due_ms);
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
  void hang(const std::string& ref_text, int64_t due_ms) {
    ProbeAdd command;
    command.set_amount(due_ms);
    request<ProbeTotal>(ref_text, command);
  }
  struct tolls {
    int64_t moves, skipped, rung;
    bool operator==(const tolls&) const = default;
  };
  tolls heard(const std::string& ref_text) {
    auto told = request<ProbeState>(ref_text, ProbeAsk{}).total();
    return {told / 1'000'000, told / 1000 % 1000, told % 1000};
  }
  // Timers in the store, by due time.
  std::vector<int64_t> stored() {
    std::vector<int64_t> found;
    for (unsigned shard = 0; shard < limits::shards; ++shard) {
      auto s = static_cast<uint8_t>(shard);
      CAF_REQUIRE(!rows->scan(space::index, timer_begin(s), timer_end(s, int64_t{1} << 50),
                              [&](auto, std::string_view value) {
                                TimerRow row;
                                CAF_REQUIRE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
                                found.push_back(row.due_ms());
                                return true;
                              }));
    }
    return found;
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
  keep("x", start);
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
  auto now = time->now_ms();
  change(set("x", now + 1000));
  change(cancelled("x", now + 1000));
  change(cancelled("never set", now));
  node->advance(1h);
  CAF_CHECK(rung.empty());
  change(set("y", now));
  node->advance(1s);
  change(cancelled("y", now));
  node->advance(1h);
  CAF_CHECK(rung == words{"y"});
}

CAF_TEST(a timer moves when it is cancelled and set in one message) {
  auto now = time->now_ms();
  change(set("x", now + 1000));
  auto moved = set("x", now + 5000);
  *moved.mutable_cancelled() = cancelled("x", now + 1000).cancelled();
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
    node->advance(limits::timer_reread);
    CAF_CHECK_EQUAL(rung.size(), 2u * static_cast<size_t>(round));
  }
  node->advance(limits::redelivery_first); // the backoff begins anew
  CAF_CHECK_EQUAL(rung.size(), 8u);
}

CAF_TEST(redelivery for one owner may be asked for ahead) {
  keep("x", time->now_ms() - 1);
  Redeliver lost;
  lost.set_ref(owner);
  lost.set_after_ms(2000);
  node->outside()->names->tell(timers_ref, lost);
  node->advance(1900ms);
  CAF_CHECK(rung.empty());
  node->advance(200ms);
  CAF_CHECK(rung == words{"x"});
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

CAF_TEST(timers that are gone leave no tick behind however many there were) {
  node->advance(2 * limits::timer_tick);
  auto before = ticks_under_way();
  for (int i = 0; i < 100; ++i) {
    auto id = "t" + std::to_string(i);
    auto due = time->now_ms() + 7;
    change(set(id, due));
    node->advance(30ms);
    change(cancelled(id, due));
  }
  CAF_CHECK_EQUAL(rung.size(), 100u);
  node->advance(2 * limits::timer_tick);
  CAF_CHECK_EQUAL(ticks_under_way(), before);
}

CAF_TEST(how often timers were fired is told in the order asked) {
  auto now = time->now_ms();
  keep("often", now);
  change(set("often", now));
  change(set("not yet", now + 3'600'000));
  node->advance(100s);
  CountFirings question;
  for (auto& [id, due] : std::map<std::string, int64_t>{
           {"never set", now}, {"not yet", now + 3'600'000}, {"often", now}, {"often ", now}})
    *question.add_timers() = set(id, due).set(0);
  auto counts = request<FiringCounts>(timers_ref, question);
  CAF_CHECK(std::vector<uint32_t>(counts.times().begin(), counts.times().end()) ==
            (std::vector<uint32_t>{0, 0, 3, 0}));
}

CAF_TEST(a recurring timer rings once per period wherever a crash comes between) {
  auto home = "tenant/bell/fire";
  for (int steps = 0, done = 0; done < 3; ++steps) {
    CAF_REQUIRE(steps < 200);
    rows = open_memory(static_cast<uint64_t>(steps) + 1);
    restart();
    auto first = time->now_ms() + 1000;
    hang(home, first);
    node->advance(999ms);
    dynamic_cast<caf::scheduler::test_coordinator&>(node->system().scheduler()).advance_time(1ms);
    int left = steps;
    while (left > 0 && node->step())
      --left;
    done += left > 0; // it all happened before the crash
    restart();
    node->advance(1min);
    CAF_CHECK_EQUAL(heard(home).rung, 1);
    CAF_CHECK(stored() == std::vector<int64_t>{first + hour});
    node->advance(1h);
    CAF_CHECK_EQUAL(heard(home).rung, 2);
    CAF_CHECK(stored() == std::vector<int64_t>{first + 2 * hour});
  }
}

CAF_TEST(after a long night each bell catches up as its policy says) {
  auto now = time->now_ms();
  for (std::string policy : {"fire", "skip", "coalesce"})
    hang("tenant/bell/" + policy, now + hour);
  node->advance(1h + 1s);
  for (std::string policy : {"fire", "skip", "coalesce"})
    CAF_CHECK((heard("tenant/bell/" + policy) == tolls{2, 0, 1}));
  time->earlier_us += 1000 * (5 * hour + hour / 2); // nothing runs
  restart();
  node->advance(5s);
  CAF_CHECK((heard("tenant/bell/fire") == tolls{7, 0, 6}));
  CAF_CHECK((heard("tenant/bell/skip") == tolls{3, 5, 1}));
  CAF_CHECK((heard("tenant/bell/coalesce") == tolls{3, 0, 6}));
  CAF_CHECK(stored() == std::vector<int64_t>(3, now + 7 * hour));
  node->advance(1h);
  CAF_CHECK((heard("tenant/bell/fire") == tolls{8, 0, 7}));
  CAF_CHECK((heard("tenant/bell/skip") == tolls{4, 5, 2}));
  CAF_CHECK((heard("tenant/bell/coalesce") == tolls{4, 0, 7}));
}

CAF_TEST(a clock that jumps both ways rings nothing twice) {
  auto now = time->now_ms();
  hang("tenant/bell/coalesce", now + hour);
  node->advance(1h + 1s);
  time->earlier_us -= 1000 * 3 * hour;
  node->advance(1h);
  CAF_CHECK((heard("tenant/bell/coalesce") == tolls{2, 0, 1}));
  time->earlier_us += 1000 * 3 * hour;
  node->advance(1s);
  CAF_CHECK((heard("tenant/bell/coalesce") == tolls{3, 0, 2}));
  node->advance(1h);
  CAF_CHECK((heard("tenant/bell/coalesce") == tolls{4, 0, 3}));
}

CAF_TEST(what was set before policies came is read and fired) {
  TimerRow old; // as an older program stored it
  old.set_ref(owner);
  old.set_timer("old");
  old.set_due_ms(time->now_ms() + 1000);
  CAF_CHECK_EQUAL(old.SerializeAsString(),
                  "\x0a\x0etenant/ear/one\x12\x03old\x18" + old.SerializeAsString().substr(22));
  keep("old", old.due_ms());
  restart();
  node->advance(2s);
  CAF_CHECK(rung == words{"old"});
}

CAF_TEST(timers of a shard are fired by the node that has it) {
  auto shard = shard_of(owner);
  ShardsChanged change_of_shards;
  route->shut = {shard};
  restart();
  keep("due", time->now_ms());
  node->advance(1min);
  CAF_CHECK(rung.empty());
  route->shut.clear();
  change_of_shards.add_gained(shard);
  node->outside()->names->tell(timers_ref, change_of_shards);
  node->advance(1s);
  CAF_CHECK_EQUAL(rung, words{"due"});
  change_of_shards.Clear();
  change_of_shards.add_lost(shard);
  change_of_shards.add_lost(limits::shards); // there is none
  node->outside()->names->tell(timers_ref, change_of_shards);
  node->advance(1h);
  CAF_CHECK_EQUAL(rung, words{"due"});
}

CAF_TEST(a shard that came or left unannounced is found by the next look at all) {
  route->shut = {shard_of(owner)};
  restart();
  node->advance(1min); // it has looked again by then
  keep("due", time->now_ms());
  route->shut.clear();
  node->advance(1min);
  CAF_CHECK(rung.empty());
  node->outside()->names->tell(timers_ref, Redeliver{});
  node->advance(1s);
  CAF_CHECK_EQUAL(rung, words{"due"});
  route->shut = {shard_of(owner)};
  node->outside()->names->tell(timers_ref, Redeliver{});
  node->advance(1h);
  CAF_CHECK_EQUAL(rung, words{"due"});
}

CAF_TEST_FIXTURE_SCOPE_END()
