// A fork takes over what had ended, and begins anew where it is told.
#define CAF_SUITE actors.workflow.run.fork
#include "given.hpp"
#include <troupe/actors/workflow/run/fork.hpp>

using namespace troupe;

namespace {

constexpr auto chain = R"(
name: chain
variables: [{name: v, type: integer, initial: '1'}]
steps:
  - {id: a, task: {required: [say]}, set: {v: '7'}, compensation: undo}
  - {id: side, task: {required: [say]}}
  - {id: b, needs: [a], task: {required: [say]}, with: {text: vars.v}}
  - {id: c, needs: [b, side], task: {required: [say]}, with: {text: 'steps.b .. steps.side'}}
  - {id: undo, task: {required: [undo]}}
)";

run_course played(const run_rehearsal& run) {
  run_course course;
  course.own_ref = "default/run/first";
  for (auto& event : run.journal())
    course.apply(event);
  return course;
}

} // namespace

CAF_TEST(a fork keeps what does not follow from its step) {
  auto first = started(chain);
  auto fork = plan_fork(played(first), "b");
  CAF_REQUIRE(fork);
  CAF_CHECK_EQUAL(fork->fork().kept_size(), 2);
  fork->mutable_fork()->mutable_variables(0)->set_value("9");
  auto second = given(chain);
  CAF_REQUIRE(!second.send(*fork));
  CAF_CHECK_EQUAL(second.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(second.result(), std::string{"9said"});
  CAF_CHECK_EQUAL(second.times("say"), 2);
  CAF_CHECK_EQUAL(second.state().forked_from(), std::string{"default/run/first"});
}

CAF_TEST(a fork undoes nothing that another run has done) {
  auto first = started(chain);
  auto fork = plan_fork(played(first), "c");
  CAF_REQUIRE(fork);
  auto second = given(chain);
  second.fail("say", ec::invalid_argument);
  CAF_REQUIRE(!second.send(*fork));
  CAF_CHECK_EQUAL(second.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(second.times("undo"), 0);
}

CAF_TEST(a fork begins nothing again that a join has given up) {
  constexpr auto race = R"(
name: race
steps:
  - {id: fast, task: {required: [say]}}
  - {id: slow, signal: {name: never}}
  - {id: first, needs: [fast, slow], join: {mode: any, cancel_rest: true}}
  - {id: last, needs: [first], task: {required: [say]}}
)";
  auto first = started(race);
  auto fork = plan_fork(played(first), "last");
  CAF_REQUIRE(fork);
  CAF_CHECK_EQUAL(fork->fork().kept_size(), 3);
  auto second = given(race);
  CAF_REQUIRE(!second.send(*fork));
  CAF_CHECK_EQUAL(second.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(second.times("say"), 1);
  fork = plan_fork(played(first), "fast");
  CAF_REQUIRE(fork);
  auto third = given(race);
  CAF_REQUIRE(!third.send(*fork));
  CAF_CHECK_EQUAL(third.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(third.status_of("slow"), STEP_CANCELLED);
}

CAF_TEST(a fork tries again what had failed elsewhere) {
  constexpr auto beside = R"(
name: beside
steps:
  - {id: good, task: {required: [say]}}
  - {id: bad, needs: [wait], task: {required: [break]}}
  - {id: wait, wait: {for: 1s}}
)";
  auto first = started(beside);
  first.pass(1min);
  CAF_REQUIRE_EQUAL(first.status(), RUN_FAILED);
  auto fork = plan_fork(played(first), "good");
  CAF_REQUIRE(fork);
  auto second = given(beside);
  CAF_REQUIRE(!second.send(*fork));
  CAF_CHECK_EQUAL(second.status(), RUN_FAILED);
  auto third = given(beside);
  third.fake("break", "mended");
  CAF_REQUIRE(!third.send(*fork));
  CAF_CHECK_EQUAL(third.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(third.status_of("bad"), STEP_COMPLETED);
}

CAF_TEST(a fork from nowhere is refused) {
  auto first = given(chain);
  first.fake("say", "x", 1h);
  CAF_REQUIRE(!first.start());
  auto course = played(first);
  CAF_CHECK_EQUAL(code_of(plan_fork(course, "nobody").error()), ec::not_found);
  CAF_CHECK_EQUAL(code_of(plan_fork(course, "undo").error()), ec::not_found);
  CAF_CHECK_EQUAL(code_of(plan_fork(course, "c").error()), ec::conflict);
}

CAF_TEST(a fork that does not fit its definition is refused) {
  RunFork fork;
  fork.add_kept()->set_step("nobody");
  CAF_CHECK_EQUAL(code_of(check_fork(definition_of(chain), fork)), ec::invalid_argument);
  fork.clear_kept();
  auto* variable = fork.add_variables();
  variable->set_name("v");
  variable->set_value("many");
  CAF_CHECK_EQUAL(describe(check_fork(definition_of(chain), fork)),
                  std::string{"invalid_argument: variable 'v' is of type integer"});
}
