// Releases come out by each strategy; whatever was done, a rollback puts the links back as its plan has seen them.
#define CAF_SUITE examples.agents.deployer
#include "shop.hpp"

using namespace troupe::crew;
using troupe::audit::member;
namespace fs = std::filesystem;

namespace {

struct deployments : shop {
  fs::path staging = place.path() / "deployments/shop/staging";

  std::string plan(const std::string& version, const std::string& strategy,
                   const std::string& source = "main") {
    return troupe::audit::write_json(answer("deploy.plan", {{"applicationName", "shop"},
                                                            {"version", version},
                                                            {"environment", "staging"},
                                                            {"strategy", strategy},
                                                            {"sourceBranch", source}}));
  }

  std::string refused_plan(const std::string& version, const std::string& strategy,
                           const std::string& environment) {
    return refusal("deploy.plan", {{"applicationName", "shop"},
                                   {"version", version},
                                   {"environment", environment},
                                   {"strategy", strategy},
                                   {"sourceBranch", "main"}});
  }

  std::string running() {
    std::error_code none;
    return fs::canonical(staging / "current", none).filename().string();
  }

  // All steps of a plan that move traffic.
  void bring_out(const std::string& plan, const std::string& strategy) {
    answer("deploy.install", {{"plan", plan}});
    if (strategy == "blue-green")
      answer("deploy.switch", {{"plan", plan}});
    for (auto* weight : {"10", "50", "100"})
      if (strategy == "canary")
        answer("deploy.shift", {{"plan", plan}, {"weight", weight}});
    for (auto* replica : {"1", "2", "3"})
      if (strategy == "rolling")
        answer("deploy.replace", {{"plan", plan}, {"replica", replica}});
  }

  // Every link with what it points to, and the weights: the whole state of an environment.
  std::string state() {
    std::string text;
    for (auto* link : {"current", "blue", "green", "canary", "replicas/1", "replicas/2", "replicas/3"}) {
      std::error_code none;
      text += fs::read_symlink(staging / link, none).string() + "|";
    }
    return text + get_file(staging / "weights");
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(deployer_tests, deployments)

CAF_TEST(each strategy ends with the version that runs and is recorded) {
  for (std::string strategy : {"blue-green", "canary", "rolling"}) {
    auto version = "1-" + strategy;
    auto it = plan(version, strategy);
    bring_out(it, strategy);
    answer("deploy.record", {{"plan", it}});
    CAF_CHECK_EQUAL(running(), version);
    CAF_CHECK(fs::exists(staging / "current/ci/health.sh"));
    CAF_CHECK(holds(get_file(staging / "deployed.json"), "\"version\":\"" + version + "\""));
    CAF_CHECK_EQUAL(get_file(staging / "weights"), std::string{"stable 100\ncanary 0\n"});
    CAF_CHECK(!fs::exists(staging / "canary"));
  }
}

CAF_TEST(slots take turns) {
  int last = 0;
  for (auto* slot : {"blue", "green", "blue"}) {
    auto version = std::to_string(++last);
    auto it = plan(version, "blue-green");
    bring_out(it, "blue-green");
    CAF_CHECK_EQUAL(fs::read_symlink(staging / "current").string(), std::string{slot});
    CAF_CHECK_EQUAL(running(), version);
  }
}

CAF_TEST(a rollback restores the links of its plan after each step and may be repeated) {
  auto one = plan("1.0.0", "blue-green");
  bring_out(one, "blue-green");
  answer("deploy.record", {{"plan", one}});
  auto before = state();
  for (std::string strategy : {"blue-green", "canary", "rolling"}) {
    auto two = plan("2.0.0", strategy);
    bring_out(two, strategy);
    CAF_CHECK(state() != before);
    for (int i = 0; i < 2; ++i) {
      auto back = answer("deploy.roll-back", {{"plan", two}});
      CAF_CHECK_EQUAL(text_in(back, "restored"), std::string{"1.0.0"});
      CAF_CHECK_EQUAL(state(), before);
      CAF_CHECK(!fs::exists(staging / "releases/2.0.0"));
    }
    CAF_CHECK_EQUAL(running(), std::string{"1.0.0"});
  }
}

CAF_TEST(steps may be repeated) {
  auto it = plan("1.0.0", "blue-green");
  for (auto* step : {"deploy.install", "deploy.switch"})
    for (int i = 0; i < 2; ++i)
      answer(step, {{"plan", it}});
  auto once = state();
  for (int i = 0; i < 2; ++i)
    answer("deploy.record", {{"plan", it}});
  CAF_CHECK(holds(once, "blue|releases/1.0.0|"));
  CAF_CHECK_EQUAL(running(), std::string{"1.0.0"});
}

CAF_TEST(what is not well gets no slot and no replica) {
  commit("ci/health.sh", "echo no database; exit 1\n");
  auto it = plan("2.0.0", "blue-green");
  answer("deploy.install", {{"plan", it}});
  CAF_CHECK(holds(refusal("deploy.switch", {{"plan", it}}), "blue is not well with 2.0.0: no database"));
  CAF_CHECK_EQUAL(running(), std::string{});
  CAF_CHECK(!*member(answer("deploy.health", {{"plan", it}}), "ok")->as<bool>());
  auto rolling = plan("3.0.0", "rolling");
  answer("deploy.install", {{"plan", rolling}});
  CAF_CHECK(
      holds(refusal("deploy.replace", {{"plan", rolling}, {"replica", "1"}}), "replicas/1 is not well"));
}

CAF_TEST(a plan that is out of date is refused) {
  auto late = plan("2.0.0", "blue-green");
  auto it = plan("1.0.0", "blue-green");
  bring_out(it, "blue-green");
  CAF_CHECK(holds(refusal("deploy.install", {{"plan", late}}), "is another one than when this was planned"));
}

CAF_TEST(a version is one commit for ever) {
  bring_out(plan("1.0.0", "canary"), "canary");
  answer("deploy.roll-back", {{"plan", plan("1.0.0", "canary")}}); // it was there before that plan: it stays
  CAF_CHECK(fs::exists(staging / "releases/1.0.0"));
  commit("more", "x");
  CAF_CHECK(holds(refusal("deploy.install", {{"plan", plan("1.0.0", "canary")}}), "a version is one commit"));
}

CAF_TEST(what cannot be planned is refused with what is allowed) {
  CAF_CHECK(holds(refused_plan("1", "big-bang", "staging"), "allowed are blue-green, canary, rolling"));
  CAF_CHECK(holds(refused_plan("1", "canary", "moon"), "allowed are staging, production"));
  CAF_CHECK(holds(refused_plan("../1", "canary", "staging"), "is no name"));
  CAF_CHECK(holds(refusal("deploy.install", {{"plan", "{}"}}), "is no environment"));
  auto it = plan("1.0.0", "canary");
  CAF_CHECK(holds(refusal("deploy.shift", {{"plan", it}, {"weight", "101"}}), "from 0 to 100"));
  CAF_CHECK(holds(refusal("deploy.replace", {{"plan", it}, {"replica", "4"}}), "there are 1 to 3"));
}

CAF_TEST_FIXTURE_SCOPE_END()
