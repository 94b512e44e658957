// Each timer and row of a run is there as long as it is needed, and a parent hears of the end until it has noted it.
#define CAF_SUITE actors.workflow.run.effects
#include "given.hpp"
#include <troupe/actors/workflow/run/effects.hpp>

using namespace troupe;

namespace {

constexpr auto many_waits = R"(
name: w
deadline: 1d
steps:
  - {id: pause, wait: {for: 2h}}
  - {id: ask, timeout: 3h, approval: {message: 'ok?', approvers: [ann], timeout: 4h}}
  - {id: hear, timeout: 5h, signal: {name: s}}
)";

} // namespace

CAF_TEST(what waits has its timers and loses them when it ends) {
  auto run = started(many_waits);
  std::vector<std::string> expected{"ask|due", "ask|timeout", "hear|timeout", "pause|due", "|deadline"};
  CAF_CHECK(run.timers() == expected);
  CAF_CHECK(!run.approve("ask", "ann"));
  CAF_CHECK(!run.signal("s"));
  expected = {"pause|due", "|deadline"};
  CAF_CHECK(run.timers() == expected);
  run.pass(2h);
  CAF_CHECK(run.timers().empty());
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
}

CAF_TEST(a run that is stopped leaves no timer) {
  auto run = started(many_waits);
  CAF_CHECK(!run.send(TerminateRun{}));
  CAF_CHECK(run.timers().empty());
}

CAF_TEST(a summary tells how far a run is) {
  auto run = started(many_waits);
  run_course course;
  course.own_ref = "default/run/x";
  for (auto& event : run.journal())
    course.apply(event);
  auto row = run_effects::summary_of(course);
  CAF_CHECK_EQUAL(row.ref(), std::string{"default/run/x"});
  CAF_CHECK_EQUAL(row.status(), std::string{"running"});
  CAF_CHECK_EQUAL(row.steps(), 3u);
  CAF_CHECK_EQUAL(row.steps_done(), 0u);
}

CAF_TEST(the parent of a run waits until it has noted the end) {
  auto run = given("name: w\nsteps: [{id: a, task: {required: [say]}}]\n");
  StartWorkflow start;
  *start.mutable_definition() = definition_of("name: w\nsteps: [{id: a, task: {required: [say]}}]\n");
  start.set_parent("default/run/p");
  start.set_parent_key("step|run");
  CAF_CHECK(!run.send(start));
  CAF_CHECK(run.state().parent_waits());
  CAF_CHECK(!run.send(ChildNoted{}));
  CAF_CHECK(!run.state().parent_waits());
}
