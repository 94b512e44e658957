// Answers leave in order and only from the disk; a full queue refuses, a failure tells everybody who waits.
#define CAF_SUITE persistence.entity_core
#include "tests/support/fixture.hpp"
#include "tests/support/held_journal.hpp"
#include <troupe/runtime/proto/run.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string counter = "tenant/probe/counter";

std::shared_ptr<held_journal> disk; // of the life that runs
log_capture capture;

struct held_house : house {
  held_house()
      : house{[](caf::scheduled_actor* root, doors_ptr outside) {
          auto slow = std::make_shared<doors>(*with_journal(outside, disk));
          capture = {};
          slow->log = capture.log(*outside->time);
          auto host = spawn_shard_host(root, slow, {make_kind<probe_state>("probe", probe)});
          outside->names->put(std::string{services::shard_host}, caf::actor_cast<caf::actor>(host));
        }} {}
  ~held_house() override {
    node.reset();
    disk.reset();
  }
  static ProbeAdd add(int64_t amount, std::string command_id = {}) {
    ProbeAdd cmd;
    cmd.set_amount(amount);
    cmd.mutable_context()->set_command_id(std::move(command_id));
    return cmd;
  }
  // Adds without running until it is answered; answers are collected as text.
  void send(ProbeAdd cmd) {
    post<ProbeTotal>(counter, std::move(cmd), [this](caf::expected<ProbeTotal> reply) {
      answers.push_back(reply ? std::to_string(reply->total())
                              : std::string{info(code_of(reply.error())).name});
    });
    node->settle();
  }
  void look() {
    post<ProbeTotal>(counter, ProbeAsk{}, [this](caf::expected<ProbeTotal> reply) {
      answers.push_back("total " + (reply ? std::to_string(reply->total()) : describe(reply.error())));
    });
    node->settle();
  }
  int64_t total() {
    return request<ProbeTotal>(counter, ProbeAsk{}).total();
  }
  caf::actor entity() {
    return node->outside()->names->find(counter);
  }
  using words = std::vector<std::string>;
  words answers;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(entity_core_tests, held_house)

CAF_TEST(answers and refusals and reads wait for the disk in the order of what they saw) {
  request<ProbeTotal>(counter, add(1));
  disk->hold = true;
  send(add(2));
  look();
  send(add(0)); // refused, seeing the 3
  send(add(4));
  CAF_CHECK(answers.empty());
  disk->release();
  node->settle();
  CAF_CHECK(answers == (words{"3", "total 3", "invalid_argument", "7"}));
}

CAF_TEST(a read that saw nothing new is answered at once) {
  request<ProbeTotal>(counter, add(1));
  disk->hold = true;
  look();
  CAF_CHECK(answers == words{"total 1"});
}

CAF_TEST(a repeated command that is not yet on disk waits with the first) {
  request<ProbeTotal>(counter, add(1));
  disk->hold = true;
  auto id = command_id();
  send(add(5, id));
  send(add(5, id));
  CAF_CHECK(answers.empty());
  disk->release();
  node->settle();
  CAF_CHECK(answers == (words{"6", "6"}));
  CAF_CHECK_EQUAL(total(), 6);
}

CAF_TEST(an entity whose commands wait for the disk refuses more than its bound) {
  request<ProbeTotal>(counter, add(1));
  disk->hold = true;
  for (size_t i = 0; i < limits::entity_in_flight; ++i)
    send(add(1));
  CAF_CHECK(answers.empty());
  send(add(1));
  CAF_CHECK(answers == words{"overloaded"});
  disk->release();
  node->settle();
  CAF_CHECK_EQUAL(answers.size(), limits::entity_in_flight + 1);
  CAF_CHECK_EQUAL(total(), static_cast<int64_t>(limits::entity_in_flight) + 1);
}

CAF_TEST(a full journal refuses commands and not reads) {
  request<ProbeTotal>(counter, add(1));
  disk->bytes = limits::journal_queue_bytes;
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, add(1)), ec::overloaded);
  CAF_CHECK_EQUAL(total(), 1);
  disk->bytes = limits::journal_queue_bytes - 1;
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(1)).total(), 2);
}

CAF_TEST(a command whose deadline has passed changes nothing) {
  auto cmd = add(5);
  cmd.mutable_context()->set_deadline_ms(time->now_ms() - 1);
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, cmd), ec::timeout);
  CAF_CHECK_EQUAL(total(), 0);
  cmd.mutable_context()->set_deadline_ms(time->now_ms() + 1);
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, cmd).total(), 5);
}

CAF_TEST(an entity that ends before the disk has answered leaves the outcome unknown) {
  request<ProbeTotal>(counter, add(1));
  disk->hold = true;
  send(add(2));
  send(add(13)); // throws
  CAF_CHECK_EQUAL(answers.size(), 2u);
  CAF_CHECK_EQUAL(std::count(answers.begin(), answers.end(), "outcome_unknown"), 1);
  CAF_CHECK_EQUAL(std::count(answers.begin(), answers.end(), "internal"), 1); // the one that threw
  disk->release();
  node->advance(limits::park_first);
  auto now = total();
  CAF_CHECK(now == 1 || now == 3);
}

CAF_TEST(a failed append tells everybody who waits) {
  request<ProbeTotal>(counter, add(1));
  disk->hold = true;
  send(add(2));
  send(add(3));
  look();
  rows->fail_next_write(false);
  disk->release();
  node->settle();
  CAF_REQUIRE_EQUAL(answers.size(), 3u);
  CAF_CHECK_EQUAL(answers[0], "outcome_unknown");
  CAF_CHECK_EQUAL(answers[1], "outcome_unknown");
  CAF_CHECK(answers[2].rfind("total outcome_unknown", 0) == 0);
  CAF_CHECK_EQUAL(total(), 1);
}

CAF_TEST(an acknowledgement of another incarnation releases nothing) {
  request<ProbeTotal>(counter, add(1));
  disk->hold = true;
  send(add(2));
  Appended stray;
  stray.set_seq(9);
  stray.set_incarnation(77);
  caf::anon_send(entity(), stray);
  AppendFailed strange;
  strange.set_incarnation(77);
  caf::anon_send(entity(), strange);
  node->settle();
  CAF_CHECK(answers.empty());
  disk->release();
  node->settle();
  CAF_CHECK(answers == words{"3"});
}

CAF_TEST(an entity does not sleep while an answer waits for the disk) {
  request<ProbeTotal>(counter, add(1));
  disk->hold = true;
  send(add(2));
  node->advance(3 * limits::entity_idle);
  CAF_CHECK(entity() != nullptr);
  disk->release();
  node->settle();
  CAF_CHECK(answers == words{"3"});
  node->advance(2 * limits::entity_idle); // it was busy when it was asked last
  CAF_CHECK(entity() == nullptr);
  CAF_CHECK_EQUAL(total(), 3);
}

CAF_TEST(a command that nobody waits for is logged when it is refused and not when it is done) {
  auto refusals = [] {
    auto lines = capture.lines();
    std::erase_if(lines, [](auto& line) { return line.find("a command was refused") == std::string::npos; });
    return lines;
  };
  auto logged = [&](const ProbeNudge& nudge) {
    auto before = refusals().size();
    node->outside()->names->tell(counter, nudge);
    node->settle();
    auto lines = refusals();
    return lines.size() == before + 1 ? lines.back() : std::to_string(lines.size() - before) + " lines";
  };
  ProbeNudge good, late, strange;
  good.set_amount(1);
  late.set_amount(2);
  late.mutable_context()->set_deadline_ms(1);
  strange.mutable_context()->set_command_id("x");
  CAF_CHECK_EQUAL(logged(good), std::string{"0 lines"});
  auto has = [](const std::string& line, std::initializer_list<std::string_view> parts) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](auto part) { return line.find(part) != std::string::npos; });
  };
  auto line = logged(late);
  CAF_CHECK(has(line, {R"("level":"debug")", R"("entity":"tenant/probe/counter")",
                       R"("command":"ProbeNudge")", "the deadline passed"}));
  CAF_CHECK(has(logged(strange), {R"("level":"warning")", "command id 'x'"}));
  disk->bytes = limits::journal_queue_bytes;
  CAF_CHECK(has(logged(good), {R"("level":"info")", "the journal's queue is full"}));
  disk->bytes = 0;
  CAF_CHECK_EQUAL(total(), 1);
}

CAF_TEST(a message nobody understands is refused by name) {
  auto answer = ask<Done>(counter, GetRun{});
  CAF_REQUIRE(!answer);
  CAF_CHECK_EQUAL(code_of(answer.error()), ec::invalid_argument);
  CAF_CHECK(text_of(answer.error()).find("does not understand") != std::string::npos);
  CAF_CHECK_EQUAL(total(), 0);
}

CAF_TEST(the timers of an entity that ends with appends under way are looked at when these are written) {
  std::string heard;
  auto timers = node->system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    house_rules(self);
    return {[&](const Redeliver& lost) {
      auto entity = identify(counter, rows->naming_key());
      heard += lost.ref() +
               (*rows->get(space::journal, journal_key(entity, 2)) ? " is written;" : " is not written;");
    }};
  });
  node->outside()->names->put(std::string{services::timers}, timers);
  auto end = [this] {
    auto who = entity();
    caf::anon_send(who,
                   caf::exit_msg{who->address(), make_error(ec::unavailable, "its host is being stopped")});
    node->settle();
  };
  auto by_host = counter + " is not written;"; // which asks at once
  request<ProbeTotal>(counter, add(1));
  end();
  CAF_CHECK_EQUAL(heard, by_host);
  CAF_CHECK_EQUAL(total(), 1);
  disk->hold = true;
  send(add(2));
  end();
  CAF_CHECK_EQUAL(heard, by_host + by_host);
  disk->release();
  node->settle();
  CAF_CHECK_EQUAL(heard, by_host + by_host + counter + " is written;");
}

CAF_TEST_FIXTURE_SCOPE_END()
