// A message to a ref is delivered, held or refused; whoever asked is always answered.
#define CAF_SUITE runtime.directory
#define FAIL CAF_FAIL
#include <caf/all.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ops.pb.h>
#include <troupe/runtime/ref_route.hpp>

#include <caf/test/dsl.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct config : caf::actor_system_config {
  config() {
    add_messages(*this);
  }
};

Tick tick(uint64_t epoch) {
  Tick t;
  t.set_epoch(epoch);
  return t;
}

const std::string entity = "acme/purse/goal-1";
const std::string service = "system/service/registry";

struct fixture : test_coordinator_fixture<config> {
  ~fixture() {
    run(); // what is under way writes into the members below
  }

  directory all;
  std::vector<uint64_t> epochs;      // of the ticks that arrived
  std::vector<std::string> answers;  // to questions
  std::vector<std::string> wake_ups; // refs the waker was called with

  void wakes_purses() {
    all.set_waker("purse", [this](const std::string& name) { wake_ups.push_back(name); });
  }

  // Notes ticks; answers a Field by its name.
  caf::actor start() {
    return sys.spawn([this](caf::event_based_actor* me) -> caf::behavior {
      house_rules(me);
      return {
          [this](const Tick& t) { epochs.push_back(t.epoch()); },
          [](const Field& f) { return f; },
      };
    });
  }

  // Asks the actor behind a ref and notes the answer.
  caf::actor question(const std::string& whom, const std::string& text = "") {
    Field f;
    f.set_name(text);
    auto asker = sys.spawn([=, this](caf::event_based_actor* me) {
      ask<Field>(me, all, whom, 1s, f)
          .then([this](const Field& answer) { answers.push_back("answer " + answer.name()); },
                [this](const caf::error& e) { answers.push_back(describe(e)); });
    });
    sched.run();
    return asker;
  }

  bool answered(std::string_view start) const {
    return answers.size() == 1 && answers[0].starts_with(start);
  }
};

} // namespace

CAF_TEST(a ref is read and printed and other text is refused) {
  auto name = parse_ref("acme/purse/Goal_1.a-b");
  CAF_REQUIRE(name);
  CAF_CHECK_EQUAL(name->tenant, "acme");
  CAF_CHECK_EQUAL(name->kind, "purse");
  CAF_CHECK_EQUAL(name->key, "Goal_1.a-b");
  CAF_CHECK_EQUAL(to_string(*name), "acme/purse/Goal_1.a-b");
  CAF_CHECK(parse_ref("a/b/" + std::string(limits::name_bytes, 'x')));
  for (auto text : {std::string{}, std::string{"a"}, std::string{"a/b"}, std::string{"a/b/c/d"},
                    std::string{"/b/c"}, std::string{"a//c"}, std::string{"a/b/"}, std::string{"a/b/c d"},
                    std::string{"a/b/\xC3\xA9"}, "a/b/" + std::string(limits::name_bytes + 1, 'x')}) {
    auto refused = parse_ref(text);
    CAF_CHECK(!refused && code_of(refused.error()) == ec::invalid_argument);
  }
}

CAF_TEST_FIXTURE_SCOPE(directory_tests, fixture)

CAF_TEST(a message to a known ref is delivered) {
  auto actor = start();
  all.put(service, actor);
  all.tell(service, tick(1));
  question(service, "x");
  CAF_CHECK_EQUAL(epochs, std::vector<uint64_t>{1});
  CAF_CHECK_EQUAL(answers, std::vector<std::string>{"answer x"});
  CAF_CHECK_EQUAL(all.find(service), actor);
  CAF_CHECK_EQUAL(all.dropped(), 0u);
}

CAF_TEST(a question to an unknown service is answered unavailable) {
  question(service);
  CAF_CHECK(answered("unavailable: nobody answers to system/service/registry now"));
  CAF_CHECK_EQUAL(all.dropped(), 0u);
}

CAF_TEST(a note to an unknown service is dropped and counted) {
  wakes_purses();
  all.tell(service, tick(1));
  all.tell("no ref at all", tick(1));
  CAF_CHECK_EQUAL(all.dropped(), 2u);
  all.put(service, start());
  sched.run();
  CAF_CHECK(epochs.empty());
  CAF_CHECK(wake_ups.empty());
}

CAF_TEST(a sleeping entity is woken once and gets what was held in order) {
  wakes_purses();
  for (uint64_t i = 1; i <= 3; ++i)
    all.tell(entity, tick(i));
  question(entity, "late");
  CAF_CHECK_EQUAL(wake_ups, std::vector<std::string>{entity});
  CAF_CHECK(epochs.empty() && answers.empty());
  CAF_CHECK(!all.find(entity));
  all.put(entity, start());
  all.tell(entity, tick(4));
  sched.run();
  CAF_CHECK_EQUAL(epochs, (std::vector<uint64_t>{1, 2, 3, 4}));
  CAF_CHECK_EQUAL(answers, std::vector<std::string>{"answer late"});
  CAF_CHECK_EQUAL(wake_ups.size(), 1u);
  CAF_CHECK_EQUAL(all.dropped(), 0u);
}

CAF_TEST(a waker may put the entity at once) {
  all.set_waker("purse", [this](const std::string& name) { all.put(name, start()); });
  all.tell(entity, tick(1));
  sched.run();
  CAF_CHECK_EQUAL(epochs, std::vector<uint64_t>{1});
}

CAF_TEST(an entity that is held gets nothing until it is put again) {
  wakes_purses();
  auto actor = start();
  all.put(entity, actor);
  all.hold(entity);
  all.tell(entity, tick(1));
  sched.run();
  CAF_CHECK(epochs.empty());
  CAF_CHECK(wake_ups.empty()); // whoever holds it knows
  all.put(entity, actor);
  sched.run();
  CAF_CHECK_EQUAL(epochs, std::vector<uint64_t>{1});
}

CAF_TEST(an entity that is held is released only if nothing waits for it) {
  wakes_purses();
  all.hold(entity);
  all.tell(entity, tick(1));
  CAF_CHECK(!all.release(entity));
  all.put(entity, start());
  all.hold(entity);
  CAF_CHECK(all.release(entity));
  all.tell(entity, tick(2));
  CAF_CHECK_EQUAL(wake_ups, std::vector<std::string>{entity}); // it was asleep again
}

CAF_TEST(a replaced actor gets no more messages) {
  auto first = start();
  all.put(service, first);
  all.put(service, sys.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](const Tick&) {}}; }));
  all.tell(service, tick(1));
  sched.run();
  CAF_CHECK(epochs.empty());
}

CAF_TEST(a ref that is erased refuses the questions it held) {
  wakes_purses();
  question(entity);
  all.tell(entity, tick(1));
  all.erase(entity, nullptr, make_error(ec::quarantined, "failed too often"));
  sched.run();
  CAF_CHECK_EQUAL(answers, std::vector<std::string>{"quarantined: failed too often"});
  CAF_CHECK_EQUAL(all.dropped(), 1u);
  all.tell(entity, tick(2));
  CAF_CHECK_EQUAL(wake_ups.size(), 2u); // it is asleep again
}

CAF_TEST(a ref is erased only for the actor it means) {
  auto old = start();
  auto current = start();
  all.put(service, current);
  all.erase(service, old, make_error(ec::unavailable)); // late news of an end
  CAF_CHECK_EQUAL(all.find(service), current);
  all.erase(service, current, make_error(ec::unavailable));
  CAF_CHECK(!all.find(service));
  all.erase(service, current, make_error(ec::unavailable));
  question(service);
  CAF_CHECK(answered("unavailable"));
}

CAF_TEST(a new waker is called for those that wait for the old one) {
  all.set_waker("purse", [](const std::string&) {}); // ends without waking anybody
  all.tell(entity, tick(1));
  all.put("acme/purse/awake", start());
  all.tell("acme/purse/awake", tick(2));
  wakes_purses();
  CAF_CHECK(wake_ups == std::vector<std::string>{entity});
}

CAF_TEST(a waking entity holds so many messages and refuses more) {
  wakes_purses();
  for (size_t i = 0; i < limits::sleeping_mailbox; ++i)
    all.tell(entity, tick(i));
  CAF_CHECK_EQUAL(all.dropped(), 0u);
  all.tell(entity, tick(0));
  CAF_CHECK_EQUAL(all.dropped(), 1u);
  question(entity);
  CAF_CHECK(answered("overloaded: acme/purse/goal-1 wakes up and holds 4096 messages already"));
  all.put(entity, start());
  sched.run();
  CAF_CHECK_EQUAL(epochs.size(), limits::sleeping_mailbox);
}

CAF_TEST(a delegated question is answered to whoever asked) {
  wakes_purses();
  auto middle = sys.spawn([this](caf::event_based_actor* me) -> caf::behavior {
    house_rules(me);
    return {[this, me](const Field& f) { return all.delegate<Field>(me, entity, f); }};
  });
  all.put(service, middle);
  auto asker = question(service, "x");
  CAF_CHECK(answers.empty()); // held
  all.put(entity, sys.spawn([asker](caf::event_based_actor* me) -> caf::behavior {
    return {[=](const Field& f) {
      CAF_CHECK_EQUAL(me->current_sender(), caf::actor_cast<caf::strong_actor_ptr>(asker));
      return f;
    }};
  }));
  caf::anon_send_exit(middle, caf::exit_reason::kill); // it is no longer needed
  sched.run();
  CAF_CHECK_EQUAL(answers, std::vector<std::string>{"answer x"});
}

CAF_TEST(a delegated question that is refused is answered to whoever asked) {
  auto middle = sys.spawn([this](caf::event_based_actor* me) -> caf::behavior {
    house_rules(me);
    return {[this, me](const Field& f) { return all.delegate<Field>(me, "system/service/timers", f); }};
  });
  all.put(service, middle);
  question(service);
  CAF_CHECK(answered("unavailable: nobody answers to system/service/timers now"));
}

CAF_TEST(a question by ref has a timeout) {
  wakes_purses();
  question(entity);
  sched.advance_time(999ms);
  sched.run();
  CAF_CHECK(answers.empty());
  sched.advance_time(1ms);
  sched.run();
  CAF_CHECK(answered("timeout"));
  all.put(entity, start()); // the late answer is no second one
  sched.run();
  CAF_CHECK_EQUAL(answers.size(), 1u);
}

CAF_TEST(a question to an actor that has ended is answered unavailable) {
  auto actor = start();
  all.put(service, actor);
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  sched.run();
  question(service);
  CAF_CHECK(answered("unavailable"));
}

CAF_TEST(the refs that are awake are listed in order) {
  wakes_purses();
  std::vector<std::string> names;
  for (char c = 'z'; c >= 'a'; --c)
    all.put(names.emplace_back(std::string(1, c) + "/k/1"), start());
  std::reverse(names.begin(), names.end());
  all.tell(entity, tick(1)); // waking
  CAF_CHECK_EQUAL(all.awake(), names);
}

CAF_TEST(the refs of a kind are known while they are awake or waking) {
  wakes_purses();
  all.put("b/purse/2", start());
  all.put("a/purse/1", start());
  all.put("a/other/1", start());
  all.tell(entity, tick(1)); // waking
  CAF_CHECK(all.known("purse") == (std::vector<std::string>{"a/purse/1", entity, "b/purse/2"}));
  all.erase("a/purse/1", {}, make_error(ec::unavailable, "gone"));
  CAF_CHECK(all.known("purse") == (std::vector<std::string>{entity, "b/purse/2"}));
}

CAF_TEST(what belongs to another node goes there and what is known here does not ask) {
  struct way final : ref_route {
    std::string node_of(const std::string& name) const override {
      return name == entity ? "b" : "";
    }
    std::string node_of(uint8_t) const override {
      return {};
    }
    bool take(const std::string& name, caf::mailbox_element_ptr& message) override {
      asked.push_back(name);
      if (node_of(name).empty())
        return false;
      taken.push_back(std::move(message));
      return true;
    }
    caf::error refusal(const std::string& name) const override {
      return node_of(name).empty() ? caf::error{} : make_error(ec::unavailable, "it is of b");
    }
    std::vector<std::string> others() const override {
      return {"b"};
    }
    std::vector<std::string> asked;
    std::vector<caf::mailbox_element_ptr> taken;
  };
  auto over = std::make_shared<way>();
  wakes_purses();
  CAF_CHECK(!all.is_elsewhere(entity));
  CAF_CHECK(!all.refusal(entity));
  all.set_route(over);
  CAF_CHECK(all.is_elsewhere(entity));
  CAF_CHECK_EQUAL(code_of(all.refusal(entity)), ec::unavailable);
  all.tell(entity, tick(1));
  CAF_CHECK_EQUAL(over->taken.size(), 1u);
  CAF_CHECK(wake_ups.empty());
  all.tell("acme/purse/mine", tick(2)); // of this node: it wakes
  CAF_CHECK_EQUAL(wake_ups, std::vector<std::string>{"acme/purse/mine"});
  auto actor = start();
  all.put(service, actor);
  over->asked.clear();
  all.tell(service, tick(3));
  run();
  CAF_CHECK(over->asked.empty());
  CAF_CHECK_EQUAL(epochs, std::vector<uint64_t>{3});
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  run();
  all.erase(service, {}, {});
  all.erase("acme/purse/mine", {}, {});
}

CAF_TEST_FIXTURE_SCOPE_END()
