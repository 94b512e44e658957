// Events alone make the state: whatever is forgotten in between, the run goes on the same.
#define CAF_SUITE actors.workflow.run.course
#include "given.hpp"
#include <sstream>

using namespace troupe;

namespace {

constexpr auto everything = R"(
name: everything
inputs: [{name: n, type: integer}]
variables: [{name: seen, type: list, initial: 'list()'}]
steps:
  - {id: first, task: {required: [say], inputs: {text: '[1,2,3]'}}, set: {seen: result}, compensation: undo}
  - {id: undo, task: {required: [say]}}
  - id: choose
    needs: [first]
    decision: {cases: [{when: inputs.n > 1, then: [many]}], otherwise: [few]}
  - id: many
    needs: [choose]
    map:
      over: vars.seen
      max_parallel: 2
      body: {steps: [{id: one, task: {required: [slow]}, with: {n: item}}, {id: rest, needs: [one], wait: {for: 1m}}], result: one}
  - {id: few, needs: [choose], task: {required: [say]}}
  - id: again
    needs: [many, few]
    loop: {until: index == 3, max_rounds: 5, pause: 10s, body: {steps: [{id: try, task: {required: [slow]}, with: {n: index}}]}}
  - {id: ok, needs: [again], approval: {message: 'go on?', approvers: [ann], timeout: 1h}}
  - {id: sure, needs: [ok], signal: {name: sure}}
  - id: plan
    needs: [sure]
    expand: {task: {required: [plan]}, capabilities: [say]}
  - {id: weak, needs: [plan], task: {required: [break]}}
  - {id: mend, catches: [weak], task: {required: [say]}, with: {text: error.text}}
)";

// Lives through it all, forgetting everything after each so many events.
std::string live(size_t crash_every, bool with_snapshot) {
  auto run = given(everything);
  run.fake(
      "slow", [](const TaskSpec& task) -> caf::expected<std::string> { return task.inputs(0).value(); }, 20s);
  run.fake("plan", "steps: [{id: x, task: {required: [say]}}]");
  auto refused = run.start({{"n", "2"}});
  CAF_REQUIRE(!refused);
  size_t last = 0;
  auto maybe_crash = [&] {
    if (crash_every > 0 && run.journal().size() / crash_every != last) {
      last = run.journal().size() / crash_every;
      run.crash(with_snapshot);
    }
  };
  for (int i = 0; i < 60; ++i) {
    maybe_crash();
    run.pass(10s);
  }
  maybe_crash();
  CAF_REQUIRE(!run.approve("ok", "ann"));
  maybe_crash();
  CAF_REQUIRE(!run.signal("sure"));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK(run.timers().empty());
  std::string story;
  for (auto& event : run.journal())
    story += event.ShortDebugString() + "\n";
  return story;
}

std::string first_difference(const std::string& story, const std::string& expected) {
  std::istringstream one{story}, other{expected};
  for (std::string a, b; std::getline(one, a) || std::getline(other, b); a.clear(), b.clear()) {
    if (b.empty())
      std::getline(other, b);
    if (a != b)
      return a + "\ninstead of " + b;
  }
  return {};
}

} // namespace

CAF_TEST(a run with every kind of step gives the same events however often it is forgotten) {
  auto story = live(0, false);
  CAF_CHECK(story.find("weak broke") != std::string::npos);
  for (auto every : {1, 2, 3, 5, 7})
    for (auto with_snapshot : {false, true})
      CAF_CHECK_EQUAL(first_difference(live(static_cast<size_t>(every), with_snapshot), story),
                      std::string{});
}

CAF_TEST(a saved state is the state) {
  auto run = given(everything);
  run.fake("slow", "1", 20s);
  CAF_REQUIRE(!run.start({{"n", "2"}}));
  run.pass(30s);
  run_course again;
  again.own_ref = "default/run/rehearsal";
  for (auto& event : run.journal())
    again.apply(event);
  auto saved = again.save();
  run_course loaded;
  loaded.load(saved);
  CAF_CHECK_EQUAL(loaded.save().SerializeAsString(), saved.SerializeAsString());
}

CAF_TEST(what follows more than one append may hold is put off and not lost) {
  auto run = given(R"(
name: w
steps:
  - id: all
    map:
      over: inputs.list
      max_parallel: 1000
      body: {steps: [{id: a, when: 'false', task: {required: [say]}}, {id: b, task: {required: [say]}}]}
)");
  std::string list = "[0";
  for (int i = 1; i < 3000; ++i)
    list += "," + std::to_string(i);
  CAF_REQUIRE(!run.start({{"list", list + "]"}}));
  run.crash().pass(1s).crash(true).pass(1min);
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK(run.timers().empty());
}

CAF_TEST(a loop of many rounds keeps no more than one of few) {
  auto run = started(R"(
name: w
steps:
  - id: poll
    loop:
      until: 'false'
      max_rounds: 1000
      pause: 1m
      body: {steps: [{id: look, task: {required: [say]}, with: {text: '"nothing yet"'}}]}
)");
  run.pass(10min);
  auto few = run.state().ByteSizeLong();
  run.pass(8h);
  CAF_CHECK_EQUAL(run.times("say"), 491);
  CAF_CHECK(run.state().ByteSizeLong() < few + 50);
  run.crash(true).pass(24h);
  CAF_CHECK_EQUAL(run.failure(), std::string{"step poll: it did not stop within 1000 rounds"});
}
