// Runs end as they should: what was done is undone in reverse order, once, and nothing begins after the end.
#define CAF_SUITE actors.workflow.run.reaction
#include "given.hpp"

using namespace troupe;

namespace {

constexpr auto trip = R"(
name: trip
steps:
  - {id: flight, task: {required: [book]}, with: {what: '"flight"'}, compensation: drop-flight}
  - {id: hotel, needs: [flight], task: {required: [book]}, with: {what: '"hotel"'}, compensation: drop-hotel}
  - {id: pay, needs: [hotel], task: {required: [pay]}}
  - {id: drop-flight, task: {required: [drop]}, with: {what: steps.flight}}
  - {id: drop-hotel, task: {required: [drop]}, with: {what: steps.hotel}}
)";

struct agency {
  std::vector<std::string> story;
  bool drops_fail = false;
  run_rehearsal run = given(trip);

  agency() {
    run.fake("book", [this](const TaskSpec& task) -> caf::expected<std::string> {
      story.push_back("book " + task.inputs(0).value());
      return "ticket " + task.inputs(0).value();
    });
    run.fake("drop", [this](const TaskSpec& task) -> caf::expected<std::string> {
      if (drops_fail)
        return make_error(ec::invalid_argument, "the office is closed");
      story.push_back("drop " + task.inputs(0).value());
      return std::string{};
    });
    run.fail("pay", ec::invalid_argument, "no money");
  }
};

} // namespace

CAF_TEST(what has completed is undone in reverse order when the run fails) {
  agency at;
  CAF_REQUIRE(!at.run.start());
  CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(at.run.failure(), std::string{"step pay: no money"});
  std::vector<std::string> expected{"book flight", "book hotel", "drop ticket hotel", "drop ticket flight"};
  CAF_CHECK(at.story == expected);
}

CAF_TEST(nothing is undone when the run completes) {
  agency at;
  at.run.fake("pay", "paid");
  CAF_REQUIRE(!at.run.start());
  CAF_CHECK_EQUAL(at.run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(at.run.times("drop"), 0);
}

CAF_TEST(a cancelled run undoes what it did and a terminated one does not ) {
  for (auto terminate : {false, true}) {
    agency at;
    at.run.fake("pay", "paid", 1h);
    CAF_REQUIRE(!at.run.start());
    CAF_CHECK(!(terminate ? at.run.send(TerminateRun{}) : at.run.send(CancelRun{})));
    CAF_CHECK_EQUAL(at.run.status(), RUN_CANCELLED);
    CAF_CHECK_EQUAL(at.run.times("drop"), terminate ? 0 : 2);
    CAF_CHECK_EQUAL(at.run.status_of("pay"), STEP_CANCELLED);
  }
}

CAF_TEST(a crash in the middle of undoing goes on where it was) {
  agency at;
  at.run.fake("drop", "dropped", 1min);
  CAF_REQUIRE(!at.run.start());
  CAF_CHECK_EQUAL(at.run.status(), RUN_COMPENSATING);
  at.run.crash().pass(1min);
  CAF_CHECK_EQUAL(at.run.status(), RUN_COMPENSATING);
  at.run.crash(true).pass(1min);
  CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(at.run.times("drop"), 2);
}

CAF_TEST(a compensation that fails is told and can be run again) {
  agency at;
  at.drops_fail = true;
  CAF_REQUIRE(!at.run.start());
  CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(
      at.run.failure(),
      std::string{"step pay: no money; then compensation drop-hotel failed: the office is closed"});
  at.drops_fail = false;
  ResumeTask again;
  again.set_step("drop-hotel");
  CAF_CHECK(!at.run.send(again));
  CAF_CHECK_EQUAL(at.run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(at.story.back(), std::string{"drop ticket flight"});
}

CAF_TEST(a compensation may be the run of another workflow or not be needed) {
  constexpr auto text = R"(
name: w
inputs: [{name: needed, type: boolean}]
steps:
  - {id: a, task: {required: [say]}, compensation: undo-a}
  - {id: b, needs: [a], task: {required: [say]}, compensation: undo-b}
  - {id: c, needs: [b], task: {required: [break]}}
  - {id: undo-a, child: {workflow: refund}}
  - {id: undo-b, when: inputs.needed, task: {required: [give]}}
)";
  for (std::string needed : {"true", "false"}) {
    auto run = given(text);
    int refunds = 0;
    run.fake("give", "given").fake_child("refund", [&](const auto&) -> caf::expected<std::string> {
      ++refunds;
      return std::string{};
    });
    CAF_REQUIRE(!run.start({{"needed", needed}}));
    CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
    CAF_CHECK_EQUAL(run.failure(), std::string{"step c: c broke"});
    CAF_CHECK_EQUAL(refunds, 1);
    CAF_CHECK_EQUAL(run.times("give"), needed == "true" ? 1 : 0);
  }
}

CAF_TEST(steps inside of a map are undone too) {
  auto run = given(R"(
name: w
steps:
  - id: all
    map:
      over: '{"x", "y"}'
      body:
        steps:
          - {id: take, task: {required: [say]}, with: {text: item}, compensation: give}
          - {id: give, task: {required: [give]}, with: {text: steps.take}}
  - {id: last, needs: [all], task: {required: [break]}}
)");
  std::string given_back;
  run.fake("give", [&](const TaskSpec& task) -> caf::expected<std::string> {
    given_back += task.inputs(0).value();
    return std::string{};
  });
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(given_back, std::string{"yx"});
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
}

CAF_TEST(what undoes something inside of a map is given its item) {
  auto run = given(R"(
name: w
steps:
  - id: all
    map:
      over: '{"x", "y"}'
      body:
        steps:
          - {id: take, task: {required: [say]}, compensation: give}
          - {id: give, task: {required: [give]}}
          - {id: put, task: {required: [say]}, with: {text: item}, compensation: remove}
          - {id: remove, task: {required: [give]}, with: {item: 'item .. index'}}
  - {id: last, needs: [all], task: {required: [break]}}
)");
  std::string given_back;
  run.fake("give", [&](const TaskSpec& task) -> caf::expected<std::string> {
    for (auto& input : task.inputs())
      if (input.name() == "item")
        given_back += input.value() + " ";
    return std::string{};
  });
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(given_back, std::string{"y2 y x1 x "});
}

CAF_TEST(the deadline of a run ends it) {
  auto run = given(R"(
name: w
deadline: 1d
steps: [{id: a, task: {required: [never]}}]
)");
  CAF_REQUIRE(!run.start());
  run.pass(24h - 1ms);
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  run.pass(1ms);
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.failure(), std::string{"the run's deadline passed"});
  CAF_CHECK(run.timers().empty());
}

CAF_TEST(a run that ends before its deadline leaves no timer) {
  auto run = started("name: w\ndeadline: 1d\nsteps: [{id: a, task: {required: [say]}}]\n");
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK(run.timers().empty());
}
