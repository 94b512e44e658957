// A version comes out by each strategy, is approved and watched as was asked, and what fails is rolled back.
#define CAF_SUITE examples.workflows.deployment
#include "rehearsed.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const argument application{"applicationName", "shop"};
const argument version{"version", "1.1.0"};

argument strategy(std::string word) {
  return {"strategy", std::move(word)};
}

} // namespace

CAF_TEST(nothing is wrong with the definition) {
  check_definition("deployment");
}

CAF_TEST(each strategy moves the traffic in its way) {
  for (auto& [word, switches, shifts, replaced] :
       {std::tuple{"blue-green", 1, 0, 0}, {"canary", 0, 3, 0}, {"rolling", 0, 0, 3}}) {
    auto run = rehearsed("deployment");
    CAF_REQUIRE(!run.start({application, version, strategy(word)}));
    run.pass(1min);
    CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
    CAF_CHECK_EQUAL(run.times("deploy.switch"), switches);
    CAF_CHECK_EQUAL(run.times("deploy.shift"), shifts);
    CAF_CHECK_EQUAL(run.times("deploy.replace"), replaced);
    CAF_CHECK_EQUAL(run.times("deploy.record"), 1);
    CAF_CHECK_EQUAL(run.times("deploy.roll-back"), 0);
    CAF_CHECK(run.result().find(R"("version":"1.1.0")") != std::string::npos);
  }
}

CAF_TEST(a canary gets a tenth and a half and all of the traffic) {
  auto run = rehearsed("deployment");
  std::vector<std::string> weights;
  run.fake("deploy.shift", [&](const TaskSpec& task) {
    weights.push_back(job_of_spec(task).text("weight"));
    return crew::fake_result("deploy.shift", job_of_spec(task));
  });
  CAF_REQUIRE(!run.start({application, version, strategy("canary")}));
  run.pass(1min);
  CAF_CHECK((weights == std::vector<std::string>{"10", "50", "100"}));
}

CAF_TEST(tests and monitoring happen exactly if they are asked for) {
  for (auto* word : {"blue-green", "canary", "rolling"})
    for (auto tests : {true, false})
      for (auto monitoring : {true, false}) {
        auto run = rehearsed("deployment");
        CAF_REQUIRE(!run.start({application,
                                version,
                                strategy(word),
                                {"tests", flag_text(tests)},
                                {"monitoring", flag_text(monitoring)}}));
        run.pass(1min);
        CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
        CAF_CHECK_EQUAL(run.times("test.run"), tests ? 1 : 0);
        CAF_CHECK_EQUAL(run.times("deploy.health") > 0, monitoring);
      }
}

CAF_TEST(only production asks and only unless nobody is to be asked) {
  for (auto* environment : {"staging", "production"})
    for (auto approval : {true, false}) {
      auto run = rehearsed("deployment");
      CAF_REQUIRE(!run.start(
          {application, version, {"environment", environment}, {"approval", flag_text(approval)}}));
      run.pass(1min);
      auto asks = approval && std::string_view{environment} == "production";
      CAF_CHECK_EQUAL(run.status(), asks ? RUN_RUNNING : RUN_COMPLETED);
      CAF_CHECK_EQUAL(run.times("deploy.install"), asks ? 0 : 1);
      if (!asks)
        continue;
      CAF_CHECK(!run.approve("approve", "admin"));
      run.pass(1min);
      CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
    }
}

CAF_TEST(a rejected deployment installs nothing and has nothing to roll back) {
  auto run = rehearsed("deployment");
  CAF_REQUIRE(!run.start({application, version, {"environment", "production"}}));
  CAF_CHECK(!run.reject("approve", "admin", "not today"));
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.times("deploy.install") + run.times("deploy.roll-back"), 0);
}

CAF_TEST(a failure wherever it is injected is rolled back unless that was forbidden) {
  for (auto& [word, fails] : {std::pair{"blue-green", "deploy.switch"},
                              {"canary", "deploy.shift"},
                              {"rolling", "deploy.replace"},
                              {"blue-green", "deploy.record"}})
    for (auto back : {true, false}) {
      auto run = rehearsed("deployment");
      run.fail(fails, ec::action_failed, "injected");
      CAF_REQUIRE(!run.start({application, version, strategy(word), {"rollbackOnFailure", flag_text(back)}}));
      run.pass(10min);
      CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
      CAF_CHECK(run.failure().find("injected") != std::string::npos);
      CAF_CHECK_EQUAL(run.times("deploy.roll-back"), back ? 1 : 0);
    }
}

CAF_TEST(a version that is not well under traffic is rolled back with the plan of its run) {
  for (auto* word : {"blue-green", "canary", "rolling"}) {
    auto run = rehearsed("deployment");
    std::string plan;
    run.fake("deploy.health", R"({"ok":false,"said":"no database"})");
    run.fake("deploy.roll-back", [&](const TaskSpec& task) -> caf::expected<std::string> {
      plan = job_of_spec(task).text("plan");
      return std::string{"{}"};
    });
    CAF_REQUIRE(!run.start({application, version, strategy(word)}));
    run.pass(1min);
    CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
    CAF_CHECK(run.failure().find("samples were bad") != std::string::npos);
    CAF_CHECK(plan.find(R"("previous":"1.0.0")") != std::string::npos);
    CAF_CHECK_EQUAL(run.times("deploy.record"), 0);
    CAF_CHECK_EQUAL(run.times("deploy.shift"), std::string_view{word} == "canary" ? 1 : 0);
  }
}

CAF_TEST(a rolling deployment stops at the first replica that is not well) {
  auto run = rehearsed("deployment");
  run.fake("deploy.replace", [](const TaskSpec& task) -> caf::expected<std::string> {
    if (job_of_spec(task).text("replica") == "2")
      return make_error(ec::action_failed, "replica 2 is not well");
    return std::string{"{}"};
  });
  CAF_REQUIRE(!run.start({application, version, strategy("rolling")}));
  run.pass(1min);
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.times("deploy.replace"), 2);
  CAF_CHECK_EQUAL(run.times("deploy.roll-back"), 1);
}

CAF_TEST(tests that fail end it before anything is installed) {
  auto run = rehearsed("deployment");
  run.fail("test.run", ec::action_failed);
  CAF_REQUIRE(!run.start({application, version}));
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.times("deploy.install") + run.times("deploy.roll-back"), 0);
}

CAF_TEST(a cancelled deployment is rolled back and a crash before that changes nothing) {
  auto run = rehearsed("deployment");
  CAF_REQUIRE(!run.start({application, version, strategy("canary")}));
  run.pass(1500ms).crash().pass(100ms);
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  CAF_CHECK(!run.send(CancelRun{}));
  run.pass(1min);
  CAF_CHECK_EQUAL(run.status(), RUN_CANCELLED);
  CAF_CHECK_EQUAL(run.times("deploy.roll-back"), 1);
}
