// A round begins with what is reserved for it, costs no more than that, and gives back the rest; without a budget the loop stops or waits.
#define CAF_SUITE actors.workflow.run.budgets
#include "given.hpp"
#include <troupe/runtime/proto/ledger.pb.h>

using namespace troupe;

namespace {

std::string improves(const std::string& more, const std::string& loop = "max_rounds: 10") {
  return R"(
name: improves
steps:
  - id: improve
    loop:
      until: last.grade >= 8
      )" +
         loop +
         R"(
      budget: {ledger: purse, per_round: 50)" +
         more + R"(}
      body:
        steps:
          - {id: grade, task: {required: [grade]}}
)";
}

// Grades get better by one each round and cost ten times themselves.
run_rehearsal grading(const std::string& yaml, int64_t left, int from = 1) {
  auto run = given(yaml);
  run.ledger("purse", left);
  run.fake("grade", [grade = from](const TaskSpec&) mutable -> caf::expected<std::string> {
    auto now = grade++;
    return R"({"grade":)" + std::to_string(now) + R"(,"cost":)" + std::to_string(now * 10) + "}";
  });
  return run;
}

std::vector<std::string> kinds(const run_rehearsal& run) {
  std::vector<std::string> all;
  for (auto& event : run.journal())
    all.push_back(std::string{event.GetReflection()
                                  ->GetOneofFieldDescriptor(event, RunEvent::descriptor()->oneof_decl(0))
                                  ->name()});
  return all;
}

} // namespace

CAF_TEST(each round is reserved before it begins and settled when it has ended) {
  auto run = grading(improves(", cost: last.cost"), 1'000, 5);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED); // the sixth costs 60
  auto names = kinds(run);
  CAF_CHECK_EQUAL(names[1], "step_begun");
  CAF_CHECK_EQUAL(names[2], "budget_asked");
  CAF_CHECK_EQUAL(names[3], "budget_answered");
  CAF_CHECK_EQUAL(names[4], "scope_begun");
  CAF_CHECK(run.failure().find("round 2 has cost 60, and 50 were reserved for it") != std::string::npos);
  CAF_CHECK_EQUAL(run.left("purse"), 1'000 - 50 - 50);
  CAF_CHECK(run.state().grants().empty());
  CAF_CHECK(run.timers().empty());
}

CAF_TEST(what a round has not spent comes back) {
  auto run = grading(improves(", cost: last.grade"), 60, 3);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED); // 3 + 4 are spent, and 53 are left for one more round; then 48
  CAF_CHECK_EQUAL(run.left("purse"), 60 - 3 - 4 - 5);
  CAF_CHECK_EQUAL(run.times("grade"), 3);
  CAF_CHECK_EQUAL(run.state().outcome().failure().code(), static_cast<uint32_t>(ec::budget_exceeded));
}

CAF_TEST(without a cost a round costs what is reserved for it) {
  auto run = grading(improves(""), 120);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.times("grade"), 2);
  CAF_CHECK_EQUAL(run.left("purse"), 20);
}

CAF_TEST(a spent budget may end the loop with what it has) {
  auto run = grading(improves(", when_spent: finish"), 120);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.result(), R"({"grade":2,"cost":20})");
  auto poor = grading(improves(", when_spent: finish"), 49);
  CAF_REQUIRE(!poor.start());
  CAF_CHECK_EQUAL(poor.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(poor.result(), "null");
  CAF_CHECK_EQUAL(poor.times("grade"), 0);
}

CAF_TEST(a loop that waits for its budget goes on when there is some) {
  auto run = grading(improves(", when_spent: wait", "max_rounds: 3\n      may_exhaust: true"), 60);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.times("grade"), 1);
  CAF_REQUIRE_EQUAL(run.state().grants_size(), 1);
  CAF_CHECK_EQUAL(run.state().grants(0).status(), GRANT_REFUSED);
  CAF_CHECK_EQUAL(run.timers().size(), 1u);
  auto before = run.journal().size();
  run.pass(24h);
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  CAF_CHECK(run.journal().size() - before < 100); // it asks less and less often
  run.crash(true).ledger("purse", 100).pass(2h);
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.left("purse"), 0);
  CAF_CHECK(run.timers().empty());
}

CAF_TEST(a paused run asks for nothing and a pause between rounds comes before the question) {
  auto run = grading(improves("", "max_rounds: 10\n      pause: 1m"), 1'000);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.left("purse"), 950);
  CAF_CHECK(run.state().grants().empty());
  CAF_REQUIRE(!run.send(PauseRun{}));
  run.pass(1h);
  CAF_CHECK_EQUAL(run.left("purse"), 950);
  CAF_REQUIRE(!run.send(UnpauseRun{}));
  CAF_CHECK_EQUAL(run.left("purse"), 900);
  CAF_CHECK_EQUAL(run.times("grade"), 2);
}

CAF_TEST(a loop that is stopped in a round has spent what was reserved for it) {
  auto yaml = improves(", cost: last.cost");
  auto run = given(yaml);
  run.ledger("purse", 100).fake("grade", R"({"grade":1,"cost":1})", 1h);
  CAF_REQUIRE(!run.start());
  run.pass(90min); // in the second round
  CAF_CHECK_EQUAL(run.left("purse"), 100 - 1 - 50);
  CAF_REQUIRE(!run.send(CancelRun{}));
  CAF_CHECK_EQUAL(run.status(), RUN_CANCELLED);
  CAF_CHECK_EQUAL(run.left("purse"), 100 - 1 - 50);
  CAF_CHECK(run.state().grants().empty());
}

CAF_TEST(a loop that is stopped before the ledger has answered has spent nothing) {
  auto run = given(improves(""));
  CAF_REQUIRE(!run.start()); // nobody plays the ledger
  CAF_REQUIRE_EQUAL(run.state().grants_size(), 1);
  CAF_CHECK_EQUAL(run.state().grants(0).status(), GRANT_ASKED);
  CAF_REQUIRE(!run.send(CancelRun{}));
  CAF_CHECK_EQUAL(run.status(), RUN_CANCELLED);
  CAF_REQUIRE_EQUAL(run.state().grants_size(), 1); // until the ledger knows
  CAF_CHECK_EQUAL(run.state().grants(0).status(), GRANT_SETTLING);
  CAF_CHECK_EQUAL(run.state().grants(0).spent(), 0);
}

CAF_TEST(a failed round has cost what was reserved for it) {
  auto run = given(improves(", cost: last.cost"));
  run.ledger("purse", 100).fail("grade", ec::invalid_argument);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.left("purse"), 50);
}

CAF_TEST(a cost that is no amount fails the loop) {
  auto run = grading(improves(", cost: 'last.grade - 5'"), 100);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK(run.failure().find("cost: round 1 has cost -4") != std::string::npos);
  CAF_CHECK_EQUAL(run.left("purse"), 50);
}

CAF_TEST(a run that is retried asks anew) {
  auto run = grading(improves(""), 60);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  run.ledger("purse", 1'000);
  CAF_REQUIRE(!run.send(RetryRun{}));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK(run.state().granted() > 2);
}

CAF_TEST(a run that forgets everything but its events settles what it has asked for) {
  auto whole = grading(improves(", cost: last.grade"), 1'000);
  CAF_REQUIRE(!whole.start());
  CAF_CHECK_EQUAL(whole.status(), RUN_COMPLETED);
  auto spent = 1'000 - whole.left("purse");
  CAF_CHECK_EQUAL(spent, 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8);
  auto again = given(improves(", cost: last.grade"));
  again.ledger("purse", 1'000)
      .fake(
          "grade",
          [grade = 1](const TaskSpec&) mutable -> caf::expected<std::string> {
            return R"({"grade":)" + std::to_string(grade++) + "}";
          },
          1min);
  CAF_REQUIRE(!again.start());
  for (int i = 0; i < 20; ++i)
    again.pass(30s).crash(i % 2 == 0);
  CAF_CHECK_EQUAL(again.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(1'000 - again.left("purse"), spent);
}

CAF_TEST(answers that come twice or late change nothing) {
  auto run = given(improves(", cost: last.cost"));
  run.ledger("purse", 100).fake("grade", R"({"grade":1,"cost":1})", 1h);
  CAF_REQUIRE(!run.start());
  auto events = run.journal().size();
  FundsReserved again;
  again.set_number(1);
  CAF_CHECK(!run.send(again));
  again.set_number(7);
  CAF_CHECK(!run.send(again));
  FundsSettled settled;
  settled.set_number(1);
  CAF_CHECK(!run.send(settled)); // nothing was settled yet
  CAF_CHECK_EQUAL(run.journal().size(), events);
}

CAF_TEST(a charge for a run is kept among its records) {
  auto run = started(R"(
name: waits
steps:
  - {id: sleep, wait: {for: 1h}}
)");
  NoteCharge note;
  note.set_ledger("default/ledger/purse");
  note.set_amount(7);
  CAF_REQUIRE(!run.send(note, "ada"));
  CAF_CHECK_EQUAL(std::string{run.journal().back().charged().by()}, "ada");
  auto unknown = given("name: none\nsteps:\n  - {id: a, wait: {for: 1h}}\n");
  CAF_CHECK_EQUAL(code_of(unknown.send(note)), ec::not_found);
}
