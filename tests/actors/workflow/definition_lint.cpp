// Each rule warns of a definition that breaks it, and of none that keeps it.
#define CAF_SUITE actors.workflow.definition_lint
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/definition/given.hpp>
#include <troupe/behaviors/workflow_problem.hpp>

using namespace troupe;

namespace {

// The warnings of one rule.
std::string linted(const std::string& rule, const std::string& text) {
  auto definition = definition_of(text);
  CAF_CHECK_EQUAL(lines(check(definition)), "right");
  workflow_problems of_rule;
  for (auto& one : lint(definition))
    if (one.rule == rule)
      of_rule.push_back(one);
  return lines(of_rule);
}

std::string body(size_t steps) {
  std::string text;
  for (size_t i = 0; i < steps; ++i)
    text += task("s" + std::to_string(i));
  return text;
}

} // namespace

CAF_TEST(a good workflow gives no warning) {
  CAF_CHECK_EQUAL(lines(lint(definition_of(task("fetch", "may_fail: true") + task("store", "needs: 'fetch'") +
                                           "deadline_ms: 60000"))),
                  "right");
}

CAF_TEST(single responsibility) {
  auto rule = std::string{"single-responsibility"};
  CAF_CHECK_EQUAL(linted(rule, step("a", "task { required: 'v' required: 'w' required: 'x' required: 'y' }")),
                  "steps[0].task.required: single-responsibility: 'a' requires 4 capabilities at once, and "
                  "only an agent that has all of them "
                  "may do it; divide it into steps of one job each");
  CAF_CHECK_EQUAL(linted(rule, step("a", "task { required: 'v' required: 'w' required: 'x' }")), "right");
  auto two = task("a") + task("b", "needs: 'a'") + task("c") + task("d", "needs: 'c'");
  CAF_CHECK_EQUAL(
      linted(rule, two),
      "steps: single-responsibility: the steps are 2 groups that have nothing to do with each other, and a "
      "failure in one ends them all; write a workflow for each");
  CAF_CHECK_EQUAL(linted(rule, two + task("e", "needs: 'b' needs: 'd'") + task("alone")), "right");
  CAF_CHECK_EQUAL(linted(rule, task("a", "compensation: 'u'") + task("u") + task("b", "needs: 'a'")),
                  "right");
}

CAF_TEST(idempotency) {
  auto rule = std::string{"idempotency"};
  auto pay = [&](const std::string& fields) {
    return linted(rule, step("pay", "compensation: 'back' task { required: 'x' " + fields + "}") +
                            step("back", "task { required: 'x' idempotent: true }") +
                            task("end", "needs: 'pay'"));
  };
  CAF_CHECK_EQUAL(pay(""), "steps[0].task: idempotency: 'pay' has an effect that is undone, and an attempt "
                           "that failed or was not heard of may "
                           "have done it already: a repeated one does it twice; say `idempotent: true` if "
                           "that does no harm, else `retry: "
                           "{no_retry: true}`");
  CAF_CHECK_EQUAL(pay("idempotent: true"), "right");
  CAF_CHECK_EQUAL(pay("retry { no_retry: true }"), "right");
  CAF_CHECK(linted(rule, step("a", "task { required: 'x' retry { max_retries: 5 } }"))
                .find("'a' asks for retries, and") != std::string::npos);
  CAF_CHECK(linted(rule, step("a", "compensation: 'u' task { required: 'x' idempotent: true }") + task("u") +
                             task("e"))
                .find("'u' undoes an effect") != std::string::npos);
  CAF_CHECK_EQUAL(linted(rule, task("a")), "right");
}

CAF_TEST(resource limits) {
  auto rule = std::string{"resource-limits"};
  auto map = [&](const std::string& fields) {
    return linted(rule, step("m", "map { " + fields + " body {" + task("a") + "} }"));
  };
  CAF_CHECK_EQUAL(
      map("over: 'inputs.files'"),
      "steps[0].map: resource-limits: 'm' goes over a list of any length, 16 items at a time whoever "
      "else needs the agents; say `max_parallel`");
  CAF_CHECK_EQUAL(map("over: 'inputs.files' max_parallel: 8"), "right");
  CAF_CHECK_EQUAL(map("over: '{1, 2, 3}'"), "right");
  auto inner = [](const std::string& most) {
    return step("n", "map { over: 'item' max_parallel: " + most + " body {" + task("a") + "} }");
  };
  auto outer = [&](const std::string& most) {
    return linted(rule, step("m", "map { over: 'inputs' max_parallel: 100 body {" + inner(most) + "} }"));
  };
  CAF_CHECK_EQUAL(outer("10"), "right");
  CAF_CHECK_EQUAL(outer("11"), "steps[0].map.body.steps[0].map.max_parallel: resource-limits: with the maps "
                               "around it, 'n' may have 1100 items at "
                               "work at a time; lower `max_parallel` until at most 1000 are");
  auto loop = [&](const std::string& fields) {
    return linted(rule, step("l", "loop { until: 'last' " + fields + " body {" + task("a") + "} }"));
  };
  CAF_CHECK_EQUAL(
      loop("max_rounds: 10000"),
      "steps[0].loop: resource-limits: if its `until` never holds, 'l' does 10000 rounds without a "
      "pause; lower `max_rounds`, or say `pause`");
  CAF_CHECK_EQUAL(loop("max_rounds: 10000 pause_ms: 1000"), "right");
  CAF_CHECK_EQUAL(loop("max_rounds: 10"), "right");
  CAF_CHECK(
      loop("max_rounds: 10 budget { ledger: 'purse' per_round: 1 when_spent: SPENT_WAIT }")
          .find("steps[0].loop.budget.when_spent: resource-limits: if nobody raises the limit of 'purse'") ==
      0);
  CAF_CHECK_EQUAL(loop("max_rounds: 10 budget { ledger: 'purse' per_round: 1 }"), "right");
  CAF_CHECK_EQUAL(linted(rule, step("e", "expand { task { required: 'plan' } }")),
                  "steps[0].expand: resource-limits: what 'e' returns may use every capability of this "
                  "workflow; name those it needs in "
                  "`capabilities`");
  CAF_CHECK_EQUAL(linted(rule, step("e", "expand { task { required: 'plan' } capabilities: 'x' }")), "right");
}

CAF_TEST(health reporting) {
  auto rule = std::string{"health-reporting"};
  auto watch =
      step("watch", "monitor { sample { required: 'probe' } healthy: 'sample' every_ms: 1 for_ms: 1 }");
  auto roll_out = step("out", "task { required: 'service.deploy' }");
  CAF_CHECK_EQUAL(linted(rule, roll_out), "steps[0]: health-reporting: nothing watches whether all is well "
                                          "after 'out': what it breaks is found by "
                                          "users; let a `monitor` step need it");
  CAF_CHECK_EQUAL(linted(rule, roll_out + watch), "right");
  auto train = [](const std::string& ms) {
    return step("train", "task { required: 'x' timeout_ms: " + ms + " }");
  };
  CAF_CHECK_EQUAL(
      linted(rule, train("7200000")),
      "steps[0].task.timeout: health-reporting: an attempt at 'train' may take 120 minutes, in which "
      "nobody learns whether it still gets on; divide it into steps, or do it in a `parallel` beside "
      "a `monitor`");
  CAF_CHECK_EQUAL(linted(rule, train("600000")), "right");
  CAF_CHECK_EQUAL(linted(rule, train("7200000") + watch), "right");
}

CAF_TEST(granularity) {
  auto rule = std::string{"granularity"};
  CAF_CHECK_EQUAL(
      linted(rule, task("a")),
      "steps: granularity: a workflow of one task costs more than the task and does no more; submit the "
      "task itself");
  CAF_CHECK_EQUAL(linted(rule, body(300)), "right");
  CAF_CHECK_EQUAL(
      linted(rule, body(301)),
      "steps: granularity: nobody keeps 301 steps of one block in mind; put what belongs together into a "
      "`parallel`, a `map` or a `child`");
  auto map = [&](size_t steps) {
    return linted(rule, step("m", "map { over: 'inputs' body {" + body(steps) + "} }") + task("end"));
  };
  CAF_CHECK_EQUAL(map(50), "right");
  CAF_CHECK_EQUAL(map(51), "steps[0].map.body.steps: granularity: every item of 'm' is 51 steps of this one "
                           "run, whose state and history grow "
                           "with each; do the body in a `child`");
}

CAF_TEST(timeouts) {
  auto rule = std::string{"timeouts"};
  CAF_CHECK_EQUAL(linted(rule, task("a") + task("b", "timeout_ms: 5") + task("c")),
                  "deadline: timeouts: 2 of the steps, first 'a', wait for ever if no agent is free; give "
                  "the workflow a `deadline`, or each "
                  "of them a `timeout`");
  CAF_CHECK_EQUAL(linted(rule, task("a") + "deadline_ms: 5"), "right");
  CAF_CHECK_EQUAL(linted(rule, step("p", "timeout_ms: 5 parallel {" + task("a") + "}")), "right");
  CAF_CHECK_EQUAL(linted(rule, step("s", "signal { name: 'go' }")),
                  "steps[0]: timeouts: 's' waits for ever if nobody sends 'go'; give the step a "
                  "`timeout`, or the workflow a `deadline`");
  CAF_CHECK_EQUAL(linted(rule, step("s", "signal { name: 'go' } timeout_ms: 5")), "right");
}

CAF_TEST(checkpoints) {
  auto rule = std::string{"checkpoints"};
  CAF_CHECK_EQUAL(linted(rule, body(50)), "right");
  CAF_CHECK_EQUAL(
      linted(rule, body(51)),
      "steps: checkpoints: none of the 51 steps is a checkpoint: all history is kept to the end, and a fork "
      "does everything again; put a `checkpoint` behind each part that is dear");
  CAF_CHECK_EQUAL(linted(rule, body(50) + step("c", "checkpoint {}")), "right");
  auto loop = [&](const std::string& rounds, const std::string& more) {
    return linted(rule, step("c", "checkpoint {}") + step("l", "loop { until: 'last' max_rounds: " + rounds +
                                                                   " body {" + task("a") + more + "} }"));
  };
  CAF_CHECK_EQUAL(loop("100", ""), "steps[1].loop.body: checkpoints: the history of 'l' grows with each of "
                                   "up to 100 rounds; end its body with a "
                                   "`checkpoint`");
  CAF_CHECK_EQUAL(loop("99", ""), "right");
  CAF_CHECK_EQUAL(loop("100", step("d", "needs: 'a' checkpoint {}")), "right");
}

CAF_TEST(error handlers) {
  auto rule = std::string{"error-handlers"};
  CAF_CHECK_EQUAL(linted(rule, body(2)), "right");
  CAF_CHECK_EQUAL(
      linted(rule, body(3)),
      "steps: error-handlers: the failure of any of 3 tasks ends the run with what the others did left as it "
      "is; undo it with `compensation`, handle it in a step that `catches`, or say `may_fail` where it does "
      "not matter");
  CAF_CHECK_EQUAL(linted(rule, body(3) + task("h", "catches: 's0'")), "right");
  CAF_CHECK_EQUAL(linted(rule, body(3) + task("h", "may_fail: true")), "right");
  CAF_CHECK_EQUAL(linted(rule, task("u") + task("h", "compensation: 'u'") + body(3)), "right");
}
