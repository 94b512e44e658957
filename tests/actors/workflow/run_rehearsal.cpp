// A workflow is rehearsed in ten lines: fakes do the tasks, and a day passes at once.
#define CAF_SUITE actors.workflow.run_rehearsal
#include "run/given.hpp"

using namespace troupe;

CAF_TEST(a release is rehearsed without a node) {
  run_rehearsal run{definition_of(R"(
name: release
steps:
  - {id: build, task: {required: [build]}}
  - {id: ask, needs: [build], approval: {message: 'Ship it?', approvers: [ann], timeout: 1d}}
  - {id: ship, needs: [ask], task: {required: [ship]}}
)")};
  run.fake("build", "1.2.3", 20min).fake("ship", "shipped");
  CAF_REQUIRE(!run.start());
  run.pass(23h).approve("ask", "ann");
  CAF_CHECK_EQUAL(run.result(), std::string{"shipped"});
}

CAF_TEST(a task without a fake waits and one that fails is tried again) {
  auto run = given("name: w\nsteps: [{id: a, task: {required: [work]}}]\n");
  CAF_REQUIRE(!run.start());
  run.pass(24h);
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  auto twice = given(
      "name: w\nsteps: [{id: a, task: {required: [work], retry: {max_retries: 2, initial_delay: 1m}}}]\n");
  int tries = 0;
  twice.fake("work", [&](const TaskSpec&) -> caf::expected<std::string> {
    return ++tries < 3 ? caf::expected<std::string>{make_error(ec::tool_failed, "again")}
                       : std::string{"third"};
  });
  CAF_REQUIRE(!twice.start());
  twice.pass(1min);
  CAF_CHECK_EQUAL(tries, 2);
  twice.pass(1h);
  CAF_CHECK_EQUAL(twice.result(), std::string{"third"});
}

CAF_TEST(what a node would refuse is refused here) {
  auto run = given("name: w\ninputs: [{name: x}]\nsteps: [{id: a, task: {required: [say]}}]\n");
  CAF_CHECK_EQUAL(code_of(run.start()), ec::invalid_argument);
  CAF_CHECK(run.journal().empty());
}

CAF_TEST(a fake may know its step and its attempt) {
  auto run = given(R"(
name: w
steps:
  - id: all
    map:
      over: '{"x", "y"}'
      body: {steps: [{id: do, task: {required: [work], retry: {max_retries: 1}}}]}
)");
  run.fake_step("work", [](const std::string& step, const TaskState& task) -> caf::expected<std::string> {
    if (task.attempt() == 1)
      return make_error(ec::tool_failed, "again");
    return step + ", attempt " + std::to_string(task.attempt());
  });
  CAF_REQUIRE(!run.start());
  run.pass(1h);
  CAF_CHECK_EQUAL(run.result(), std::string{R"(["all.1.do, attempt 2","all.2.do, attempt 2"])"});
}
