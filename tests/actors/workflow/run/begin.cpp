// Each kind of step begins when it should, with what it should be given.
#define CAF_SUITE actors.workflow.run.begin
#include "given.hpp"

using namespace troupe;

CAF_TEST(a task gets constants and what its expressions select) {
  auto run = started(R"(
name: w
steps:
  - id: first
    task: {required: [say], inputs: {text: '{"a":[1,{"b":"x"}]}'}}
  - id: second
    needs: [first]
    task: {required: [say]}
    with: {text: steps.first.a}
)");
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.result(), std::string{R"([1,{"b":"x"}])"});
}

CAF_TEST(a task without expressions gets the inputs of the run and the results of its needs) {
  auto run = given(R"(
name: w
steps:
  - {id: a, task: {required: [say]}}
  - {id: b, needs: [a], task: {required: [list]}}
)");
  std::string seen;
  run.fake("list", [&](const TaskSpec& task) -> caf::expected<std::string> {
    for (auto& input : task.inputs())
      seen += input.name() + "=" + input.value() + ";";
    return std::string{};
  });
  CAF_REQUIRE(!run.start({{"text", "hello"}}));
  CAF_CHECK_EQUAL(seen, std::string{"a=hello;text=hello;"});
}

CAF_TEST(a step whose condition does not hold is skipped with all that only it leads to) {
  auto run = started(R"(
name: w
inputs: [{name: go, type: boolean}]
steps:
  - {id: a, when: inputs.go, task: {required: [say]}}
  - {id: b, needs: [a], task: {required: [say]}}
  - {id: c, task: {required: [say]}}
  - {id: d, needs: [b, c], task: {required: [say]}, with: {text: 'steps.b == nil and "without b" or "with b"'}}
)",
                     {{"go", "false"}});
  CAF_CHECK_EQUAL(run.status_of("a"), STEP_SKIPPED);
  CAF_CHECK_EQUAL(run.status_of("b"), STEP_SKIPPED);
  CAF_CHECK_EQUAL(run.status_of("d"), STEP_COMPLETED);
  CAF_CHECK_EQUAL(run.result(), std::string{"without b"});
}

CAF_TEST(a condition that is neither true nor false fails its step) {
  auto run = started(R"(
name: w
steps: [{id: a, when: '1 + 1', task: {required: [say]}}]
)");
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK(run.failure().find("step a: `1 + 1`") == 0);
  CAF_CHECK_EQUAL(run.times("say"), 0);
}

constexpr auto choice = R"(
name: w
inputs: [{name: amount, type: number}]
steps:
  - id: choose
    decision:
      cases:
        - {name: large, when: inputs.amount > 100, then: [ask]}
        - {name: odd, when: inputs.amount % 2 == 1, then: [note]}
      otherwise: [pay]
  - {id: ask, needs: [choose], task: {required: [say]}}
  - {id: note, needs: [choose], task: {required: [say]}}
  - {id: pay, needs: [choose], task: {required: [say]}}
)";

CAF_TEST(a decision takes the first case that holds) {
  auto run = started(choice, {{"amount", "101"}});
  CAF_CHECK_EQUAL(run.result_of("choose"), std::string{R"(["large"])"});
  CAF_CHECK_EQUAL(run.status_of("ask"), STEP_COMPLETED);
  CAF_CHECK_EQUAL(run.status_of("note"), STEP_SKIPPED);
  CAF_CHECK_EQUAL(run.status_of("pay"), STEP_SKIPPED);
}

CAF_TEST(a decision without a case that holds goes on otherwise) {
  auto run = started(choice, {{"amount", "10"}});
  CAF_CHECK_EQUAL(run.result_of("choose"), std::string{"[]"});
  CAF_CHECK_EQUAL(run.status_of("pay"), STEP_COMPLETED);
  CAF_CHECK_EQUAL(run.status_of("ask"), STEP_SKIPPED);
}

CAF_TEST(a decision for every case takes all that hold) {
  auto text = std::string{choice};
  text.insert(text.find("      cases:"), "      every: true\n");
  auto run = started(text, {{"amount", "101"}});
  CAF_CHECK_EQUAL(run.status_of("ask"), STEP_COMPLETED);
  CAF_CHECK_EQUAL(run.status_of("note"), STEP_COMPLETED);
}

std::string join_of(const std::string& rule, const std::string& third) {
  return R"(
name: w
steps:
  - {id: a, task: {required: [say]}}
  - {id: b, task: {required: [slow]}}
  - {id: c, )" +
         third + R"(}
  - {id: j, needs: [a, b, c], join: )" +
         rule + R"(}
  - {id: after, needs: [j], task: {required: [say]}}
)";
}

CAF_TEST(a join for any goes on with the first and may cancel the rest) {
  auto run = given(join_of("{mode: any, cancel_rest: true}", "task: {required: [never]}"));
  run.fake("slow", "late", 1h);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status_of("after"), STEP_COMPLETED);
  CAF_CHECK_EQUAL(run.status_of("b"), STEP_CANCELLED);
  CAF_CHECK_EQUAL(run.status_of("c"), STEP_CANCELLED);
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
}

CAF_TEST(a join for a quorum does without one that fails) {
  auto run = given(join_of("{mode: quorum}", "task: {required: [break]}"));
  run.fake("slow", "late", 1h);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status_of("j"), STEP_PENDING);
  run.pass(1h);
  CAF_CHECK_EQUAL(run.status_of("after"), STEP_COMPLETED);
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
}

CAF_TEST(a join that too few can reach fails as soon as that is certain) {
  auto run = given(join_of("{mode: n_of, count: 3}", "task: {required: [break]}"));
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.failure(), std::string{"step j: 1 of 3 steps have succeeded; 3 have to"});
}

CAF_TEST(skipped steps do not count for a join) {
  auto run = given(join_of("{mode: all}", "when: 'false', task: {required: [never]}"));
  run.fake("slow", "late");
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status_of("c"), STEP_SKIPPED);
  CAF_CHECK_EQUAL(run.status_of("after"), STEP_COMPLETED);
}

CAF_TEST(a wait ends at its time and not before) {
  auto run = started(R"(
name: w
steps:
  - {id: pause, wait: {for: 90m}}
  - {id: after, needs: [pause], task: {required: [say]}}
)");
  run.pass(90min - 1ms);
  CAF_CHECK_EQUAL(run.status_of("after"), STEP_PENDING);
  run.pass(1ms);
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK(run.timers().empty());
}

CAF_TEST(a wait until a time that has passed is over at once) {
  auto run = started(R"(
name: w
inputs: [{name: at}]
steps: [{id: pause, wait: {until: inputs.at}}]
)",
                     {{"at", "1970-01-02T00:00:00Z"}});
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
}

CAF_TEST(a wait until what is no time fails) {
  auto run = started(R"(
name: w
inputs: [{name: at}]
steps: [{id: pause, wait: {until: inputs.at}}]
)",
                     {{"at", "tomorrow"}});
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK(run.failure().find("2026-01-31T12:00:00Z") != std::string::npos);
}

CAF_TEST(the timeout of a task ends it whatever it does) {
  auto run = given(R"(
name: w
steps: [{id: a, timeout: 10m, task: {required: [never]}}]
)");
  CAF_REQUIRE(!run.start());
  run.pass(10min - 1ms);
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  run.pass(1ms);
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
}
