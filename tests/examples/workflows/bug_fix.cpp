// A bug that a test shows is analysed, fixed and tested as was asked; the fix is deployed only if that was said.
#define CAF_SUITE examples.workflows.bug_fix
#include "rehearsed.hpp"

using namespace troupe;

namespace {

struct bug_fix {
  run_rehearsal run = rehearsed("bug_fix");
  std::vector<Field> deployed;
  std::map<std::string, std::string> fixed; // what the fix was given

  bug_fix() {
    run.fake_child("deployment", [this](const std::vector<Field>& inputs) -> caf::expected<std::string> {
      deployed = inputs;
      return std::string{"{}"};
    });
    run.fake("code.fix", [this](const TaskSpec& task) {
      for (auto& input : task.inputs())
        fixed[input.name()] = input.value();
      return crew::fake_result("code.fix", job_of_spec(task));
    });
  }
};

const argument bug{"bugId", "BUG-7"};

} // namespace

CAF_TEST(nothing is wrong with the definition) {
  check_definition("bug_fix");
}

CAF_TEST(each option does what it says in every combination) {
  for (auto mask = 0; mask < 8; ++mask) {
    bug_fix at;
    auto on = [&](int bit) { return (mask >> bit & 1) == 1; };
    CAF_REQUIRE(!at.run.start({bug,
                               {"rootCauseAnalysis", flag_text(on(0))},
                               {"regressionTesting", flag_text(on(1))},
                               {"autoDeployFix", flag_text(on(2))}}));
    CAF_CHECK_EQUAL(at.run.status(), RUN_COMPLETED);
    CAF_CHECK_EQUAL(at.run.times("code.diagnose"), on(0) ? 1 : 0);
    CAF_CHECK_EQUAL(at.fixed["culprit"].empty(), !on(0));
    CAF_CHECK_EQUAL(at.run.times("test.run"), on(1) ? 2 : 1);
    CAF_CHECK_EQUAL(at.deployed.empty(), !on(2));
    CAF_CHECK_EQUAL(at.run.times("code.merge"), 1);
  }
}

CAF_TEST(what was reported is kept in the run and given to the fix) {
  bug_fix at;
  CAF_REQUIRE(!at.run.start({bug,
                             {"title", "no greeting"},
                             {"description", "it says nothing"},
                             {"reportedBy", "ann"},
                             {"components", R"(["bin","docs"])"},
                             {"severity", "low"}}));
  CAF_CHECK_EQUAL(at.run.status(), RUN_COMPLETED);
  for (auto& [input, value] : {std::pair{"title", "no greeting"},
                               {"description", "it says nothing"},
                               {"reportedBy", "ann"},
                               {"components", R"(["bin","docs"])"},
                               {"severity", "low"},
                               {"bugId", "BUG-7"}}) {
    CAF_CHECK_EQUAL(at.fixed[input], value);
    CAF_CHECK_EQUAL(input_of({at.run.state().inputs().begin(), at.run.state().inputs().end()}, input), value);
  }
}

CAF_TEST(a severe bug gets all traffic at once and others by and by) {
  for (auto& [severity, strategy] : {std::pair{"low", "canary"},
                                     {"medium", "canary"},
                                     {"high", "blue-green"},
                                     {"critical", "blue-green"}}) {
    bug_fix at;
    CAF_REQUIRE(!at.run.start(
        {bug, {"severity", severity}, {"autoDeployFix", "true"}, {"environment", "production"}}));
    CAF_CHECK_EQUAL(at.run.status(), RUN_COMPLETED);
    CAF_CHECK_EQUAL(input_of(at.deployed, "strategy"), strategy);
    CAF_CHECK_EQUAL(input_of(at.deployed, "environment"), "production");
  }
}

CAF_TEST(a severity that is none is refused with those there are) {
  bug_fix at;
  CAF_REQUIRE(!at.run.start({bug, {"severity", "urgent"}}));
  CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
  CAF_CHECK(at.run.failure().find("allowed are low medium high critical") != std::string::npos);
}

CAF_TEST(a bug that no test shows is not fixed) {
  bug_fix at;
  at.run.fail("test.run", ec::action_failed, "no test fails");
  CAF_REQUIRE(!at.run.start({bug}));
  CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(at.run.times("code.fix"), 0);
  CAF_CHECK_EQUAL(at.run.times("code.discard"), 0);
}

CAF_TEST(a fix that breaks the tests is discarded and neither merged nor deployed) {
  bug_fix at;
  at.run.fake("test.run", [](const TaskSpec& task) -> caf::expected<std::string> {
    auto job = job_of_spec(task);
    if (job.text("expect") != "fail")
      return make_error(ec::action_failed, "the tests fail");
    return crew::fake_result("test.run", job);
  });
  CAF_REQUIRE(!at.run.start({bug, {"autoDeployFix", "true"}}));
  CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(at.run.times("code.discard"), 1);
  CAF_CHECK_EQUAL(at.run.times("code.merge"), 0);
  CAF_CHECK(at.deployed.empty());
}

CAF_TEST(a crash after the fix goes on behind it) {
  bug_fix at;
  at.run.fake(
      "test.run", [](const TaskSpec& task) { return crew::fake_result("test.run", job_of_spec(task)); },
      std::chrono::minutes{1});
  CAF_REQUIRE(!at.run.start({bug}));
  at.run.pass(std::chrono::seconds{90}).crash(true).pass(std::chrono::minutes{1});
  CAF_CHECK_EQUAL(at.run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(at.run.times("code.fix"), 1);
}
