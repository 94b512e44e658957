// One worker, message by message: what leaves together, what is refused, and when it is sent away.
#define CAF_SUITE net.worker.session
#include "tests/support/fixture.hpp"
#include "tests/support/improvised_worker.hpp"
#include <fmt/format.h>
#include <troupe/runtime/worker_limits.hpp>

using namespace troupe;

namespace {

// A desk that takes everybody, once it is asked to.
struct patient_host final : worker_host {
  patient_host() {
    told.set_lease_ms(15'000);
  }
  int64_t now_ms() const override {
    return now;
  }
  const WorkerWelcome& welcome() const override {
    return told;
  }
  caf::error take_name(const std::string&, worker_session*) override {
    return {};
  }
  void hire(AgentCreationRequest agent, const std::string&, std::function<void(caf::error)> then) override {
    asked = agent.id();
    hired = std::move(then);
  }
  void set_present(const std::string&, bool is) override {
    present = is;
  }
  void leave(worker_session*, const std::string&, const std::string& why) override {
    present = false;
    left = why;
  }
  void remember(const std::string& lease, std::string why) override {
    fates[lease] = std::move(why);
  }
  std::string fate_of(const std::string& lease) const override {
    auto i = fates.find(lease);
    return i == fates.end() ? "unknown" : i->second;
  }
  int64_t now = 1'000;
  WorkerWelcome told;
  std::string asked, left;
  bool present = false;
  std::function<void(caf::error)> hired;
  std::map<std::string, std::string> fates;
};

struct one_worker {
  one_worker() {
    line->session = session;
  }
  ~one_worker() {
    session->closed();
    host->hired = nullptr;
    line->session = nullptr; // which has the line
  }
  void come_in(uint32_t slots = 100) {
    line->greet("w1", {"print"}, slots);
    std::exchange(host->hired, nullptr)({});
    line->read();
  }
  std::shared_ptr<void> give(const std::string& lease, size_t bytes = 0, const std::string& checkpoint = {}) {
    TaskSpec spec;
    spec.add_inputs()->set_value(std::string(bytes, 'x'));
    Task task{std::move(spec), "task " + lease, 1};
    ActionRequest request;
    if (!checkpoint.empty()) {
      request.add_arguments()->set_name("checkpoint");
      request.mutable_arguments(0)->set_value(checkpoint);
    }
    return session->begin({"w1", lease, task, request, 1'000, "trace", [this, lease](Outcome outcome) {
                             answers.push_back(lease + ": " +
                                               (outcome.has_failure() ? describe(error_of(outcome.failure()))
                                                                      : outcome.text()));
                           }});
  }
  std::string ending() const {
    return line->ended ? describe(*line->ended) : "goes on";
  }
  std::shared_ptr<patient_host> host = std::make_shared<patient_host>();
  std::shared_ptr<improvised_worker> line = std::make_shared<improvised_worker>();
  std::shared_ptr<worker_session> session =
      std::make_shared<worker_session>(host, line, std::string{"wilma"}, std::string{"here"});
  std::vector<std::string> answers;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_tests, one_worker)

CAF_TEST(a worker is welcome only when it is registered) {
  line->greet("w1", {"print"});
  CAF_CHECK_EQUAL(host->asked, "w1");
  CAF_CHECK(!line->welcome && !host->present);
  host->hired({});
  line->read();
  CAF_CHECK(line->welcome && host->present);
}

CAF_TEST(a worker that is not registered is told why) {
  line->greet("w1", {"print"});
  host->hired(make_error(ec::permission_denied, "no"));
  CAF_CHECK_EQUAL(ending(), "permission_denied: no");
  CAF_CHECK(!host->present);
  host->hired({}); // however often it is told
  CAF_CHECK(!line->welcome);
}

CAF_TEST(a stream begins with a hello and has no other) {
  line->say({});
  CAF_CHECK_EQUAL(ending(), "invalid_argument: the first message of a stream has `hello`, and nothing else");
}

CAF_TEST(a second hello ends the stream) {
  come_in();
  line->greet("w2", {"print"});
  CAF_CHECK_EQUAL(ending(), "invalid_argument: a hello has come already");
  CAF_CHECK(!host->present);
}

CAF_TEST(a stream without a hello ends) {
  host->now += limits::worker_hello.count() - 1;
  session->tick();
  CAF_CHECK_EQUAL(ending(), "goes on");
  host->now += 1;
  session->tick();
  CAF_CHECK_EQUAL(ending(), "timeout: no hello came within 5000 ms");
}

CAF_TEST(what comes up while a message is on its way leaves together with the next) {
  come_in();
  auto before = line->messages;
  std::vector<std::shared_ptr<void>> held;
  for (int i = 0; i < 50; ++i)
    held.push_back(give(fmt::format("lease {}", i)));
  CAF_CHECK_EQUAL(line->messages, before + 1);
  line->read();
  CAF_CHECK_EQUAL(line->tasks.size(), 50u);
  CAF_CHECK_EQUAL(line->messages, before + 2);
}

CAF_TEST(a message is closed when it is large enough) {
  come_in();
  auto before = line->messages;
  std::vector<std::shared_ptr<void>> held;
  for (int i = 0; i < 5; ++i)
    held.push_back(give(fmt::format("lease {}", i), limits::worker_frame_bytes));
  line->read();
  CAF_CHECK_EQUAL(line->messages, before + 5);
}

CAF_TEST(what was sent is lost with the worker and what was not is left to others) {
  come_in();
  auto first = give("1");
  auto second = give("2"); // behind the first, which is on its way
  session->closed();
  CAF_REQUIRE_EQUAL(answers.size(), 2u);
  CAF_CHECK_EQUAL(answers[0],
                  "1: unavailable: worker 'w1' lost the lease of attempt 1: its connection ended");
  CAF_CHECK_EQUAL(answers[1], "2: no_agent: worker 'w1' lost the lease of attempt 1: its connection ended");
  CAF_CHECK(give("3") == nullptr);
  CAF_CHECK_EQUAL(answers.back(), "3: no_agent: worker 'w1' takes no tasks");
}

CAF_TEST(inputs above the bound fail their attempt and a worker that does not read gets no more) {
  come_in();
  give("big", limits::worker_message_bytes);
  CAF_REQUIRE_EQUAL(answers.size(), 1u);
  CAF_CHECK(answers[0].find("big: invalid_argument: its inputs have ") == 0);
  std::vector<std::shared_ptr<void>> held;
  auto room = limits::worker_outbox_bytes / (3u << 20) + 2;
  for (size_t i = 0; i < room; ++i)
    held.push_back(give(fmt::format("{:04}", i), 3u << 20));
  CAF_CHECK_EQUAL(answers.back().substr(4), ": overloaded: worker 'w1' does not read what it is sent");
  CAF_CHECK(answers.size() < 5);
}

CAF_TEST(an attempt that is let go is cancelled once and one that has ended is not ) {
  come_in();
  auto first = give("1");
  auto second = give("2");
  line->read();
  line->answer("1", "done");
  first.reset();
  second.reset();
  line->read();
  CAF_CHECK(line->cancelled == std::vector<std::string>{"2"});
  CAF_CHECK(answers == std::vector<std::string>{"1: done"});
}

CAF_TEST(whatever is said of a lease that is not held is refused by name) {
  come_in();
  line->mark("x", "data");
  line->answer("y", "text");
  FromWorker message;
  message.add_progress()->set_lease("z");
  line->say(message);
  CAF_REQUIRE_EQUAL(line->refusals.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    CAF_CHECK_EQUAL(line->refusals[i].lease(), std::string(1, static_cast<char>('x' + i)));
    CAF_CHECK_EQUAL(line->refusals[i].code(), "stale");
    CAF_CHECK_EQUAL(line->refusals[i].text(), "worker 'w1': unknown");
  }
  CAF_CHECK_EQUAL(ending(), "goes on");
}

CAF_TEST(checkpoints that are not on disk yet are bounded) {
  come_in();
  auto held = give("1");
  line->read();
  for (size_t i = 0; i < limits::worker_checkpoints_open + 2; ++i) // the first is taken at once
    line->mark("1", "data");
  CAF_REQUIRE_EQUAL(line->refusals.size(), 1u);
  CAF_CHECK_EQUAL(line->refusals[0].code(), "overloaded");
}

CAF_TEST(people see what a worker does) {
  come_in(7);
  auto held = give("1");
  line->read();
  FromWorker message;
  message.add_progress()->set_lease("1");
  message.mutable_progress(0)->set_text("page 3\xff of " + std::string(300, '9'));
  line->say(message);
  ConnectedWorker row;
  CAF_REQUIRE(session->show(row));
  CAF_CHECK_EQUAL(row.name(), "w1");
  CAF_CHECK_EQUAL(row.principal(), "wilma");
  CAF_CHECK_EQUAL(row.address(), "here");
  CAF_CHECK_EQUAL(row.slots(), 7u);
  CAF_CHECK_EQUAL(row.busy(), 1u);
  CAF_REQUIRE_EQUAL(row.leases_size(), 1);
  CAF_CHECK_EQUAL(row.leases(0).task(), "task 1");
  CAF_CHECK(row.leases(0).progress().find("page 3\xEF\xBF\xBD of 999") == 0);
  CAF_CHECK(row.leases(0).progress().size() < 210);
}

CAF_TEST_FIXTURE_SCOPE_END()
