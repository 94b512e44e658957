// Wherever a node dies while a loop reserves, works and settles, no unit is spent or reserved twice, and none is kept.
#define CAF_SUITE journey.budgets
#include "tests/support/platform.hpp"
#include "tests/support/served.hpp"
#include <troupe/behaviors/workflow_reader.hpp>

namespace troupe {
namespace {

using namespace std::chrono_literals;

const std::string purse = "default/ledger/purse";
const std::string run_ref = "default/run/r1";
constexpr int64_t most = 100;

std::shared_ptr<agent_parts> graders() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "grader", "grade", [](const Task& task) {
    auto round = task.input("round");
    return finish(R"({"grade":)" + std::string{round} + R"(,"cost":)" + std::string{round} + "}");
  });
  return parts;
}

struct purse_keeper : with_desk<platform> {
  purse_keeper() : with_desk<platform>{graders()} {
    hire("g1", "grader", {"grade"});
  }
  void limit(int64_t amount) {
    SetLedgerLimit cmd;
    cmd.set_amount(amount);
    cmd.set_unit("usd-micro");
    request<LedgerState>(purse, cmd);
  }
  LedgerState ledger() {
    return request<LedgerState>(purse, GetLedger{});
  }
  static StartWorkflow improves(const std::string& more) {
    StartWorkflow cmd;
    *cmd.mutable_definition() = read_workflow(R"(
name: improves
steps:
  - id: improve
    loop:
      until: last.grade >= 3
      max_rounds: 5
      budget: {ledger: purse, per_round: 40, cost: last.cost)" +
                                              more + R"(}
      body:
        steps:
          - {id: grade, with: {round: index}, task: {required: [grade]}}
)")
                                    .definition;
    return cmd;
  }
  // Commands that never come back to whoever asked; the run is there or not.
  void begin(const std::string& more = {}) {
    post<WorkflowAccepted>(run_ref, improves(more), [](caf::expected<WorkflowAccepted>) {});
  }
  std::string why() {
    AskWhy in;
    in.set_id("r1");
    std::string text;
    auto answer = answered(call<Reasons>(in));
    for (auto& reason : answer.reasons())
      text += reason.step() + ": " + reason.text() + " [" + reason.command() + "]\n";
    return text;
  }
};

} // namespace
} // namespace troupe

using namespace troupe;

CAF_TEST(a node that dies at any step of a loop spends each round once) {
  int completed = 0;
  for (int steps = 0; steps < 400; steps += 3) {
    purse_keeper node;
    node.limit(most);
    node.node->settle();
    node.begin();
    auto goes_on = true;
    for (int i = 0; i < steps && goes_on; ++i)
      goes_on = node.node->step();
    node.crash_and_recover();
    auto early = node.ledger();
    CAF_CHECK(early.spent() + early.reserved() <= most);
    node.begin(); // whoever has heard nothing asks again
    node.node->settle();
    node.node->advance(30min);
    auto state = node.run_state(run_ref);
    auto after = node.ledger();
    CAF_CHECK_EQUAL(state.status(), RUN_COMPLETED);
    CAF_CHECK_EQUAL(int64_t{after.spent()}, 1 + 2 + 3);
    CAF_CHECK_EQUAL(int64_t{after.reserved()}, 0);
    CAF_CHECK_EQUAL(after.charges(), 3u);
    CAF_CHECK_EQUAL(state.grants_size(), 0);
    completed += state.status() == RUN_COMPLETED;
    if (!goes_on)
      break;
  }
  CAF_CHECK(completed > 20);
}

CAF_TEST_FIXTURE_SCOPE(budget_tests, purse_keeper)

CAF_TEST(a loop without a budget left says which ledger it was and what would help) {
  limit(50);
  begin();
  node->settle();
  node->advance(1min);
  CAF_CHECK_EQUAL(run_state(run_ref).status(),
                  RUN_COMPLETED); // 1 + 2 are spent, and 47 are enough for the third
  CAF_CHECK_EQUAL(int64_t{ledger().spent()}, 6);
}

CAF_TEST(a refused loop names the command that helps) {
  limit(39);
  begin();
  node->settle();
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_FAILED);
  auto text = why();
  CAF_MESSAGE(text);
  CAF_CHECK(text.find("improve: failed, budget_exceeded") != std::string::npos);
  CAF_CHECK(text.find("[troupe ledger limit purse AMOUNT]") != std::string::npos);
}

CAF_TEST(a loop that waits for its budget goes on when the limit is raised) {
  limit(39);
  begin(", when_spent: wait");
  node->settle();
  auto text = why();
  CAF_MESSAGE(text);
  CAF_CHECK(text.find("its budget is spent, and it asks again") != std::string::npos);
  CAF_CHECK(text.find("[troupe ledger limit purse AMOUNT]") != std::string::npos);
  crash_and_recover();
  limit(most);
  node->advance(2h);
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(int64_t{ledger().spent()}, 6);
}

CAF_TEST(the story of a run tells what each round was given and what it has spent) {
  limit(most);
  begin();
  node->settle();
  GetStory in;
  in.set_id("r1");
  auto story = answered(call<Story>(in));
  int budgets = 0;
  for (auto& line : story.lines())
    if (line.kind() == "budget") {
      ++budgets;
      CAF_CHECK(line.text().find("asks default/ledger/purse for 40; spent ") != std::string::npos);
    }
  CAF_CHECK_EQUAL(budgets, 3);
  CAF_REQUIRE_EQUAL(story.costs().charges_size(), 1);
  CAF_CHECK_EQUAL(int64_t{story.costs().charges(0).spent()}, 6);
  CAF_CHECK_EQUAL(std::string{story.costs().charges(0).unit()}, "usd-micro");
}

CAF_TEST(a charge for a run is in its story and in the ledger under its trace) {
  limit(most);
  begin();
  node->settle();
  ChargeLedger charge;
  charge.set_ledger("purse");
  charge.set_amount(9);
  charge.set_purpose("a call");
  charge.set_run("r1");
  charge.set_id(command_id());
  CAF_CHECK_EQUAL(int64_t{answered(call<LedgerState>(charge)).spent()}, 15);
  CAF_CHECK_EQUAL(int64_t{answered(call<LedgerState>(charge)).spent()}, 15); // the same again
  GetStory in;
  in.set_id("r1");
  auto story = answered(call<Story>(in));
  int charges = 0;
  for (auto& line : story.lines())
    charges += line.kind() == "charge";
  CAF_CHECK_EQUAL(charges, 1);
  CAF_CHECK_EQUAL(int64_t{story.costs().charges(0).spent()}, 15);
  GetLedger question;
  question.set_ledger("purse");
  auto shown = answered(call<LedgerState>(question));
  CAF_REQUIRE_EQUAL(shown.entries_size(), 8); // a limit, three promises, three settled, a charge
  CAF_CHECK_EQUAL(std::string{shown.entries(0).what()}, "charge");
  for (auto& entry : shown.entries())
    if (entry.what() != "limit") {
      CAF_CHECK_EQUAL(std::string{entry.run()}, run_ref);
      CAF_CHECK_EQUAL(std::string{entry.trace()}, std::string{story.trace()});
    }
  charge.set_run("unknown");
  CAF_CHECK_EQUAL(code_of(call<LedgerState>(charge).error()), ec::not_found);
}

CAF_TEST_FIXTURE_SCOPE_END()
