// What is said step by step stands in the definition, and nothing else.
#define CAF_SUITE behaviors.workflow_builder
#include <caf/test/unit_test.hpp>
#include <google/protobuf/text_format.h>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/messages.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

WorkflowDefinition expected(const std::string& text) {
  WorkflowDefinition result;
  CAF_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &result));
  return result;
}

// The one step that is said.
template <class Say>
StepDefinition step(Say say) {
  workflow_builder flow{"one"};
  auto begun = flow.step("s");
  say(begun);
  return flow.definition().steps(0);
}

StepDefinition expected_step(const std::string& kind) {
  return expected("steps { id: 's' " + kind + " }").steps(0);
}

// What is printed is read as what was built.
void check_forms(const WorkflowDefinition& built) {
  for (auto& text : {to_yaml(built), to_json(built)}) {
    auto read = read_workflow(text);
    CAF_CHECK_EQUAL(to_string(read.problems, "f"), "");
    CAF_CHECK_EQUAL(read.definition, built);
    CAF_CHECK_EQUAL(content_hash(read.definition), content_hash(built));
  }
}

} // namespace

CAF_TEST(a definition holds what was said and nothing else) {
  RetryPolicy twice;
  twice.set_max_retries(2);
  workflow_builder flow{"release", "2.0.0"};
  flow.step("build", "code.build").input("target", "all").retry(twice).priority(PRIORITY_HIGH);
  flow.step("ship", "code.ship").needs({"build"});
  flow.result("build");
  WorkflowDefinition expected;
  CAF_REQUIRE(google::protobuf::TextFormat::ParseFromString(R"(
    name: "release" version: "2.0.0" result: "build"
    steps { id: "build" task {
      required: "code.build" priority: PRIORITY_HIGH inputs { name: "target" value: "all" } retry { max_retries: 2 } } }
    steps { id: "ship" task { required: "code.ship" } needs: "build" })",
                                                            &expected));
  CAF_CHECK_EQUAL(flow.definition(), expected);
}

CAF_TEST(a definition nobody has said anything about has a version and no steps) {
  workflow_builder flow{"empty"};
  CAF_CHECK_EQUAL(flow.definition().version(), "1.0.0");
  CAF_CHECK_EQUAL(flow.definition().steps_size(), 0);
  CAF_CHECK(flow.definition().result().empty());
}

CAF_TEST(a step says when it begins and what follows) {
  CAF_CHECK_EQUAL(
      step([](auto& s) {
        s.needs({"a", "b"})
            .catches({"c"})
            .when("inputs.x")
            .with("n", "1")
            .with("m", "2")
            .set("v", "result")
            .compensation("undo");
        s.timeout(90s).may_fail().description("why").checkpoint("here");
      }),
      expected_step(R"(needs: "a" needs: "b" catches: "c" when: "inputs.x" with { name: "m" value: "2" }
                    with { name: "n" value: "1" } set { name: "v" value: "result" } compensation: "undo" timeout_ms: 90000
                    may_fail: true description: "why" checkpoint { label: "here" })"));
}

CAF_TEST(what is said of a task stands in the task of the step) {
  RetryPolicy once;
  once.set_no_retry(true);
  CAF_CHECK_EQUAL(
      step([&](auto& s) {
        s.task("a.b").input("z", "1").input("a", "2").input("z", "3").retry(once).priority(PRIORITY_LOW);
        s.attempt_timeout(5s).concurrency_key("k").idempotent();
      }),
      expected_step(R"(task { required: "a.b" inputs { name: "a" value: "2" } inputs { name: "z" value: "3" }
                    retry { no_retry: true } priority: PRIORITY_LOW timeout_ms: 5000 concurrency_key: "k" idempotent: true })"));
  CAF_CHECK_EQUAL(
      step([](auto& s) {
        s.monitor({.capability = "m", .healthy = "sample"}).input("a", "1").attempt_timeout(1s);
      }),
      expected_step(R"(monitor { sample { required: "m" inputs { name: "a" value: "1" } timeout_ms: 1000 }
                    healthy: "sample" })"));
  CAF_CHECK_EQUAL(step([](auto& s) { s.expand("plan").idempotent(); }),
                  expected_step(R"(expand { task { required: "plan" idempotent: true } })"));
}

CAF_TEST(every kind of step can be said) {
  block_builder body;
  body.step("first", "a.b").with("x", "item");
  body.step("second").needs({"first"}).checkpoint();
  body.result("first");
  auto steps = std::string{R"(steps { id: "first" with { name: "x" value: "item" } task { required: "a.b" } }
    steps { id: "second" needs: "first" checkpoint {} })"};
  auto block = "body { " + steps + " result: 'first' }";
  CAF_CHECK_EQUAL(step([](auto& s) {
                    s.decide({{"inputs.x > 1", {"a", "b"}, "big"}, {"true", {"c"}}}, {"d"}, true);
                  }),
                  expected_step(R"(decision { cases { name: "big" when: "inputs.x > 1" then: "a" then: "b" }
                    cases { when: "true" then: "c" } otherwise: "d" every: true })"));
  CAF_CHECK_EQUAL(step([](auto& s) { s.join(join_n_of(2, true)); }),
                  expected_step("join { mode: JOIN_N_OF count: 2 cancel_rest: true }"));
  CAF_CHECK_EQUAL(step([](auto& s) { s.join(join_all()); }), expected_step("join {}"));
  CAF_CHECK_EQUAL(step([&](auto& s) { s.parallel(body); }), expected_step("parallel { " + steps + " }"));
  CAF_CHECK_EQUAL(step([&](auto& s) { s.parallel(body, join_any(true)); }),
                  expected_step("parallel { " + steps + " join { mode: JOIN_ANY cancel_rest: true } }"));
  CAF_CHECK_EQUAL(
      step([&](auto& s) { s.map({.over = "inputs.l", .max_parallel = 4, .join = join_quorum()}, body); }),
      expected_step("map { over: 'inputs.l' max_parallel: 4 join { mode: JOIN_QUORUM } " + block + " }"));
  CAF_CHECK_EQUAL(
      step([&](auto& s) {
        s.loop({.until = "last", .max_rounds = 5, .pause = 10s, .may_exhaust = true}, body);
      }),
      expected_step("loop { until: 'last' max_rounds: 5 pause_ms: 10000 may_exhaust: true " + block + " }"));
  LoopBudget budget;
  budget.set_ledger("purse");
  budget.set_per_round(5);
  CAF_CHECK_EQUAL(step([&](auto& s) { s.loop({.until = "last", .max_rounds = 5, .budget = budget}, body); }),
                  expected_step("loop { until: 'last' max_rounds: 5 " + block +
                                " budget { ledger: 'purse' per_round: 5 } }"));
  CAF_CHECK_EQUAL(step([](auto& s) { s.wait(2h); }), expected_step("wait { for_ms: 7200000 }"));
  CAF_CHECK_EQUAL(step([](auto& s) { s.wait_until("inputs.t"); }),
                  expected_step("wait { until: 'inputs.t' }"));
  CAF_CHECK_EQUAL(step([](auto& s) { s.signal("paid", TYPE_OBJECT); }),
                  expected_step("signal { name: 'paid' type: TYPE_OBJECT }"));
  CAF_CHECK_EQUAL(
      step([](auto& s) {
        s.approval({.message = "Ship?",
                    .approvers = {"ann", "bob"},
                    .rule = join_any(),
                    .timeout = 1h,
                    .on_timeout = TIMEOUT_ESCALATE,
                    .escalate_to = {"lead"},
                    .may_reject = true});
      }),
      expected_step(R"(approval { message: "Ship?" approvers: "ann" approvers: "bob" rule { mode: JOIN_ANY }
                    timeout_ms: 3600000 on_timeout: TIMEOUT_ESCALATE escalate_to: "lead" may_reject: true })"));
  CAF_CHECK_EQUAL(step([](auto& s) { s.checkpoint(); }), expected_step("checkpoint {}"));
  CAF_CHECK_EQUAL(
      step([](auto& s) {
        s.monitor({.capability = "m", .healthy = "sample.ok", .every = 30s, .lasting = 10min, .tolerate = 2});
      }),
      expected_step(R"(monitor { sample { required: "m" } healthy: "sample.ok" every_ms: 30000 for_ms: 600000
                    tolerate: 2 })"));
  CAF_CHECK_EQUAL(step([](auto& s) { s.child("other", 3, CLOSE_ABANDON); }),
                  expected_step("child { workflow: 'other' revision: 3 on_close: CLOSE_ABANDON }"));
  CAF_CHECK_EQUAL(
      step([](auto& s) {
        s.expand("plan", 20, {"a", "b"});
      }),
      expected_step(
          R"(expand { task { required: "plan" } max_steps: 20 capabilities: "a" capabilities: "b" })"));
}

CAF_TEST(what is built is printed in both forms and read again with the same hash) {
  block_builder each;
  each.step("resize", "pictures.resize").with("picture", "item").input("width", "640");
  workflow_builder flow{"album", "3"};
  flow.description("Two lines:\nyes\n").deadline(1h);
  flow.input("pictures", TYPE_LIST, "urls")
      .optional_input("width", TYPE_INTEGER, "640")
      .variable("done", TYPE_BOOLEAN, "false");
  flow.step("each").map({.over = "inputs.pictures"}, each).set("done", "true");
  flow.step("ask").needs({"each"}).approval({.message = "\"Good\": yes #1", .approvers = {"ann"}});
  flow.step("mark").needs({"ask"}).checkpoint();
  flow.result("each");
  CAF_CHECK_EQUAL(flow.definition(), expected(R"(
    name: "album" version: "3" description: "Two lines:\nyes\n" deadline_ms: 3600000 result: "each"
    inputs { name: "pictures" type: TYPE_LIST description: "urls" }
    inputs { name: "width" type: TYPE_INTEGER optional: true default_value: "640" }
    variables { name: "done" type: TYPE_BOOLEAN initial: "false" }
    steps { id: "each" set { name: "done" value: "true" } map { over: "inputs.pictures" body { steps {
      id: "resize" with { name: "picture" value: "item" }
      task { required: "pictures.resize" inputs { name: "width" value: "640" } } } } } }
    steps { id: "ask" needs: "each" approval { message: "\"Good\": yes #1" approvers: "ann" } }
    steps { id: "mark" needs: "ask" checkpoint {} })"));
  check_forms(flow.definition());
}
