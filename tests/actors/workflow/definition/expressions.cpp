// An expression reads only what there is when it is evaluated.
#define CAF_SUITE actors.workflow.definition.expressions
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/definition/given.hpp>

using namespace troupe;

namespace {

const std::string start = "steps[1].when: line 1, column 1: ";

// What is wrong with a condition of `b`, beside the independent `a`.
std::string reads(const std::string& when, const std::string& more = {}) {
  return checked(task("a") + task("b", "when: \"" + when + "\"") + task("ci-build") + more);
}

} // namespace

CAF_TEST(names are those of the place) {
  CAF_CHECK_EQUAL(reads("inputs.x and vars.v", "variables { name: 'v' }"), "right");
  CAF_CHECK_EQUAL(
      reads("input.x"),
      start + "nothing is called 'input' here; known are inputs, vars, steps; did you mean 'inputs'?");
  CAF_CHECK_EQUAL(
      reads("error"),
      start + "`error` is known only in a step that catches another one; known here are inputs, vars, steps");
  CAF_CHECK_EQUAL(reads("item"),
                  start + "`item` is known only in the body of a map; known here are inputs, vars, steps");
  CAF_CHECK_EQUAL(
      reads("index"),
      start + "`index` is known only in the body of a map or a loop; known here are inputs, vars, steps");
  CAF_CHECK_EQUAL(reads("last"),
                  start + "`last` is known only in a loop; known here are inputs, vars, steps");
  CAF_CHECK_EQUAL(reads("result"),
                  start + "`result` is known only in `set`; known here are inputs, vars, steps");
  CAF_CHECK_EQUAL(reads("sample"),
                  start + "`sample` is known only in `healthy`; known here are inputs, vars, steps");
  CAF_CHECK_EQUAL(checked(task("a") + task("b", "catches: 'a' when: 'error.code'")), "right");
  CAF_CHECK_EQUAL(checked(step("m", "map { over: 'item' body { " + task("b", "when: 'last'") + "} }")),
                  "steps[0].map.over: line 1, column 1: `item` is known only in the body of a map; known "
                  "here are inputs, vars, steps\n"
                  "steps[0].map.body.steps[0].when: line 1, column 1: `last` is known only in a loop; known "
                  "here are inputs, vars, steps, "
                  "item, index");
}

CAF_TEST(inputs and variables are declared) {
  CAF_CHECK_EQUAL(reads("inputs.anything"), "right");
  CAF_CHECK_EQUAL(reads("inputs.amont", "inputs { name: 'amount' }"),
                  start + "it reads `inputs.amont`, but no such input is declared; did you mean 'amount'?");
  CAF_CHECK_EQUAL(reads("vars.x"), start + "it reads `vars.x`, but no such variable is declared");
  CAF_CHECK_EQUAL(reads("len(inputs) + len(vars)", "inputs { name: 'amount' }"), "right");
}

CAF_TEST(a step is read when it has ended) {
  CAF_CHECK_EQUAL(reads("steps.a"),
                  start + "it reads `steps.a`, which may not have ended yet; add 'a' to `needs` of 'b'");
  CAF_CHECK_EQUAL(
      checked(task("a") + task("b", "needs: 'a'") + task("c", "catches: 'b' when: 'steps.a and steps.b'")),
      "right");
  CAF_CHECK_EQUAL(checked(task("b", "when: \"true and\\n steps['a']\"") + task("a", "needs: 'b'")),
                  "steps[0].when: line 2, column 2: it reads `steps.a`, which begins only after 'b'");
  CAF_CHECK_EQUAL(reads("steps.b"),
                  start + "it reads `steps.b`, its own result; only `set` sees that, as `result`");
  CAF_CHECK_EQUAL(
      reads("#steps"),
      "steps[1].when: line 1, column 2: `steps` is read by the names of steps only: `steps.build`, or "
      "`at(steps.build, \"version\")`");
}

CAF_TEST(a step that does not exist is not read) {
  CAF_CHECK_EQUAL(reads("steps.ci_build"),
                  start + "it reads `steps.ci_build`, but there is no such step; did you mean 'ci-build'?");
  CAF_CHECK_EQUAL(
      reads("steps.ci - 1"),
      start + "it reads `steps.ci`, but there is no such step; write `steps[\"ci-build\"]` if that is meant");
  CAF_CHECK_EQUAL(
      checked(step("p", "parallel { " + task("in") + "}") + task("b", "needs: 'p' when: 'steps[\"in\"]'")),
      start + "it reads `steps.in`, a step inside of another one; read the result of that one");
}

CAF_TEST(a block reads what came before the step around it) {
  auto body = [](const std::string& needs, const std::string& when) {
    return checked(task("a") +
                   step("m", needs + " loop { max_rounds: 2 until: 'last' body { " +
                                 step("p", "parallel { " + task("b", "when: '" + when + "'") + "}") + "} }"));
  };
  auto where = std::string{"steps[1].loop.body.steps[0].parallel.steps[0].when: line 1, column 1: "};
  CAF_CHECK_EQUAL(body("needs: 'a'", "steps.a"), "right");
  CAF_CHECK_EQUAL(body("", "steps.a"),
                  where + "it reads `steps.a`, which may not have ended yet; add 'a' to `needs` of 'm'");
  CAF_CHECK_EQUAL(body("", "steps.p"),
                  where + "it reads `steps.p`, the result of the step around it, which has not ended yet");
}

CAF_TEST(a compensation reads what it undoes and what came before that) {
  auto undo = [](const std::string& when) {
    return checked(task("a") + task("b", "needs: 'a' compensation: 'undo'") +
                   task("undo", "when: '" + when + "'") + task("c"));
  };
  CAF_CHECK_EQUAL(undo("steps.a and steps.b"), "right");
  CAF_CHECK_EQUAL(undo("steps.c"), "steps[2].when: line 1, column 1: it reads `steps.c`, which may not have "
                                   "ended yet; add 'c' to `needs` of 'b'");
  CAF_CHECK_EQUAL(
      checked(task("b", "compensation: 'undo'") + task("undo") + task("c", "needs: 'b' when: 'steps.undo'")),
      "steps[2].when: line 1, column 1: it reads `steps.undo`, the compensation of 'b', which begins only "
      "when the run fails "
      "or is cancelled");
}
