// Steps that hold others do all of them, and not more at a time than they may.
#define CAF_SUITE actors.workflow.run.advance
#include "given.hpp"

using namespace troupe;

constexpr auto mapped = R"(
name: w
inputs: [{name: files, type: list}]
steps:
  - id: review
    map:
      over: inputs.files
      max_parallel: 2
      body:
        steps:
          - {id: read, task: {required: [read]}, with: {file: item, n: index}}
          - {id: judge, needs: [read], task: {required: [say]}, with: {text: 'steps.read .. "!"'}}
)";

CAF_TEST(a map does its block for each item and gives the results in order) {
  auto run = given(mapped);
  int open = 0, most = 0;
  run.fake(
      "read",
      [&](const TaskSpec& task) -> caf::expected<std::string> {
        return task.inputs(0).value() + task.inputs(1).value();
      },
      1min);
  CAF_REQUIRE(!run.start({{"files", R"(["a","b","c","d","e"])"}}));
  for (int minute = 0; minute < 3; ++minute) {
    open = 0;
    for (auto& scope : run.state().steps(0).scopes())
      open += scope.steps(0).status() == STEP_ACTIVE;
    most = std::max(most, open);
    run.pass(1min);
  }
  CAF_CHECK_EQUAL(most, 2);
  CAF_CHECK_EQUAL(run.result(), std::string{R"(["a1!","b2!","c3!","d4!","e5!"])"});
  CAF_CHECK_EQUAL(run.state().steps(0).scopes_size(), 0); // what is done is not kept
}

CAF_TEST(a map over nothing gives an empty list) {
  auto run = started(mapped, {{"files", "[]"}});
  CAF_CHECK_EQUAL(run.result(), std::string{"[]"});
}

CAF_TEST(one item that fails fails the map and stops the others) {
  auto run = given(mapped);
  run.fake("read", [](const TaskSpec& task) -> caf::expected<std::string> {
    if (task.inputs(0).value() == "b")
      return make_error(ec::invalid_argument, "b is empty");
    return task.inputs(0).value();
  });
  CAF_REQUIRE(!run.start({{"files", R"(["a","b","c","d"])"}}));
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.failure(), std::string{"step review: 1 of 4 items failed; the first: b is empty"});
}

CAF_TEST(a map for a quorum does without the items that fail) {
  auto text = std::string{mapped};
  text.insert(text.find("      max_parallel"), "      join: {mode: quorum}\n");
  auto run = given(text);
  run.fake("read", [](const TaskSpec& task) -> caf::expected<std::string> {
    if (task.inputs(0).value() == "b")
      return make_error(ec::invalid_argument, "b is empty");
    return task.inputs(0).value();
  });
  CAF_REQUIRE(!run.start({{"files", R"(["a","b","c"])"}}));
  CAF_CHECK_EQUAL(run.result(), std::string{R"(["a!",null,"c!"])"});
}

CAF_TEST(a map takes 10 000 items and no more) {
  auto list = [](size_t count) {
    std::string json = "[0";
    for (size_t i = 1; i < count; ++i)
      json += "," + std::to_string(i);
    return json + "]";
  };
  auto run = given(mapped);
  run.fake("read", "x");
  CAF_REQUIRE(!run.start({{"files", list(10'000)}}));
  run.pass(1min); // what follows is more than one append holds
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.times("read"), 10'000);
  auto more = started(mapped, {{"files", list(10'001)}});
  CAF_CHECK_EQUAL(more.failure(), std::string{"step review: over: 10001 items; at most 10000 are allowed"});
}

CAF_TEST(a loop goes round until its rule holds) {
  auto run = given(R"(
name: w
steps:
  - id: improve
    loop:
      until: last.score >= 3
      max_rounds: 10
      pause: 1m
      body:
        steps: [{id: try, task: {required: [try]}, with: {round: index, before: last}}]
)");
  run.fake("try", [](const TaskSpec& task) -> caf::expected<std::string> {
    return R"({"before":)" + task.inputs(0).value() + R"(,"score":)" + task.inputs(1).value() + "}";
  });
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.times("try"), 1);
  run.pass(2min);
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.result(),
                  std::string{R"({"before":{"before":{"before":null,"score":1},"score":2},"score":3})"});
}

constexpr auto endless = R"(
name: w
steps:
  - id: again
    loop: {until: 'false', max_rounds: 4, body: {steps: [{id: try, task: {required: [say]}}]}}
)";

CAF_TEST(a loop that does not stop fails when its rounds are used up) {
  auto run = started(endless);
  CAF_CHECK_EQUAL(run.failure(), std::string{"step again: it did not stop within 4 rounds"});
  auto text = std::string{endless};
  text.replace(text.find("max_rounds: 4"), 13, "max_rounds: 4, may_exhaust: true");
  auto enough = started(text);
  CAF_CHECK_EQUAL(enough.result(), std::string{"\"said\""});
  CAF_CHECK_EQUAL(enough.times("say"), 4);
}

constexpr auto side_by_side = R"(
name: w
steps:
  - id: both
    parallel:
      join: {mode: all}
      steps:
        - {id: left, task: {required: [say]}, with: {text: '"l"'}}
        - {id: right, task: {required: [right]}}
)";

CAF_TEST(a parallel gives an object of the results) {
  auto run = given(side_by_side);
  run.fake("right", "7", 1s);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  run.pass(1s);
  CAF_CHECK_EQUAL(run.result(), std::string{R"({"left":"l","right":7})"});
}

CAF_TEST(a parallel for any ends with the first and cancels the rest if told so) {
  auto text = std::string{side_by_side};
  text.replace(text.find("mode: all"), 9, "mode: any, cancel_rest: true");
  auto run = given(text);
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.result(), std::string{R"({"left":"l","right":null})"});
}

CAF_TEST(a parallel for any fails when all have failed) {
  auto text = std::string{side_by_side};
  text.replace(text.find("mode: all"), 9, "mode: any");
  text.replace(text.find("required: [say]"), 15, "required: [break]");
  auto run = given(text);
  run.fail("right", ec::invalid_argument, "no");
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.failure(), std::string{"step both: 0 of 2 steps have succeeded; 1 have to"});
}

constexpr auto watched = R"(
name: w
steps:
  - id: watch
    monitor: {sample: {required: [errors]}, healthy: sample < 5, every: 1m, for: 3m, tolerate: 1}
)";

CAF_TEST(a monitor that sees enough good samples completes) {
  auto run = given(watched);
  int taken = 0;
  run.fake("errors", [&](const TaskSpec&) -> caf::expected<std::string> {
    return std::to_string(++taken == 2 ? 9 : taken);
  });
  CAF_REQUIRE(!run.start());
  run.pass(2min);
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  run.pass(1min);
  CAF_CHECK_EQUAL(run.result(), std::string{R"({"healthy":true,"last":3,"samples":3,"unhealthy":1})"});
  CAF_CHECK(run.timers().empty());
}

CAF_TEST(a monitor fails as soon as it has seen too many bad samples) {
  auto run = given(watched);
  run.fake("errors", "9");
  CAF_REQUIRE(!run.start());
  run.pass(2min);
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.failure(), std::string{"step watch: 2 of 2 samples were bad; the last: 9"});
}

CAF_TEST(a task may return steps that are then done) {
  auto run = given(R"(
name: w
steps:
  - id: plan
    expand: {task: {required: [plan]}, capabilities: [say]}
  - {id: after, needs: [plan], task: {required: [say]}, with: {text: steps.plan}}
)");
  run.fake("plan", R"(
steps:
  - {id: one, task: {required: [say]}, with: {text: '"1"'}}
  - {id: two, needs: [one], task: {required: [say]}, with: {text: 'steps.one .. "2"'}}
)");
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.result(), std::string{"12"});
}

CAF_TEST(returned steps may not require what they are not allowed) {
  auto run = given(R"(
name: w
steps: [{id: plan, expand: {task: {required: [plan]}, capabilities: [say]}}]
)");
  run.fake("plan", "steps: [{id: one, task: {required: [launch]}}]");
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK(run.failure().find("launch") != std::string::npos);
}

CAF_TEST(the timeout of a step with others in it stops them) {
  auto text = std::string{side_by_side};
  text.insert(text.find("    parallel"), "    timeout: 5m\n");
  auto run = given(text);
  CAF_REQUIRE(!run.start());
  run.pass(5min);
  CAF_CHECK_EQUAL(run.failure(), std::string{"step both: the step's timeout passed"});
  CAF_CHECK(run.timers().empty());
}

constexpr auto with_child = R"(
name: w
inputs: [{name: order}]
steps:
  - id: bill
    timeout: 1h
    child: {workflow: invoice, on_close: cancel}
    with: {order: inputs.order}
  - {id: after, needs: [bill], task: {required: [say]}, with: {text: steps.bill}}
)";

CAF_TEST(a child gives the result of its run) {
  auto run = given(with_child);
  run.fake_child("invoice", [](const std::vector<Field>& inputs) -> caf::expected<std::string> {
    return "bill for " + inputs.at(0).value();
  });
  CAF_REQUIRE(!run.start({{"order", "42"}}));
  CAF_CHECK_EQUAL(run.result(), std::string{"bill for 42"});
  CAF_CHECK(run.timers().empty());
}

CAF_TEST(a child that fails fails its step) {
  auto run = given(with_child);
  run.fake_child("invoice", [](const auto&) -> caf::expected<std::string> {
    return make_error(ec::action_failed, "no address");
  });
  CAF_REQUIRE(!run.start({{"order", "42"}}));
  CAF_CHECK_EQUAL(run.failure(), std::string{"step bill: no address"});
}

CAF_TEST(a child that is given up is closed until it has ended) {
  auto run = started(with_child, {{"order", "42"}});
  auto child = std::string{run.state().steps(0).child()};
  run.pass(1h).crash(true);
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_REQUIRE_EQUAL(run.state().closing_size(), 1);
  CAF_CHECK_EQUAL(run.state().closing(0).child(), child);
  ChildEnded ended;
  ended.set_child(child);
  ended.set_parent_key("bill|run");
  CAF_CHECK(!run.send(ended));
  CAF_CHECK_EQUAL(run.state().closing_size(), 0);
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
}

CAF_TEST(a child that is abandoned is not closed) {
  auto text = std::string{with_child};
  text.replace(text.find("on_close: cancel"), 16, "on_close: abandon");
  auto run = started(text, {{"order", "42"}});
  run.pass(1h);
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.state().closing_size(), 0);
}

CAF_TEST(a step that undoes another does not count in a parallel step) {
  auto run = given(R"(
name: w
steps:
  - id: all
    parallel:
      join: {mode: quorum}
      steps:
        - {id: a, task: {required: [say]}, compensation: undo}
        - {id: b, task: {required: [say]}}
        - {id: c, task: {required: [break]}}
        - {id: undo, task: {required: [say]}}
)");
  CAF_REQUIRE(!run.start());
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.result(), std::string{R"({"a":"said","b":"said","c":null})"});
}

CAF_TEST(a loop goes on although its pause ended while the run was paused) {
  auto run = started(R"(
name: w
steps:
  - id: poll
    loop:
      until: index >= 2
      max_rounds: 5
      pause: 1m
      body:
        steps: [{id: look, task: {required: [say]}}]
)");
  run.pass(30s);
  CAF_REQUIRE(!run.send(PauseRun{}));
  run.pass(1h);
  CAF_CHECK_EQUAL(run.times("say"), 1);
  CAF_REQUIRE(!run.send(UnpauseRun{}));
  CAF_CHECK_EQUAL(run.times("say"), 2);
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
}

CAF_TEST(a loop whose run is paused and goes on in its pause still waits) {
  auto run = started(R"(
name: w
steps:
  - id: poll
    loop:
      until: index >= 2
      max_rounds: 5
      pause: 1h
      body:
        steps: [{id: look, task: {required: [say]}}]
)");
  CAF_REQUIRE(!run.send(PauseRun{}));
  run.pass(1min);
  CAF_REQUIRE(!run.send(UnpauseRun{}));
  CAF_CHECK_EQUAL(run.times("say"), 1);
  run.pass(1h);
  CAF_CHECK_EQUAL(run.times("say"), 2);
}
