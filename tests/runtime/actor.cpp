// What every actor of the house does when something unforeseen happens: it answers, and it says why it ends.
#define CAF_SUITE runtime.actor
#define FAIL CAF_FAIL
#include <caf/all.hpp>
#include <iostream>
#include <sstream>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ops.pb.h>

#include <caf/test/dsl.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct config : caf::actor_system_config {
  config() {
    add_messages(*this);
  }
};

/// Keeps the question of a Field as the test wants; counts the epochs of its ticks.
using subject = caf::typed_actor<rpc<Field, Done>, note<Tick>>;

struct subject_state {
  static inline const char* name = "subject";
};

using subject_pointer = subject::stateful_pointer<subject_state>;
using on_question = std::function<caf::result<Done>(subject_pointer)>;

Tick tick(uint64_t epoch) {
  Tick t;
  t.set_epoch(epoch);
  return t;
}

Field oversize() {
  Field f;
  f.set_value(std::string(limits::message_bytes + 1, 'x'));
  return f;
}

template <class F>
bool is_defect(F misuse) {
  try {
    misuse();
    return false;
  } catch (const std::logic_error&) {
    return true;
  }
}

struct fixture : test_coordinator_fixture<config> {
  std::vector<uint64_t> epochs;
  std::vector<std::string> answers;

  subject start(on_question act = [](subject_pointer) { return Done{}; }) {
    auto* seen = &epochs;
    return sys.spawn([act, seen](subject_pointer me) -> subject::behavior_type {
      house_rules(me);
      return {
          [=](const Field&) { return act(me); },
          [=](const Tick& t) { seen->push_back(t.epoch()); },
      };
    });
  }

  // Runs a function as an actor that obeys the house rules.
  caf::actor act(std::function<void(caf::event_based_actor*)> body) {
    return sys.spawn([body](caf::event_based_actor* me) -> caf::behavior {
      house_rules(me);
      body(me);
      return {[](const Ping&) {}};
    });
  }

  // Asks the subject, from another actor, and notes the answer.
  void question(const subject& whom, std::chrono::milliseconds timeout = 1s) {
    auto* notes = &answers;
    act([=](caf::event_based_actor* me) {
      ask(me, whom, timeout, Field{})
          .then([=](const Done&) { notes->push_back("done"); },
                [=](const caf::error& e) { notes->push_back(describe(e)); });
    });
    sched.run();
  }

  // Why an actor ended; nothing if it lives.
  std::string end_of(const caf::actor& whom) {
    self->monitor(whom);
    std::string reason;
    self->receive([&](const caf::down_msg& down) { reason = describe(down.reason); },
                  caf::after(0s) >> [] {});
    return reason;
  }
  std::string end_of(const subject& whom) {
    return end_of(caf::actor_cast<caf::actor>(whom));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(actor_tests, fixture)

CAF_TEST(a promise is answered once and later answers are ignored) {
  promise<Done> kept;
  auto whom = start([&](subject_pointer me) {
    kept = promise<Done>{me};
    return kept.pending();
  });
  question(whom);
  CAF_CHECK(answers.empty());
  auto copy = kept;
  copy.deliver(Done{});
  sched.run();
  kept.deliver(make_error(ec::timeout));
  CAF_CHECK(!sched.has_job()); // nothing was sent
  CAF_CHECK_EQUAL(answers, std::vector<std::string>{"done"});
}

CAF_TEST(a promise may answer with an error) {
  promise<Done> kept;
  auto whom = start([&](subject_pointer me) {
    kept = promise<Done>{me};
    return kept.pending();
  });
  question(whom);
  kept.deliver(make_error(ec::not_found, "no run 7"));
  sched.run();
  CAF_CHECK_EQUAL(answers, std::vector<std::string>{"not_found: no run 7"});
}

CAF_TEST(a dropped promise answers that it was dropped) {
  auto whom = start([](subject_pointer me) { return promise<Done>{me}.pending(); });
  question(whom);
  CAF_CHECK_EQUAL(answers, std::vector<std::string>{"internal: the question was dropped without an answer"});
}

CAF_TEST(a promise answers only when its last copy is gone) {
  promise<Done> kept;
  auto whom = start([&](subject_pointer me) {
    kept = promise<Done>{me};
    return kept.pending();
  });
  question(whom);
  auto copy = kept;
  kept = {};
  sched.run();
  CAF_CHECK(answers.empty());
  copy = {};
  sched.run();
  CAF_CHECK_EQUAL(answers.size(), 1u);
  copy.deliver(Done{}); // a promise of nothing ignores answers
}

CAF_TEST(a question has one promise) {
  promise<Done> kept;
  auto whom = start([&](subject_pointer me) {
    kept = promise<Done>{me};
    promise<Done>{me}.deliver(make_error(ec::conflict));
    return kept.pending();
  });
  question(whom);
  CAF_CHECK(answers.empty());
  kept.deliver(Done{});
  sched.run();
  CAF_CHECK_EQUAL(answers, std::vector<std::string>{"done"});
}

CAF_TEST(a promise outlives its actor) {
  promise<Done> kept;
  auto whom = start([&](subject_pointer me) {
    kept = promise<Done>{me};
    me->quit();
    return kept.pending();
  });
  question(whom);
  whom = nullptr;
  CAF_CHECK(answers.empty());
  kept.deliver(Done{});
  sched.run();
  CAF_CHECK_EQUAL(answers, std::vector<std::string>{"done"});
}

CAF_TEST(a promise of a note answers nobody) {
  promise<Done> kept;
  auto whom = start([&](subject_pointer me) {
    kept = promise<Done>{me};
    return kept.pending();
  });
  auto sender = act([=](caf::event_based_actor* me) {
    tell(me, whom, Field{});
    me->set_default_handler([](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> {
      throw std::logic_error("nobody asked");
    });
  });
  sched.run();
  kept.deliver(Done{});
  kept = {};
  sched.run();
  CAF_CHECK_EQUAL(end_of(sender), "");
}

CAF_TEST(a promise is made of a question) {
  CAF_CHECK(is_defect([&] { promise<Done>{self.ptr()}; }));
}

CAF_TEST(the text of an exception becomes the reason of the end) {
  auto whom =
      start([](subject_pointer) -> caf::result<Done> { throw std::runtime_error("disk 3 is on fire"); });
  question(whom);
  CAF_CHECK_EQUAL(end_of(whom), "internal: disk 3 is on fire");
  CAF_REQUIRE_EQUAL(answers.size(), 1u);
  CAF_CHECK(answers[0].starts_with("internal"));
}

CAF_TEST(whatever is thrown ends its actor with a reason) {
  auto whom = start([](subject_pointer) -> caf::result<Done> { throw 3; });
  question(whom);
  CAF_CHECK_EQUAL(end_of(whom), "internal: something that is no std::exception was thrown");
}

CAF_TEST(an unknown message is answered and its receiver lives on) {
  auto whom = start();
  auto* notes = &answers;
  act([=](caf::event_based_actor* me) {
    ask(me, caf::actor_cast<caf::actor>(whom), 1s, Ping{})
        .then([](const Done&) {}, [=](const caf::error& e) { notes->push_back(describe(e)); });
  });
  sched.run();
  CAF_REQUIRE_EQUAL(answers.size(), 1u);
  CAF_CHECK(answers[0].starts_with("invalid_argument: subject does not understand "));
  CAF_CHECK(answers[0].find("Ping{}") != std::string::npos);
  question(whom);
  CAF_CHECK_EQUAL(answers.back(), "done");
}

CAF_TEST(an actor survives errors and ends of others and prints nothing) {
  std::stringstream printed;
  auto* standard = std::cout.rdbuf(printed.rdbuf());
  auto watched = start([](subject_pointer me) -> caf::result<Done> {
    me->quit(make_error(ec::conflict));
    return Done{};
  });
  auto watcher = act([=](caf::event_based_actor* me) { watch(me, watched); });
  question(watched);
  self->send(watcher, make_error(ec::timeout));
  self->send(watcher, Tick{});
  sched.run();
  std::cout.rdbuf(standard);
  CAF_CHECK_EQUAL(printed.str(), "");
  CAF_CHECK_EQUAL(end_of(watcher), "");
  CAF_CHECK_EQUAL(end_of(watched), "conflict");
}

CAF_TEST(a question has a timeout) {
  promise<Done> kept;
  auto whom = start([&](subject_pointer me) {
    kept = promise<Done>{me};
    return kept.pending();
  });
  question(whom, 500ms);
  sched.advance_time(499ms);
  sched.run();
  CAF_CHECK(answers.empty());
  sched.advance_time(1ms);
  sched.run();
  CAF_REQUIRE_EQUAL(answers.size(), 1u);
  CAF_CHECK(answers[0].starts_with("timeout"));
}

CAF_TEST(a message too large ends its sender and not its receiver) {
  auto whom = start();
  auto* dynamic = new caf::actor{caf::actor_cast<caf::actor>(whom)};
  std::unique_ptr<caf::actor> owner{dynamic};
  for (auto& send : std::vector<std::function<void(caf::event_based_actor*)>>{
           [=](auto* me) { ask(me, whom, 1s, oversize()); },
           [=](auto* me) { tell(me, *dynamic, oversize()); },
           [=](auto* me) { tell_urgent(me, *dynamic, oversize()); },
           [=](auto* me) { tell_in(me, 1s, *dynamic, oversize()); }}) {
    auto sender = sys.spawn([=](caf::event_based_actor* me) -> caf::behavior {
      house_rules(me);
      return {[=](const Ping&) { send(me); }};
    });
    self->send(sender, Ping{});
    sched.run();
    auto reason = end_of(sender);
    CAF_CHECK(reason.find("message within limits::message_bytes does not hold") != std::string::npos);
  }
  CAF_CHECK_EQUAL(end_of(whom), "");
}

CAF_TEST(urgent messages overtake normal ones) {
  auto whom = start();
  sched.run();
  act([=](caf::event_based_actor* me) {
    tell(me, whom, tick(1));
    tell(me, whom, tick(2));
    tell_urgent(me, whom, tick(3));
  });
  sched.run();
  CAF_CHECK_EQUAL(epochs, (std::vector<uint64_t>{3, 1, 2}));
}

CAF_TEST(a delayed message comes when its time has come) {
  auto whom = start();
  act([=](caf::event_based_actor* me) { tell_in(me, 10ms, whom, tick(1)); });
  sched.run();
  sched.advance_time(9ms);
  sched.run();
  CAF_CHECK(epochs.empty());
  sched.advance_time(1ms);
  sched.run();
  CAF_CHECK_EQUAL(epochs, std::vector<uint64_t>{1});
}

CAF_TEST(news of an end overtakes normal messages) {
  auto whom = start([](subject_pointer me) -> caf::result<Done> {
    me->quit();
    return Done{};
  });
  std::vector<std::string> order;
  auto watcher = sys.spawn([&](caf::event_based_actor* me) -> caf::behavior {
    watch(me, whom);
    me->set_down_handler([&](caf::down_msg&) { order.push_back("down"); });
    return {[&](const Ping&) { order.push_back("ping"); }};
  });
  sched.run();
  self->send(watcher, Ping{});
  self->send(whom, Field{});
  sched.prioritize(whom);
  sched.run_once();
  sched.run();
  CAF_CHECK_EQUAL(order, (std::vector<std::string>{"down", "ping"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
