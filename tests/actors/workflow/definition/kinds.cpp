// Each kind of step gets what it asks for.
#define CAF_SUITE actors.workflow.definition.kinds
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/definition/given.hpp>

using namespace troupe;

namespace {

// What is wrong with one step, without the path of the step.
std::string of(const std::string& fields) {
  std::string result;
  for (auto& one : check(definition_of(step("a", fields))))
    result += (result.empty() ? "" : "\n") +
              one.path.substr(std::min(one.path.size(), std::string_view{"steps[0]."}.size())) + ": " +
              one.text;
  return result.empty() ? "right" : result;
}

std::string range(const std::string& path, const std::string& is, int least = 0) {
  return path + ": it is " + is + " ms; between " + std::to_string(least) +
         " and 316224000000 ms (ten years) are allowed";
}

} // namespace

CAF_TEST(a step has a kind) {
  CAF_CHECK_EQUAL(of(""), ": the step has no kind; exactly one is asked for: task, decision, join, parallel, "
                          "map, loop, wait, signal, approval, "
                          "checkpoint, monitor, child or expand");
}

CAF_TEST(durations are neither negative nor longer than ten years) {
  CAF_CHECK_EQUAL(of("checkpoint {} timeout_ms: -1"), range("timeout", "-1"));
  CAF_CHECK_EQUAL(of("checkpoint {} timeout_ms: 316224000000"), "right");
  CAF_CHECK_EQUAL(of("checkpoint {} timeout_ms: 316224000001"), range("timeout", "316224000001"));
  CAF_CHECK_EQUAL(of("task { required: 'x' timeout_ms: -1 retry { initial_delay_ms: -1 } }"),
                  range("task.timeout", "-1") + "\n" + range("task.retry.initial_delay", "-1"));
  CAF_CHECK_EQUAL(of("loop { until: 'last' max_rounds: 1 pause_ms: -1 body {" + task("b") + "} }"),
                  range("loop.pause", "-1"));
  CAF_CHECK_EQUAL(of("wait { for_ms: -1 }"), range("wait.for", "-1"));
  CAF_CHECK_EQUAL(of("approval { message: 'm' approvers: 'p' timeout_ms: -1 }"),
                  range("approval.timeout", "-1"));
}

CAF_TEST(a task says what it requires and not who waits for it) {
  CAF_CHECK_EQUAL(of("task {}"),
                  "task.required: it requires no capability, so no agent could be chosen; name at least one");
  CAF_CHECK_EQUAL(of("task { required: '' }"), "task.required[0]: a capability has a name");
  CAF_CHECK_EQUAL(
      of("task { required: 'x' deadline_ms: 5 parent: 'r' parent_key: 'k' }"),
      "task.deadline: a task of a workflow has no deadline of its own; give its step a `timeout`\n"
      "task.parent: this is filled in when the step begins; leave it out\n"
      "task.parent_key: this is filled in when the step begins; leave it out");
  CAF_CHECK_EQUAL(of("task { required: 'x' concurrency_key: '" + std::string(201, 'k') + "' }"),
                  "task.concurrency_key: it has 201 bytes; at most 200 are allowed");
  CAF_CHECK_EQUAL(
      of("task { required: 'x' inputs { name: 'n' } inputs { name: 'n' } } with { name: 'n' value: '1' }"),
      "task.inputs: the input 'n' is given twice\nwith.n: the input 'n' is given in task.inputs already; "
      "once is enough");
}

CAF_TEST(retries are one thing or the other) {
  auto retry = [](const std::string& fields) {
    return of("task { required: 'x' retry { " + fields + " } }");
  };
  CAF_CHECK_EQUAL(retry("no_retry: true max_retries: 1"),
                  "task.retry.no_retry: `no_retry` and `max_retries` exclude each other; say one of them");
  CAF_CHECK_EQUAL(retry("backoff_multiplier: 1"), "right");
  for (std::string bad : {"0.5", "-1", "101", "nan"})
    CAF_CHECK_EQUAL(retry("backoff_multiplier: " + bad),
                    "task.retry.backoff_multiplier: waits grow by a factor between 1 and 100, or 0 for the "
                    "default; this is " +
                        bad);
}

CAF_TEST(a decision has cases with different names) {
  CAF_CHECK_EQUAL(of("decision {}"), "decision.cases: a decision has at least one case");
  CAF_CHECK_EQUAL(of("decision { cases { when: 'true' name: '2' } cases { when: 'true' } }"),
                  "decision.cases[1].name: two cases are called '2'; each has a name of its own");
  std::string cases;
  for (int i = 0; i < 201; ++i)
    cases += "cases { when: 'true' }";
  CAF_CHECK_EQUAL(of("decision {" + cases + "}"),
                  "decision.cases: the decision has 201 cases; at most 200 are allowed");
}

CAF_TEST(a rule can be kept) {
  auto parallel = [](const std::string& rule) {
    return of("parallel { join { " + rule + " } " + task("b", "compensation: 'u'") + task("u") + task("c") +
              "}");
  };
  CAF_CHECK_EQUAL(parallel("mode: JOIN_N_OF count: 2"), "right");
  CAF_CHECK_EQUAL(parallel("mode: JOIN_N_OF count: 3"),
                  "parallel.join.count: of 2 steps, between 1 and 2 can be asked for; this is 3");
  CAF_CHECK_EQUAL(parallel("mode: JOIN_N_OF"),
                  "parallel.join.count: of 2 steps, between 1 and 2 can be asked for; this is 0");
  CAF_CHECK_EQUAL(parallel("count: 1"), "parallel.join.count: `count` goes with the mode `n_of` only");
  CAF_CHECK_EQUAL(
      parallel("mode: 9"),
      "parallel.join.mode: this word is not known; the reference of workflows lists those that are");
}

CAF_TEST(maps and loops are bounded) {
  auto map = [](const std::string& fields) {
    return of("map { over: 'inputs' " + fields + " body {" + task("b") + "} }");
  };
  CAF_CHECK_EQUAL(map("max_parallel: 1000"), "right");
  CAF_CHECK_EQUAL(map("max_parallel: 1001"),
                  "map.max_parallel: at most 1000 items are at work at a time; this is 1001");
  CAF_CHECK_EQUAL(map("join { mode: JOIN_N_OF count: 10001 }"),
                  "map.join.count: of 10000 items, between 1 and 10000 can be asked for; this is 10001");
  auto loop = [](const std::string& rounds) {
    return of("loop { until: 'last' max_rounds: " + rounds + " body {" + task("b") + "} }");
  };
  CAF_CHECK_EQUAL(loop("10000"), "right");
  CAF_CHECK_EQUAL(loop("0"), "loop.max_rounds: a loop has between 1 and 10000 rounds; this is 0");
  CAF_CHECK_EQUAL(loop("10001"), "loop.max_rounds: a loop has between 1 and 10000 rounds; this is 10001");
}

CAF_TEST(a budget names a ledger and what a round may cost) {
  auto budget = [](const std::string& fields) {
    return of("loop { until: 'last' max_rounds: 1 budget { " + fields + " } body {" + task("b") + "} }");
  };
  CAF_CHECK_EQUAL(budget("ledger: 'purse' per_round: 1"), "right");
  CAF_CHECK_EQUAL(budget("ledger: 'purse' per_round: 1 cost: 'last.cost' when_spent: SPENT_WAIT"), "right");
  CAF_CHECK(budget("per_round: 1").find("loop.budget.ledger: the name of a ledger has 1 to") == 0);
  CAF_CHECK(budget("ledger: 'acme/ledger/purse' per_round: 1").find("loop.budget.ledger: ") == 0);
  CAF_CHECK(budget("ledger: 'purse'").find("loop.budget.per_round: between 1 and ") == 0);
  CAF_CHECK(budget("ledger: 'purse' per_round: -5").find("loop.budget.per_round: between 1 and ") == 0);
}

CAF_TEST(a wait has one end and a signal a name) {
  CAF_CHECK_EQUAL(of("wait {}"), "wait: a wait says how long, in `for`, or until when, in `until`");
  CAF_CHECK_EQUAL(of("wait { for_ms: 1 until: '2' }"),
                  "wait: `for` and `until` exclude each other; say one of them");
  CAF_CHECK_EQUAL(of("signal {}"), "signal.name: a signal has a name");
}

CAF_TEST(an approval asks people who can answer) {
  auto approval = [](const std::string& fields) {
    return of("approval { message: 'm' approvers: 'p' " + fields + " }");
  };
  CAF_CHECK_EQUAL(of("approval {}"),
                  "approval.message: an approval says in `message` what it asks\n"
                  "approval.approvers: an approval names at least one principal who may answer");
  CAF_CHECK_EQUAL(approval("approvers: 'p'"),
                  "approval.approvers[1]: 'p' is named twice; everybody answers once");
  CAF_CHECK_EQUAL(approval("approvers: ''"), "approval.approvers[1]: a principal has a name");
  CAF_CHECK_EQUAL(approval("rule { mode: JOIN_N_OF count: 2 }"),
                  "approval.rule.count: of 1 approvers, between 1 and 1 can be asked for; this is 2");
  CAF_CHECK_EQUAL(
      approval("on_timeout: TIMEOUT_ESCALATE"),
      "approval.escalate_to: `on_timeout: escalate` asks others besides; name them in `escalate_to`");
  CAF_CHECK_EQUAL(approval("escalate_to: 'q'"),
                  "approval.escalate_to: `escalate_to` goes with `on_timeout: escalate` only");
  CAF_CHECK_EQUAL(approval("on_timeout: TIMEOUT_ESCALATE escalate_to: 'p'"),
                  "approval.escalate_to[0]: 'p' is named twice; everybody answers once");
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += "approvers: 'a" + std::to_string(i) + "'";
  CAF_CHECK_EQUAL(approval(all), "approval.approvers: 101 principals are named; at most 100 are allowed");
}

CAF_TEST(a monitor takes at least one sample) {
  auto monitor = [](const std::string& fields) {
    return of("monitor { sample { required: 'x' } healthy: 'sample' " + fields + " }");
  };
  CAF_CHECK_EQUAL(monitor("every_ms: 5 for_ms: 5"), "right");
  CAF_CHECK_EQUAL(
      monitor("every_ms: 5 for_ms: 4"),
      "monitor.for: a monitor that takes a sample every 5 ms lasts at least as long; this is 4 ms");
  CAF_CHECK_EQUAL(monitor(""), range("monitor.every", "0", 1) + "\n" + range("monitor.for", "0", 1));
  CAF_CHECK_EQUAL(
      of("monitor { healthy: 'sample' every_ms: 1 for_ms: 1 }"),
      "monitor.sample.required: it requires no capability, so no agent could be chosen; name at least one");
}

CAF_TEST(a child has a workflow and an expansion is bounded) {
  CAF_CHECK_EQUAL(of("child {}"), "child.workflow: a child has a name");
  CAF_CHECK_EQUAL(of("child { workflow: 'w' on_close: 7 }"),
                  "child.on_close: this word is not known; the reference of workflows lists those that are");
  CAF_CHECK_EQUAL(of("expand { task { required: 'x' } max_steps: 1001 }"),
                  "expand.max_steps: a task may return at most 1000 steps; this is 1001");
  CAF_CHECK_EQUAL(
      of("expand { capabilities: '' }"),
      "expand.task.required: it requires no capability, so no agent could be chosen; name at least one\n"
      "expand.capabilities[0]: a capability has a name");
}
