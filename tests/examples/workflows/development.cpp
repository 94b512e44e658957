// What is required is built, checked as was asked, deployed and merged; what fails leaves no branch.
#define CAF_SUITE examples.workflows.development
#include "rehearsed.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const argument name{"name", "shop"};
const argument requirements{"requirements", R"(["greets a customer","counts the money"])"};

struct development {
  run_rehearsal run = rehearsed("development");
  std::vector<Field> deployed; // what the deployment was given
  bool deploys = true;

  development() {
    run.fake_child("deployment", [this](const std::vector<Field>& inputs) -> caf::expected<std::string> {
      deployed = inputs;
      if (!deploys)
        return make_error(ec::action_failed, "not well");
      return std::string{"{}"};
    });
  }
};

} // namespace

CAF_TEST(nothing is wrong with the definition) {
  check_definition("development");
}

CAF_TEST(requirements become a branch that is checked and deployed and merged) {
  development at;
  CAF_REQUIRE(!at.run.start({name, requirements}));
  CAF_CHECK_EQUAL(at.run.status(), RUN_COMPLETED);
  CAF_CHECK(at.run.result().find(R"("branch":"feature/greets-a-customer")") != std::string::npos);
  CAF_CHECK(at.run.result().find(R"("merged":true)") != std::string::npos);
  for (auto* once : {"code.generate", "code.review", "test.run", "code.document", "code.merge"})
    CAF_CHECK_EQUAL(at.run.times(once), 1);
  CAF_CHECK_EQUAL(at.run.times("code.discard"), 0);
  CAF_CHECK_EQUAL(input_of(at.deployed, "environment"), "staging");
  CAF_CHECK_EQUAL(input_of(at.deployed, "applicationName"), "shop");
  CAF_CHECK_EQUAL(input_of(at.deployed, "approval"), "false");
  CAF_CHECK_EQUAL(input_of(at.deployed, "sourceCommit").substr(0, 12),
                  input_of(at.deployed, "version").substr(4));
}

CAF_TEST(each check is made exactly if it is asked for) {
  for (auto mask = 0; mask < 8; ++mask) {
    development at;
    auto on = [&](int bit) { return (mask >> bit & 1) == 1; };
    CAF_REQUIRE(!at.run.start({name,
                               requirements,
                               {"codeReview", flag_text(on(0))},
                               {"testing", flag_text(on(1))},
                               {"documentation", flag_text(on(2))}}));
    CAF_CHECK_EQUAL(at.run.status(), RUN_COMPLETED);
    CAF_CHECK_EQUAL(at.run.times("code.review"), on(0) ? 1 : 0);
    CAF_CHECK_EQUAL(at.run.times("test.run"), on(1) ? 1 : 0);
    CAF_CHECK_EQUAL(at.run.times("code.document"), on(2) ? 1 : 0);
  }
}

CAF_TEST(the documented commit is deployed when there is one) {
  std::string commits[2];
  for (auto documented : {false, true}) {
    development at;
    CAF_REQUIRE(!at.run.start({name, requirements, {"documentation", flag_text(documented)}}));
    commits[documented] = input_of(at.deployed, "sourceCommit");
  }
  CAF_CHECK(!commits[0].empty() && !commits[1].empty() && commits[0] != commits[1]);
}

CAF_TEST(production waits for a person and nothing else does) {
  development at;
  CAF_REQUIRE(!at.run.start({name, requirements, {"target", "production"}}));
  CAF_CHECK_EQUAL(at.run.status(), RUN_RUNNING);
  CAF_CHECK_EQUAL(at.run.status_of("approve"), STEP_ACTIVE);
  CAF_CHECK(at.deployed.empty());
  at.run.pass(72h).crash();
  CAF_CHECK(at.run.approve("approve", "eve"));
  CAF_CHECK(!at.run.approve("approve", "admin"));
  CAF_CHECK_EQUAL(at.run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(input_of(at.deployed, "environment"), "production");
}

CAF_TEST(what a person rejects or nobody answers is not deployed and its branch goes) {
  for (auto answered : {true, false}) {
    development at;
    CAF_REQUIRE(!at.run.start({name, requirements, {"target", "production"}}));
    if (answered)
      CAF_CHECK(!at.run.reject("approve", "admin", "it is Friday"));
    else
      at.run.pass(7 * 24h);
    CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
    CAF_CHECK(at.deployed.empty());
    CAF_CHECK_EQUAL(at.run.times("code.discard"), 1);
    CAF_CHECK_EQUAL(at.run.times("code.merge"), 0);
  }
}

CAF_TEST(a check that fails ends the run before anything is deployed) {
  for (auto* check : {"code.review", "test.run"}) {
    development at;
    at.run.fail(check, ec::action_failed, "no good");
    CAF_REQUIRE(!at.run.start({name, requirements}));
    CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
    CAF_CHECK(at.run.failure().find("no good") != std::string::npos);
    CAF_CHECK_EQUAL(at.run.times("code.discard"), 1);
    CAF_CHECK(at.deployed.empty());
  }
}

CAF_TEST(a deployment that fails leaves main as it was) {
  development at;
  at.deploys = false;
  CAF_REQUIRE(!at.run.start({name, requirements}));
  CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(at.run.times("code.merge"), 0);
  CAF_CHECK_EQUAL(at.run.times("code.discard"), 1);
}

CAF_TEST(requirements have to be given) {
  development at;
  CAF_CHECK(at.run.start({name}));
  CAF_REQUIRE(!at.run.start({name, {"requirements", "[]"}}));
  CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
  CAF_CHECK(at.run.failure().find("requirements is an empty list") != std::string::npos);
}
