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

StartWorkflow start_with(const RunFork& fork) {
  StartWorkflow start;
  *start.mutable_definition() = definition_of(chain);
  *start.mutable_fork() = fork;
  return start;
}

} // namespace

CAF_TEST(a fork keeps what does not follow from its step) {
  auto first = started(chain);
  auto fork = plan_fork(played(first), "b");
  CAF_REQUIRE(fork);
  CAF_CHECK_EQUAL(fork->kept_size(), 2);
  fork->mutable_variables(0)->set_value("9");
  auto second = given(chain);
  CAF_REQUIRE(!second.send(start_with(*fork)));
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
  CAF_REQUIRE(!second.send(start_with(*fork)));
  CAF_CHECK_EQUAL(second.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(second.times("undo"), 0);
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
