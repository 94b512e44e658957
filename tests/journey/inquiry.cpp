// One run in a whole node: why it is stuck at each turn, its story, and every decision of it made again from the journal.
#define CAF_SUITE journey.inquiry
#include "tests/support/platform.hpp"
#include "tests/support/served.hpp"
#include <troupe/behaviors/workflow_reader.hpp>

namespace troupe {
namespace {

using namespace std::chrono_literals;

bool broken = true;

std::shared_ptr<agent_parts> crew() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "builder", "build", [](const Task&) {
    return broken ? fail(ec::tool_failed, "no compiler") : finish("1.2");
  });
  teach(*parts, "pilot", "fly", [](const Task&) { return finish("landed"); });
  return parts;
}

struct inquirer : with_desk<platform> {
  inquirer() : with_desk<platform>{crew()} {
    broken = true;
    hire("b1", "builder", {"build"});
  }
  void start() {
    StartWorkflow cmd;
    *cmd.mutable_definition() = read_workflow(R"(
name: release
steps:
  - {id: build, task: {required: [build], retry: {max_retries: 3, initial_delay: 1m}}}
  - {id: pick, needs: [build], decision: {cases: [{name: fine, when: 'true', then: [ask]}]}}
  - {id: ask, needs: [pick], approval: {message: 'Ship it?', approvers: [ann], timeout: 8h}}
  - {id: ship, needs: [ask], task: {required: [fly]}}
)").definition;
    request<WorkflowAccepted>("default/run/r1", std::move(cmd));
    node->settle();
  }
  std::string why(const std::string& id) {
    AskWhy in;
    in.set_id(id);
    std::string text;
    auto answer = answered(call<Reasons>(in));
    for (auto& reason : answer.reasons())
      text += (reason.step().empty() ? "" : reason.step() + ": ") + reason.text() + " [" + reason.command() + "]\n";
    return text;
  }
  Story story() {
    GetStory in;
    in.set_id("r1");
    return answered(call<Story>(in));
  }
  void check_decisions(int at_least) {
    int count = 0;
    auto told = story();
    for (auto& line : told.lines()) {
      if (line.decision().empty())
        continue;
      ++count;
      ReplayDecision in;
      in.set_decision(line.decision());
      auto answer = answered(call<DecisionReplay>(in));
      CAF_MESSAGE(line.decision() << ": " << answer.cause() << " " << answer.stored() << " | " << answer.again());
      CAF_CHECK(answer.identical());
    }
    CAF_CHECK(count >= at_least);
  }
};

} // namespace
} // namespace troupe

using namespace troupe;

CAF_TEST_FIXTURE_SCOPE(inquiry_tests, inquirer)

CAF_TEST(a run explains itself from its first failure to its end) {
  start();
  CAF_CHECK(why("r1").find("build: attempt 1 failed: no compiler; attempt 2 begins") != std::string::npos);
  broken = false;
  node->advance(2min);
  CAF_CHECK(why("r1").find("ask: ann may approve: Ship it? [troupe approve r1 --step ask]") != std::string::npos);
  AnswerApproval yes;
  yes.mutable_context()->set_principal("ann");
  yes.set_step("ask");
  yes.set_approve(true);
  request<Done>("default/run/r1", yes);
  node->settle();
  auto text = why("r1");
  CAF_MESSAGE(text);
  CAF_CHECK(text.find("ship: no agent can do it (fly)") != std::string::npos);
  CAF_CHECK(text.find("[troupe agents register FILE]") != std::string::npos);
  hire("p1", "pilot", {"fly"});
  node->settle();
  CAF_CHECK(why("r1").find("it has completed") != std::string::npos);
  CAF_CHECK_EQUAL(story().status(), "completed");
  check_decisions(3); // a retry, a branch, an approval
}

CAF_TEST(decisions come out again after a crash) {
  start();
  node->advance(2min);
  crash_and_recover();
  node->advance(1h); // attempts end for good
  CAF_CHECK_EQUAL(run_state("default/run/r1").status(), RUN_FAILED);
  CAF_CHECK(why("r1").find("build: failed after 4 attempts, tool_failed: no compiler [troupe dlq requeue r1 build]") !=
            std::string::npos);
  check_decisions(4);
  auto agent = why("b1");
  CAF_MESSAGE(agent);
  CAF_CHECK(agent.find("tasks have failed") != std::string::npos);
  CAF_CHECK(agent.find("default/run/r1, step build failed for good, tool_failed: no compiler [troupe why r1]") !=
            std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
