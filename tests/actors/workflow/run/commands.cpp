// Commands change a run once, and are refused with a reason.
#define CAF_SUITE actors.workflow.run.commands
#include "given.hpp"
#include <troupe/actors/workflow/run/commands.hpp>
#include <troupe/actors/workflow/run/effects.hpp>

using namespace troupe;

namespace {

constexpr auto plain = R"(
name: plain
inputs: [{name: text, type: string}, {name: count, type: integer, optional: true, default_value: '3'}]
steps:
  - {id: a, task: {required: [work]}}
  - {id: b, needs: [a], task: {required: [say]}}
)";

std::string refusal(const caf::error& why) {
  return describe(why);
}

} // namespace

CAF_TEST(inputs are checked and completed) {
  auto run = given(plain);
  CAF_CHECK_EQUAL(refusal(run.start()), std::string{"invalid_argument: input 'text' is missing: string"});
  CAF_CHECK_EQUAL(
      refusal(run.start({{"text", "x"}, {"cuont", "1"}})),
      std::string{"invalid_argument: workflow 'plain' takes no input 'cuont'; did you mean 'count'?"});
  CAF_CHECK_EQUAL(refusal(run.start({{"text", "x"}, {"count", "many"}})),
                  std::string{"invalid_argument: input 'count' is no integer: many"});
  CAF_CHECK(!run.start({{"text", "7"}}));
  CAF_CHECK_EQUAL(run.state().inputs(0).value(), std::string{"3"});
}

CAF_TEST(the same start again is the same run and another is refused) {
  auto run = given(plain);
  CAF_CHECK(!run.start({{"text", "x"}}));
  auto events = run.journal().size();
  CAF_CHECK(!run.start({{"text", "x"}}));
  CAF_CHECK_EQUAL(run.journal().size(), events);
  CAF_CHECK_EQUAL(code_of(run.start({{"text", "y"}})), ec::already_exists);
}

CAF_TEST(a paused run begins nothing until it is resumed) {
  auto run = given(plain);
  run.fake("work", "done", 1min);
  CAF_REQUIRE(!run.start({{"text", "x"}}));
  CAF_CHECK(!run.send(PauseRun{}));
  CAF_CHECK_EQUAL(code_of(run.send(PauseRun{})), ec::conflict);
  run.pass(1h);
  CAF_CHECK_EQUAL(run.status_of("a"), STEP_COMPLETED);
  CAF_CHECK_EQUAL(run.status_of("b"), STEP_PENDING);
  run.crash(true);
  CAF_CHECK(!run.send(UnpauseRun{}));
  CAF_CHECK_EQUAL(run.result(), std::string{"x"});
  CAF_CHECK_EQUAL(code_of(run.send(UnpauseRun{})), ec::conflict);
}

CAF_TEST(a failed run is retried from what failed) {
  auto run = given(plain);
  run.fail("work", ec::invalid_argument, "not yet");
  CAF_REQUIRE(!run.start({{"text", "x"}}));
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  run.fake("work", "done");
  CAF_CHECK(!run.send(RetryRun{}));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(code_of(run.send(RetryRun{})), ec::conflict);
}

CAF_TEST(a step with others in it is retried as a whole) {
  auto run = given(R"(
name: w
steps:
  - {id: first, task: {required: [say]}}
  - id: all
    needs: [first]
    map: {over: '{1, 2, 3}', body: {steps: [{id: one, task: {required: [work]}}]}}
)");
  run.fail("work", ec::invalid_argument, "not yet");
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  run.fake("work", "1");
  CAF_CHECK(!run.send(RetryRun{}));
  CAF_CHECK_EQUAL(run.result(), std::string{"[1,1,1]"});
  CAF_CHECK_EQUAL(run.times("say"), 1);
}

CAF_TEST(what a join has given up is not retried) {
  auto run = given(R"(
name: race
steps:
  - {id: fast, task: {required: [say]}}
  - {id: slow, signal: {name: never}}
  - {id: one, needs: [fast, slow], join: {mode: any, cancel_rest: true}}
  - {id: last, needs: [one], task: {required: [work]}}
)");
  run.fail("work", ec::invalid_argument, "not yet");
  CAF_REQUIRE(!run.start());
  CAF_REQUIRE_EQUAL(run.status(), RUN_FAILED);
  run.fake("work", "done");
  CAF_CHECK(!run.send(RetryRun{}));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.status_of("slow"), STEP_CANCELLED);
}

CAF_TEST(a join that has failed is retried with what made it fail) {
  constexpr auto text = R"(
name: join
steps:
  - {id: one, needs: [a, b, c], join: {mode: quorum}}
  - {id: a, task: {required: [say]}}
  - {id: b, task: {required: [work]}}
  - {id: c, task: {required: [work]}}
)";
  auto run = given(text);
  run.fail("work", ec::invalid_argument, "not yet");
  CAF_REQUIRE(!run.start());
  CAF_REQUIRE_EQUAL(run.status(), RUN_FAILED);
  CAF_REQUIRE(!run.send(RetryRun{}));
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  run.crash(true);
  run.fake("work", "done");
  CAF_REQUIRE(!run.send(RetryRun{}));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.status_of("b"), STEP_COMPLETED);
  CAF_CHECK_EQUAL(run.times("say"), 1);
  CAF_CHECK_EQUAL(run.times("work"), 6);
}

constexpr auto waits = R"(
name: waits
steps:
  - {id: paid, signal: {name: paid, type: number}}
  - {id: after, needs: [paid], task: {required: [say]}, with: {text: steps.paid}}
)";

CAF_TEST(a signal is taken by the step that waits for it) {
  auto run = started(waits);
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  run.crash(true);
  CAF_CHECK(!run.signal("paid", "12"));
  CAF_CHECK_EQUAL(run.result(), std::string{"12"});
}

CAF_TEST(a signal that comes before its step waits for it) {
  auto run = given(R"(
name: waits
steps:
  - {id: first, task: {required: [work]}}
  - {id: paid, needs: [first], signal: {name: paid}}
)");
  run.fake("work", "done", 1min);
  CAF_REQUIRE(!run.start());
  CAF_CHECK(!run.signal("paid", "early"));
  CAF_CHECK(!run.signal("paid", "second"));
  run.pass(1min);
  CAF_CHECK_EQUAL(run.result(), std::string{"\"early\""});
}

CAF_TEST(a signal that nothing waits for is refused) {
  auto run = started(waits);
  CAF_CHECK_EQUAL(refusal(run.signal("piad", "1")),
                  std::string{"invalid_argument: workflow 'waits' waits for no signal 'piad'"});
  CAF_CHECK_EQUAL(refusal(run.signal("paid", "much")),
                  std::string{"invalid_argument: signal 'paid' takes a value of type number"});
}

CAF_TEST(people write variables of the right type) {
  auto run = given(R"(
name: w
variables: [{name: limit, type: integer, initial: '1'}]
steps: [{id: a, task: {required: [never]}}]
)");
  CAF_REQUIRE(!run.start());
  SetVariable set;
  set.set_name("limit");
  set.set_value("5");
  CAF_CHECK(!run.send(set, "ann"));
  CAF_CHECK_EQUAL(run.variable("limit"), std::string{"5"});
  CAF_CHECK_EQUAL(run.state().variables(0).by(), std::string{"ann"});
  set.set_value("five");
  CAF_CHECK_EQUAL(code_of(run.send(set)), ec::invalid_argument);
  set.set_name("limits");
  CAF_CHECK_EQUAL(code_of(run.send(set)), ec::not_found);
}

CAF_TEST(a run that has ended takes no commands) {
  auto run = given(plain);
  run.fake("work", "done");
  CAF_REQUIRE(!run.start({{"text", "x"}}));
  CAF_CHECK_EQUAL(code_of(run.send(CancelRun{})), ec::conflict);
  CAF_CHECK_EQUAL(code_of(run.send(TerminateRun{})), ec::conflict);
  CAF_CHECK_EQUAL(code_of(run.send(PauseRun{})), ec::conflict);
  CAF_CHECK_EQUAL(code_of(run.signal("x")), ec::conflict);
  run_rehearsal nobody{definition_of(plain)};
  CAF_CHECK_EQUAL(code_of(nobody.send(CancelRun{})), ec::not_found);
}

CAF_TEST(a signal reaches a step of a block that a task has returned) {
  auto run = given("name: w\nsteps: [{id: more, expand: {task: {required: [plan]}, capabilities: [say]}}]\n");
  run.fake("plan", "steps: [{id: paid, signal: {name: paid, type: number}}]", 1min);
  CAF_REQUIRE(!run.start());
  run.pass(1min);
  CAF_CHECK_EQUAL(code_of(run.signal("paid", "much")), ec::invalid_argument);
  CAF_CHECK(!run.signal("unpaid")); // another block may have waited for it
  CAF_CHECK(!run.signal("paid", "12"));
  CAF_CHECK_EQUAL(run.result(), std::string{"12"});
}

CAF_TEST(a signal may come before the block whose step waits for it) {
  for (std::string value : {"12", "much"}) {
    auto run =
        given("name: w\nsteps: [{id: more, expand: {task: {required: [plan]}, capabilities: [say]}}]\n");
    run.fake("plan", "steps: [{id: paid, signal: {name: paid, type: number}}]", 1min);
    CAF_REQUIRE(!run.start());
    CAF_CHECK(!run.signal("paid", value));
    run.crash().pass(1min);
    CAF_CHECK_EQUAL(run.result(), value == "12" ? "12" : "");
    if (value == "much")
      CAF_CHECK(run.failure().find("signal 'paid' takes a value of type number") != std::string::npos);
  }
}

CAF_TEST(the start of a child is sent again until it has ended) {
  auto run = started("name: w\nsteps: [{id: pay, child: {workflow: payment}}]\n");
  run_course course;
  course.own_ref = "default/run/rehearsal";
  for (auto& event : run.journal())
    course.apply(event);
  TimerDue due;
  due.set_timer("pay|child");
  auto decided = run_commands{course, run.now_ms(), {}}.decide(due);
  CAF_REQUIRE(decided); // what is refused is not sent
  CAF_CHECK(decided->empty());
  const std::string naming_key(32, 'k');
  Context nobody;
  effects out{course.own_ref, identify(course.own_ref, naming_key), naming_key, nobody};
  run_effects::resend(course, "pay", "child", out);
  std::vector<std::string> told;
  for (auto& [to, message] : out.messages())
    told.push_back(to);
  CAF_CHECK(told == std::vector<std::string>{"default/workflow/payment"});
}

CAF_TEST(the timer of a pause that comes twice begins one round) {
  auto run =
      given("name: w\nsteps: [{id: poll, loop: {until: index > 4, max_rounds: 5, pause: 1m, body: {steps: "
            "[{id: look, task: {required: [look]}}]}}}]\n");
  run.fake("look", "seen", 10s);
  CAF_REQUIRE(!run.start());
  run.pass(75s); // the second round is at work
  run_course course;
  course.own_ref = "default/run/rehearsal";
  for (auto& event : run.journal())
    course.apply(event);
  TimerDue due;
  due.set_timer("poll|due");
  auto decided = run_commands{course, run.now_ms(), {}}.decide(due);
  CAF_REQUIRE(decided);
  CAF_CHECK(decided->empty());
  CAF_CHECK_EQUAL(run.times("look"), 2);
}
