// What a decision brings about is written with it and leaves when it is durable.
#define CAF_SUITE persistence.effects
#include "tests/support/fixture.hpp"
#include "tests/support/held_journal.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string owner = "tenant/twig/one", listener = "tenant/ear/one";
constexpr int64_t soon = 1'700'000'060'000, later = 1'700'000'120'000;

// An entity whose events each bring one effect about; a command's amount spells its events, digit by digit.
struct twig_state {
  static inline const char* name = "twig";
  using event = ProbeEvent;
  static constexpr uint16_t version = 1;

  caf::expected<std::vector<event>> decide(const ProbeAdd& cmd) const {
    std::vector<event> events;
    for (char digit : std::to_string(cmd.amount()))
      events.emplace_back().set_amount(digit - '0');
    return events;
  }
  caf::expected<std::vector<event>> decide(const TimerDue& due) const {
    std::vector<event> events(1);
    events[0].set_amount(due.timer() == "x" ? 9 : 8);
    return events;
  }
  void apply(const event& happened) {
    total += happened.amount() >= 8 ? 1 : 0;
  }
  void bring_about(const event& happened, effects& out) const {
    switch (happened.amount()) {
    case 1:
      out.timer("x", soon);
      break;
    case 2:
      out.cancel("x", soon);
      break;
    case 3:
      out.timer("x", later);
      break;
    case 4:
      out.cancel("x", later);
      break;
    case 5: {
      ProbeNudge nudge;
      nudge.set_amount(5);
      out.tell(listener, nudge);
      break;
    }
    case 6: {
      ProbeState row;
      row.set_total(6);
      out.put(index_table::tasks, "row", row);
      break;
    }
    case 7:
      out.erase(index_table::tasks, "row");
      break;
    case 8:
      out.timer("x", later, {.catch_up = CATCH_UP_SKIP, .period_ms = 60'000, .set_ms = soon});
      break;
    case 9:
      out.cancel("x", soon);
      break;
    }
  }
  ProbeTotal reply(const ProbeAdd&) const {
    ProbeTotal answer;
    answer.set_total(total);
    return answer;
  }
  int64_t total = 0; // timers that fired
};

using twig_actor = caf::typed_actor<rpc<ProbeAdd, ProbeTotal>, rpc<ProbeAsk, ProbeTotal>, note<TimerDue>>;

twig_actor::behavior_type twig(twig_actor::stateful_pointer<twig_state>, entity_log<twig_state> log) {
  return {
      [=](const ProbeAdd& cmd) mutable { return log.handle(cmd); },
      [=](const ProbeAsk&) mutable {
        ProbeTotal total;
        total.set_total(log.state().total);
        return log.answer<ProbeTotal>(total);
      },
      [=](const TimerDue& due) mutable { log.act(due); },
  };
}

std::shared_ptr<held_journal> twig_disk;

struct orchard : house {
  orchard()
      : house{[](caf::scheduled_actor* root, doors_ptr outside) {
          auto slow = with_journal(outside, twig_disk);
          auto host = spawn_shard_host(root, slow, {make_kind<twig_state>("twig", twig)});
          outside->names->put(std::string{services::shard_host}, caf::actor_cast<caf::actor>(host));
          outside->names->put(std::string{services::timers},
                              caf::actor_cast<caf::actor>(spawn_timers(root, outside)));
        }} {
    listen();
  }
  ~orchard() override {
    node.reset();
    twig_disk.reset();
  }
  void listen() {
    node->outside()->names->put(listener,
                                node->system().spawn([this](caf::event_based_actor* self) -> caf::behavior {
                                  house_rules(self);
                                  return {[this](const ProbeNudge& nudge) { heard.push_back(nudge); }};
                                }));
  }
  void bring(int64_t digits) {
    ProbeAdd cmd;
    cmd.set_amount(digits);
    request<ProbeTotal>(owner, cmd);
  }
  int64_t fired() {
    return request<ProbeTotal>(owner, ProbeAsk{}).total();
  }
  size_t timer_rows() {
    size_t count = 0;
    for (unsigned shard = 0; shard < limits::shards; ++shard) {
      auto s = static_cast<uint8_t>(shard);
      CAF_REQUIRE(!rows->scan(space::index, timer_begin(s), timer_end(s, later * 2),
                              [&](auto, auto) { return ++count > 0; }));
    }
    return count;
  }
  TimerRow timer_row() {
    TimerRow row;
    for (unsigned shard = 0; shard < limits::shards; ++shard) {
      auto s = static_cast<uint8_t>(shard);
      CAF_REQUIRE(!rows->scan(space::index, timer_begin(s), timer_end(s, later * 2),
                              [&](auto, std::string_view value) {
                                return row.ParseFromArray(value.data(), static_cast<int>(value.size()));
                              }));
    }
    return row;
  }
  std::string row() {
    auto key = index_key(identify(owner, rows->naming_key()), index_table::tasks, "row", rows->naming_key());
    auto value = rows->get(space::index, key);
    ProbeState state;
    return !*value ? "none" : state.ParseFromString(**value) ? std::to_string(state.total()) : "damaged";
  }
  std::vector<ProbeNudge> heard;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(effects_tests, orchard)

CAF_TEST(rows are put and replaced and erased with the event) {
  CAF_CHECK_EQUAL(row(), "none");
  bring(6);
  CAF_CHECK_EQUAL(row(), "6");
  crash_and_recover();
  CAF_CHECK_EQUAL(row(), "6");
  bring(7);
  CAF_CHECK_EQUAL(row(), "none");
}

CAF_TEST(a message leaves when its event is durable and carries its cause) {
  fired();
  twig_disk->hold = true;
  ProbeAdd cmd;
  cmd.set_amount(5);
  cmd.mutable_context()->set_trace("00-trace");
  cmd.mutable_context()->set_principal("ada");
  cmd.mutable_context()->set_deadline_ms(later);
  post<ProbeTotal>(owner, cmd, [](caf::expected<ProbeTotal>) {});
  node->settle();
  CAF_CHECK(heard.empty());
  twig_disk->release();
  node->settle();
  CAF_REQUIRE_EQUAL(heard.size(), 1u);
  CAF_CHECK_EQUAL(std::string{heard[0].context().trace()}, "00-trace");
  CAF_CHECK_EQUAL(std::string{heard[0].context().principal()}, "ada");
  CAF_CHECK_EQUAL(int64_t{heard[0].context().deadline_ms()}, later);
  CAF_CHECK(heard[0].context().command_id().empty());
}

CAF_TEST(a message of an event that is not written never leaves) {
  fired();
  rows->fail_next_write(false);
  ProbeAdd cmd;
  cmd.set_amount(5);
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(owner, cmd), ec::outcome_unknown);
  CAF_CHECK(heard.empty());
}

CAF_TEST(a timer fires at its time and not when it was cancelled) {
  bring(1);
  CAF_CHECK_EQUAL(timer_rows(), 1u);
  node->advance(1min + 20ms);
  CAF_CHECK_EQUAL(fired(), 1);
  CAF_CHECK_EQUAL(timer_rows(), 0u);
  bring(3);
  bring(4);
  CAF_CHECK_EQUAL(timer_rows(), 0u);
  node->advance(5min);
  CAF_CHECK_EQUAL(fired(), 1);
}

CAF_TEST(a timer cancelled and set anew in one decision has moved) {
  bring(1);
  bring(23);
  CAF_CHECK_EQUAL(timer_rows(), 1u);
  node->advance(1min + 20ms);
  CAF_CHECK_EQUAL(fired(), 0);
  node->advance(1min);
  CAF_CHECK_EQUAL(fired(), 1);
}

CAF_TEST(a timer that was set for another time in the same decision stays when its old time is cancelled) {
  bring(34); // set for later and cancelled
  CAF_CHECK_EQUAL(timer_rows(), 0u);
  bring(14); // set for soon; what is cancelled was for later
  CAF_CHECK_EQUAL(timer_rows(), 1u);
  node->advance(1min + 20ms);
  CAF_CHECK_EQUAL(fired(), 1);
}

CAF_TEST(the row of a timer tells its owner its policy its period and since when it is waited for) {
  bring(8);
  auto kept = timer_row();
  CAF_CHECK_EQUAL(kept.ref(), owner);
  CAF_CHECK_EQUAL(kept.timer(), "x");
  CAF_CHECK_EQUAL(kept.due_ms(), later);
  CAF_CHECK_EQUAL(kept.set_ms(), soon);
  CAF_CHECK_EQUAL(kept.period_ms(), 60'000);
  CAF_CHECK(kept.catch_up() == CATCH_UP_SKIP);
}

CAF_TEST(a period too short for a synced write each is a mistake of the program) {
  auto entity = identify(owner, rows->naming_key());
  Context cause;
  effects out{owner, entity, rows->naming_key(), cause};
  for (auto period : {limits::timer_period.count() - 1, int64_t{-1}}) {
    auto thrown = false;
    try {
      out.timer("x", soon, {.period_ms = period});
    } catch (const std::exception&) {
      thrown = true;
    }
    CAF_CHECK(thrown);
  }
  CAF_CHECK(out.rows().empty());
  out.timer("x", soon, {.period_ms = limits::timer_period.count()});
  CAF_CHECK_EQUAL(out.rows().size(), 1u);
}

CAF_TEST(an outbox row that is cancelled and promised anew in one decision stays as it is) {
  auto entity = identify(owner, rows->naming_key());
  Context cause;
  effects out{owner, entity, rows->naming_key(), cause};
  out.cancel("x", soon);
  out.cancel("y", effects::already_sent);
  CAF_REQUIRE_EQUAL(out.rows().size(), 2u);
  out.outbox("y");
  CAF_REQUIRE_EQUAL(out.rows().size(), 1u);
  CAF_CHECK(out.rows()[0].key == timer_key(entity, soon, "x", rows->naming_key()));
  out.outbox("y"); // not cancelled this time
  CAF_CHECK_EQUAL(out.rows().size(), 2u);
}

CAF_TEST(a timer set and cancelled in one decision never fires) {
  bring(12);
  CAF_CHECK_EQUAL(timer_rows(), 0u);
  node->advance(1h);
  CAF_CHECK_EQUAL(fired(), 0);
  bring(123);
  CAF_CHECK_EQUAL(timer_rows(), 1u);
  crash_and_recover();
  node->advance(20ms);
  CAF_CHECK_EQUAL(fired(), 1); // long due
}

CAF_TEST_FIXTURE_SCOPE_END()
