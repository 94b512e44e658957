// The end of a step reaches all that wait for it, and nobody else.
#define CAF_SUITE actors.workflow.run.settle
#include "given.hpp"

using namespace troupe;

constexpr auto caught = R"(
name: w
steps:
  - {id: a, task: {required: [work]}}
  - {id: next, needs: [a], task: {required: [say]}}
  - {id: handler, catches: [a], task: {required: [say]}, with: {text: 'error.step .. ": " .. error.code .. ": " .. error.text'}}
  - {id: last, needs: [next, handler], task: {required: [say]}, with: {text: 'steps.handler or "no trouble"'}}
)";

CAF_TEST(a failure goes to its handler and the run goes on behind it) {
  auto run = given(caught);
  run.fail("work", ec::invalid_argument, "no such branch");
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.status_of("a"), STEP_FAILED);
  CAF_CHECK_EQUAL(run.status_of("next"), STEP_SKIPPED);
  CAF_CHECK_EQUAL(run.result(), std::string{"a: invalid_argument: no such branch"});
}

CAF_TEST(a handler that is not needed is skipped) {
  auto run = given(caught);
  run.fake("work", "fine");
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status_of("handler"), STEP_SKIPPED);
  CAF_CHECK_EQUAL(run.result(), std::string{"no trouble"});
}

CAF_TEST(a failure that is handled is no dead letter) {
  auto run = given(caught);
  run.fail("work", ec::action_failed);
  CAF_REQUIRE(!run.start());
  run.pass(1h); // its retries
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK(!run.state().steps(0).task().dead_letter());
}

CAF_TEST(a step that may fail counts as completed with null) {
  auto run = started(R"(
name: w
steps:
  - {id: a, may_fail: true, task: {required: [break]}}
  - {id: b, needs: [a], task: {required: [say]}, with: {text: 'steps.a == nil and "nothing" or "something"'}}
)");
  CAF_CHECK_EQUAL(run.status_of("a"), STEP_FAILED);
  CAF_CHECK_EQUAL(run.result(), std::string{"nothing"});
}

CAF_TEST(a failure that nobody handles ends the run and what is at work) {
  auto run = given(R"(
name: w
steps:
  - {id: a, task: {required: [break]}}
  - {id: b, task: {required: [never]}}
  - {id: c, needs: [a], task: {required: [say]}}
)");
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.failure(), std::string{"step a: a broke"});
  CAF_CHECK_EQUAL(run.status_of("b"), STEP_CANCELLED);
  CAF_CHECK_EQUAL(run.status_of("c"), STEP_PENDING);
}

CAF_TEST(variables are written when a step completes and before the next begins) {
  auto run = started(R"(
name: w
variables: [{name: sum, type: integer, initial: '10'}]
steps:
  - {id: a, task: {required: [say], inputs: {text: '5'}}, set: {sum: vars.sum + result}}
  - {id: b, needs: [a], task: {required: [say]}, with: {text: vars.sum}}
)");
  CAF_CHECK_EQUAL(run.result(), std::string{"15"});
  CAF_CHECK_EQUAL(run.variable("sum"), std::string{"15"});
  CAF_CHECK_EQUAL(run.state().variables(0).by(), std::string{"a"});
}

CAF_TEST(a variable takes no value of another type) {
  auto run = started(R"(
name: w
variables: [{name: sum, type: integer, initial: '0'}]
steps: [{id: a, task: {required: [say], inputs: {text: many}}, set: {sum: result}}]
)");
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.failure(), std::string{R"(step a: variable 'sum': it is no integer: "many")"});
}
