// An expression reads what there is at its place, and nothing else.
#define CAF_SUITE actors.workflow.run.documents
#include "given.hpp"

using namespace troupe;

namespace {

std::string text_of_last(const std::string& expression, const std::vector<argument>& inputs = {}) {
  auto run = started(R"(
name: w
inputs: [{name: code, type: string, optional: true}, {name: order, optional: true}]
variables: [{name: v, initial: '{ n = 1 }'}]
steps:
  - {id: a, task: {required: [say], inputs: {text: '{"k":"v"}'}}}
  - {id: skipped, when: 'false', task: {required: [say]}}
  - {id: last, needs: [a, skipped], task: {required: [say]}, with: {text: ')" +
                         expression + R"('}}
)",
                     inputs);
  return run.status() == RUN_COMPLETED ? run.result() : run.failure();
}

} // namespace

CAF_TEST(inputs are read as their type says) {
  CAF_CHECK_EQUAL(text_of_last("type(inputs.code)", {{"code", "7"}}), std::string{"string"});
  CAF_CHECK_EQUAL(text_of_last("type(inputs.order)", {{"order", "7"}}), std::string{"number"});
  CAF_CHECK_EQUAL(text_of_last("inputs.order.id", {{"order", R"({"id":"x"})"}}), std::string{"x"});
  CAF_CHECK_EQUAL(text_of_last("inputs", {{"code", "c"}, {"order", "7"}}),
                  std::string{R"({"code":"c","order":7})"});
}

CAF_TEST(what is not there is nil) {
  CAF_CHECK_EQUAL(text_of_last("type(inputs.code)"), std::string{"nil"});
  CAF_CHECK_EQUAL(text_of_last("type(steps.skipped)"), std::string{"nil"});
  CAF_CHECK_EQUAL(text_of_last("keys(inputs)"), std::string{"[]"});
}

CAF_TEST(results and variables are read by name or as a whole) {
  CAF_CHECK_EQUAL(text_of_last("steps.a.k"), std::string{"v"});
  CAF_CHECK_EQUAL(text_of_last("vars.v.n + 1"), std::string{"2"});
  CAF_CHECK_EQUAL(text_of_last("vars"), std::string{R"({"v":{"n":1}})"});
}

CAF_TEST(a failure names the expression) {
  CAF_CHECK_EQUAL(text_of_last("steps.a.k + 1").find("step last: input 'text': `steps.a.k + 1`: "), 0u);
}

CAF_TEST(a first value of another type refuses the run) {
  auto run = given(R"(
name: w
inputs: [{name: x, type: number}]
variables: [{name: n, type: integer, initial: inputs.x}]
steps: [{id: a, task: {required: [say]}}]
)");
  CAF_CHECK_EQUAL(describe(run.start({{"x", "1.5"}})),
                  std::string{"invalid_argument: variable 'n': gives no integer: 1.5"});
  CAF_CHECK(!run.start({{"x", "15"}}));
}
