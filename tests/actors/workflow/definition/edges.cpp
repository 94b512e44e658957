// Steps lead to each other so that each may begin.
#define CAF_SUITE actors.workflow.definition.edges
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/definition/given.hpp>

using namespace troupe;

CAF_TEST(needed and caught steps are of the same block) {
  CAF_CHECK_EQUAL(checked(task("build") + task("b", "needs: 'biuld' catches: 'ghost'")),
                  "steps[1].needs[0]: 'b' needs 'biuld', which does not exist; did you mean 'build'?\n"
                  "steps[1].catches[0]: 'b' catches 'ghost', which does not exist");
  CAF_CHECK_EQUAL(checked(step("p", "parallel { " + task("in") + "}") + task("b", "needs: 'in'")),
                  "steps[1].needs[0]: 'b' needs 'in', which is of another block "
                  "(steps[0].parallel.steps[0]); only steps of the "
                  "same block lead to each other");
  CAF_CHECK_EQUAL(checked(task("a") + task("b", "needs: 'a' needs: 'a'")),
                  "steps[1].needs[1]: 'b' needs 'a' twice; once is enough");
  CAF_CHECK_EQUAL(checked(task("a") + task("always", "needs: 'a' catches: 'a'")), "right");
}

CAF_TEST(a cycle is named step by step) {
  CAF_CHECK_EQUAL(checked(task("a", "needs: 'a'")), "steps[0].needs: the steps form a cycle: a -> a");
  CAF_CHECK_EQUAL(checked(task("a", "needs: 'b'") + task("b", "catches: 'a'")),
                  "steps[0].needs: the steps form a cycle: a -> b -> a");
  CAF_CHECK_EQUAL(checked(task("in", "needs: 'x'") + task("x", "needs: 'y'") + task("y", "needs: 'z'") +
                          task("z", "needs: 'x'")),
                  "steps[1].needs: the steps form a cycle: x -> y -> z -> x");
  CAF_CHECK_EQUAL(checked(step("p", "parallel { " + task("a", "needs: 'b'") + task("b", "needs: 'a'") + "}")),
                  "steps[0].parallel.steps[0].needs: the steps form a cycle: a -> b -> a");
  std::string ring;
  for (int i = 0; i < 60; ++i)
    ring += task("s" + std::to_string(i), "needs: 's" + std::to_string((i + 1) % 60) + "'");
  CAF_CHECK(checked(ring).ends_with(" -> s49 -> (10 more) -> s0"));
}

CAF_TEST(a failure that counts as completed is not caught) {
  CAF_CHECK_EQUAL(checked(task("a", "may_fail: true") + task("b", "catches: 'a'")),
                  "steps[1].catches[0]: 'b' catches 'a', which has `may_fail`: its failure counts as "
                  "completed and is never caught; "
                  "remove one of both");
}

CAF_TEST(a decision chooses among those who need it) {
  auto chooses = [](const std::string& then, const std::string& more) {
    return checked(step("d", "decision { cases { when: 'true' then: '" + then + "' } otherwise: 'b' }") +
                   task("b", "needs: 'd'") + more);
  };
  CAF_CHECK_EQUAL(chooses("b", ""), "right");
  CAF_CHECK_EQUAL(chooses("c", task("c", "needs: 'd'")), "right");
  CAF_CHECK_EQUAL(
      chooses("ghost", task("c", "needs: 'b'")),
      "steps[0].decision.cases[0].then[0]: the decision 'd' chooses 'ghost', which does not exist");
  CAF_CHECK_EQUAL(chooses("c", task("c", "catches: 'd'")),
                  "steps[0].decision.cases[0].then[0]: the decision 'd' chooses 'c', which does not need it; "
                  "add 'd' to `needs` of 'c'");
}

CAF_TEST(a step that no decision chooses needs something else) {
  auto decision = step("d", "decision { cases { when: 'true' then: 'b' } }") + task("b", "needs: 'd'");
  CAF_CHECK_EQUAL(checked(decision + task("c", "needs: 'd'") + task("after", "needs: 'c'")),
                  "steps[2].needs: 'c' can never begin: it needs only the decision 'd', which never chooses "
                  "it; name 'c' in `then` of a "
                  "case or in `otherwise`");
  CAF_CHECK_EQUAL(checked(decision + task("c", "needs: 'd' needs: 'b'")), "right");
  CAF_CHECK_EQUAL(checked(decision + task("c", "needs: 'd' catches: 'd'")), "right");
  auto two = step("e", "decision { cases { when: 'true' then: 'f' } }") + task("f", "needs: 'e'");
  CAF_CHECK_EQUAL(checked(decision + two + task("c", "needs: 'd' needs: 'e'")),
                  "steps[4].needs: 'c' can never begin: it needs only the decisions 'd', 'e', which never "
                  "choose it; name 'c' in `then` of "
                  "a case or in `otherwise`");
}

CAF_TEST(a join can hold) {
  auto steps = task("a") + task("b") + step("d", "decision { cases { when: 'true' then: 'e' } }") +
               task("e", "needs: 'd'");
  auto join = [&](const std::string& fields) { return checked(steps + step("j", fields)); };
  CAF_CHECK_EQUAL(join("needs: 'a' needs: 'b' join {}"), "right");
  CAF_CHECK_EQUAL(join("needs: 'a' needs: 'b' join { mode: JOIN_N_OF count: 2 }"), "right");
  CAF_CHECK_EQUAL(join("join {}"),
                  "steps[4].join: a join waits for steps it needs; name at least one in `needs`");
  CAF_CHECK_EQUAL(join("needs: 'a' needs: 'd' join { mode: JOIN_N_OF count: 2 }"),
                  "steps[4].join: the join waits for 2 of 1 steps that may lead to it, so it can never hold");
  CAF_CHECK_EQUAL(join("needs: 'a' needs: 'd' join { mode: JOIN_QUORUM }"), "right");
  CAF_CHECK_EQUAL(join("needs: 'a' join { mode: JOIN_N_OF count: 2 }"),
                  "steps[4].join: the join waits for 2 of 1 steps that may lead to it, so it can never hold\n"
                  "steps[4].join.count: of 1 needs, between 1 and 1 can be asked for; this is 2");
}

CAF_TEST(a compensation is nothing else) {
  auto undone_by = [](const std::string& undo, const std::string& more = {}) {
    return checked(undo + step("a", "task { required: 'x' } compensation: 'undo' ") + more);
  };
  auto start = std::string{"steps[1].compensation: the compensation of 'a' is 'undo', which "};
  CAF_CHECK_EQUAL(undone_by(task("undo")), "right");
  CAF_CHECK_EQUAL(undone_by(step("undo", "child { workflow: 'w' }")), "right");
  CAF_CHECK_EQUAL(undone_by(task("udno")), start + "does not exist; did you mean 'udno'?");
  CAF_CHECK_EQUAL(undone_by(step("p", "parallel { " + task("undo") + "}")),
                  start + "is of another block (steps[0].parallel.steps[0]); only steps of the same block "
                          "lead to each other");
  CAF_CHECK_EQUAL(undone_by(step("undo", "checkpoint {}")),
                  start + "is neither a task nor a child; only those undo something");
  CAF_CHECK_EQUAL(undone_by(task("undo", "needs: 'b'"), task("b")),
                  start + "has `needs` or `catches`; a compensation begins only when the run fails or is "
                          "cancelled, so it has neither");
  CAF_CHECK_EQUAL(undone_by(task("undo", "compensation: 'b'"), task("b") + task("last")),
                  start + "has a compensation itself; what undoes is not undone");
  CAF_CHECK_EQUAL(undone_by(task("undo"), task("b", "compensation: 'undo'")),
                  "steps[2].compensation: the compensation of 'b' is 'undo', which is that of 'a' already; "
                  "each step has one of its own");
  CAF_CHECK_EQUAL(undone_by(task("undo"), task("b", "catches: 'undo'")),
                  "steps[2].catches[0]: 'b' catches 'undo', which is the compensation of 'a' and begins only "
                  "when the run fails or is "
                  "cancelled");
  CAF_CHECK_EQUAL(checked(task("b", "compensation: 'b'") + task("c")),
                  "steps[0].compensation: the compensation of 'b' is 'b', which is the step itself; name "
                  "another one that undoes it");
}

CAF_TEST(the result is that of a step of the block) {
  CAF_CHECK_EQUAL(checked(task("build") + "result: 'biuld'"),
                  "result: the result is that of 'biuld', which does not exist; did you mean 'build'?");
  CAF_CHECK_EQUAL(checked(step("m", "map { over: 'inputs' body { result: 'm' " + task("b") + "} }")),
                  "steps[0].map.body.result: the result is that of 'm', which is of another block "
                  "(steps[0]); only steps of the same "
                  "block lead to each other");
  CAF_CHECK_EQUAL(checked(task("a", "compensation: 'b'") + task("b")), "right");
  CAF_CHECK_EQUAL(checked(task("a", "compensation: 'b'") + task("b") + "result: 'b'"),
                  "result: the result is that of 'b', which is the compensation of 'a' and does not begin "
                  "when all goes well; name "
                  "another step");
  CAF_CHECK_EQUAL(checked(task("a", "compensation: 'b'") + task("b") + "result: 'a'"), "right");
}
