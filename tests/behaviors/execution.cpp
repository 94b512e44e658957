// An execution asks for the right thing next, and again after every restart.
#define CAF_SUITE behaviors.execution
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

auto to(action next) {
  return [next = std::move(next)](const Result&) { return next; };
}

auto text(const Result& result) {
  return finish(result.text());
}

scripted::script always(action first) {
  return [first = std::move(first)](const Task&) { return first; };
}

rehearsal playing(action first) {
  return rehearsal{play_script(always(std::move(first)))};
}

/// Reads a file, asks a model, answers.
action review(const Task& task) {
  return call_tool("read", {{"path", task.input("path")}})
      .then([](const Result& file) { return call_model("fast", "Review: " + file.text()); })
      .then([](const Result& answer) { return finish(answer.text()); });
}

} // namespace

CAF_TEST(a chain asks step by step and ends with what it finishes with) {
  rehearsal play{play_script(review), {{"path", "a.txt"}}};
  CAF_CHECK_EQUAL(play.next().position(), "0");
  CAF_CHECK_EQUAL(play.next().argument("path"), "a.txt");
  play.answer("int main() {}");
  CAF_CHECK_EQUAL(play.next().position(), "1");
  CAF_CHECK_EQUAL(play.next().argument("prompt"), "Review: int main() {}");
  CAF_CHECK(!play.done());
  play.answer("fine");
  CAF_CHECK(play.done());
  CAF_CHECK_EQUAL(play.result().text(), "fine");
}

CAF_TEST(a chain without finish ends with its last result) {
  CAF_CHECK_EQUAL(playing(call_tool("a").then(to(call_tool("b")))).answer("x").answer("y").result().text(),
                  "y");
}

CAF_TEST(a failed action skips to the next otherwise and goes on behind it) {
  auto play = playing(call_tool("a")
                          .then(to(call_tool("skipped")))
                          .otherwise([](const caf::error& e) { return call_tool("after " + text_of(e)); })
                          .otherwise([](const caf::error&) { return call_tool("not this one"); })
                          .then(text));
  play.refuse(ec::tool_failed, "it broke");
  CAF_CHECK_EQUAL(play.next().name(), "after it broke");
  CAF_CHECK_EQUAL(play.answer("saved").result().text(), "saved");
}

CAF_TEST(a failure nobody handles is the outcome) {
  auto play = playing(call_tool("a").then(text));
  play.refuse(ec::tool_failed, "it broke");
  CAF_CHECK_EQUAL(ended_with(play), ec::tool_failed);
  CAF_CHECK_EQUAL(text_of(play.result().error()), "it broke");
}

CAF_TEST(finish skips what would have followed) {
  CAF_CHECK_EQUAL(
      playing(call_tool("a").then(to(finish("early"))).then(to(call_tool("b")))).answer("").result().text(),
      "early");
  CAF_CHECK_EQUAL(playing(finish("at once").then(to(call_tool("b")))).result().text(), "at once");
}

CAF_TEST(fail is seen by an enclosing otherwise only) {
  auto play = playing(call_tool("a")
                          .then(to(fail(ec::conflict, "no")))
                          .then(to(call_tool("skipped")))
                          .otherwise([](const Task&, const caf::error& e) { return finish(text_of(e)); }));
  CAF_CHECK_EQUAL(play.answer("").result().text(), "no");
  CAF_CHECK_EQUAL(ended_with(playing(fail(ec::conflict, "no").then(to(call_tool("b"))))), ec::conflict);
}

CAF_TEST(arguments of all_of are branches and their results come in argument order) {
  auto play =
      playing(all_of({call_tool("a").then(to(call_tool("c"))), call_tool("b")}).then([](const Result& both) {
        return finish(both.part(0).text() + both.part(1).text());
      }));
  CAF_CHECK_EQUAL(open_at(play), "0.0.0,0.1.0");
  play.answer_at("0.1.0", "B");
  CAF_CHECK_EQUAL(open_at(play), "0.0.0");
  play.answer("A");
  CAF_CHECK_EQUAL(open_at(play), "0.0.1");
  CAF_CHECK_EQUAL(play.answer("C").result().text(), "CB");
}

CAF_TEST(all_of waits for all and fails with the first failure in argument order) {
  auto play = playing(all_of({call_tool("a"), call_tool("b"), call_tool("c")}));
  play.refuse_at("0.2.0", ec::timeout, "c").refuse_at("0.1.0", ec::conflict, "b");
  CAF_CHECK(!play.done());
  play.answer("fine");
  CAF_CHECK_EQUAL(ended_with(play), ec::conflict);
  CAF_CHECK_EQUAL(play.result().parts().size(), 3u);
  CAF_CHECK_EQUAL(play.result().part(0).text(), "fine");
}

CAF_TEST(finish in an argument ends that argument only) {
  auto play = playing(
      all_of({call_tool("a").then(to(finish("A"))).then(to(call_tool("no"))), finish("B")})
          .then([](const Result& both) { return finish(both.part(0).text() + both.part(1).text()); }));
  CAF_CHECK_EQUAL(play.answer("").result().text(), "AB");
}

CAF_TEST(any_of ends with the first success and abandons the others and remembers who won) {
  auto play =
      playing(any_of({call_tool("a"), call_tool("b"), all_of({call_tool("c"), call_tool("d")})}).then(text));
  play.refuse_at("0.0.0", ec::tool_failed);
  CAF_CHECK(!play.done());
  play.answer_at("0.1.0", "B");
  CAF_CHECK_EQUAL(play.result().text(), "B");
  CAF_CHECK_EQUAL(play.abandoned(), (std::vector<std::string>{"0.2.0.0.0", "0.2.0.1.0"}));
  auto& last = play.journal().records(play.journal().records_size() - 1);
  CAF_CHECK_EQUAL(last.position(), "0");
  CAF_CHECK_EQUAL(last.request().kind(), ACTION_ANY_OF);
  CAF_CHECK(last.has_winner());
  CAF_CHECK_EQUAL(last.winner(), 1u);
}

CAF_TEST(any_of fails when all have failed) {
  auto play = playing(any_of({call_tool("a"), call_tool("b")}));
  play.refuse_at("0.1.0", ec::timeout, "late").refuse_at("0.0.0", ec::conflict, "no");
  CAF_CHECK_EQUAL(ended_with(play), ec::conflict);
  CAF_CHECK_EQUAL(text_of(play.result().error()), "none of 2 succeeded; the first: no");
}

CAF_TEST(a race is won by the first to end even if it failed) {
  auto play = playing(race({call_tool("a"), sleep_for(1s).then(to(fail(ec::timeout, "too slow")))}));
  play.pass(1s);
  CAF_CHECK_EQUAL(ended_with(play), ec::timeout);
  CAF_CHECK_EQUAL(play.abandoned(), std::vector<std::string>{"0.0.0"});
}

CAF_TEST(combinators without arguments and with immediate ones end at once) {
  CAF_CHECK(playing(all_of({}).then(to(finish("ok")))).result().ok());
  CAF_CHECK_EQUAL(ended_with(playing(any_of({}))), ec::invalid_argument);
  CAF_CHECK_EQUAL(playing(any_of({fail(ec::conflict, ""), finish("b"), finish("c")})).result().text(), "b");
  CAF_CHECK_EQUAL(playing(race({finish("a"), call_tool("never asked")})).abandoned().size(), 0u);
}

CAF_TEST(a checkpoint is only a record and its data is its result) {
  auto play = playing(call_tool("a").then(to(checkpoint("half"))).then([](const Result& mark) {
    return call_tool(mark.text());
  }));
  play.answer("");
  CAF_CHECK_EQUAL(play.next().name(), "half");
  CAF_CHECK_EQUAL(play.next().position(), "2");
  CAF_CHECK_EQUAL(play.journal().records(1).position(), "1");
  CAF_CHECK_EQUAL(play.journal().records(1).outcome().text(), "half");
  CAF_CHECK_EQUAL(play.journal().records(1).time_ms(), play.journal().records(0).time_ms());
}

CAF_TEST(a behavior that throws ends the attempt with its text) {
  auto play = playing(
      all_of({call_tool("a").then([](const Result&) -> action { throw std::runtime_error{"out of luck"}; }),
              call_tool("b")})
          .otherwise([](const caf::error&) { return finish("hidden"); }));
  play.answer_at("0.0.0", "");
  CAF_CHECK_EQUAL(ended_with(play), ec::internal);
  CAF_CHECK_EQUAL(text_of(play.result().error()), "out of luck");
  CAF_CHECK_EQUAL(play.abandoned(), std::vector<std::string>{"0.1.0"});
  rehearsal odd{play_script([](const Task&) -> action { throw 1; })};
  CAF_CHECK_EQUAL(ended_with(odd), ec::internal);
}

CAF_TEST(a behavior that loops or nests without end is stopped) {
  std::function<action(const Result&)> again = [&again](const Result&) { return checkpoint().then(again); };
  auto looping = playing(checkpoint().then(again));
  CAF_CHECK_EQUAL(ended_with(looping), ec::action_failed);
  CAF_CHECK_EQUAL(looping.journal().records_size(), static_cast<int>(limits::attempt_actions));
  auto nest = [](size_t levels) {
    auto inner = call_tool("a");
    for (size_t i = 0; i < levels; ++i)
      inner = all_of({inner});
    return inner;
  };
  CAF_CHECK(!playing(nest(limits::action_depth)).done());
  CAF_CHECK_EQUAL(ended_with(playing(nest(limits::action_depth + 1))), ec::action_failed);
}

CAF_TEST(only sleeps and people and other agents let the agent go) {
  CAF_CHECK(
      playing(all_of({sleep_for(1s), ask_human("alice", "?"), call_agent("x")})).attempt().waiting_only());
  CAF_CHECK(!playing(all_of({sleep_for(1s), call_tool("a")})).attempt().waiting_only());
  CAF_CHECK(!playing(finish()).attempt().waiting_only());
}

CAF_TEST(a result for what is not open changes nothing) {
  TaskState state;
  execution run{play_script(always(race({call_tool("a"), call_tool("b")}).then(to(call_tool("c"))))), "t",
                state};
  CAF_CHECK_EQUAL(run.take_ready().size(), 2u);
  CAF_CHECK_EQUAL(run.take_ready().size(), 0u);
  CAF_CHECK_EQUAL(run.outcome().ByteSizeLong(), 0u);
  CAF_CHECK(run.complete("0.0.0", success("A"), 1));
  CAF_CHECK(!run.complete("0.0.0", success("again"), 2));
  CAF_CHECK(!run.complete("0.1.0", success("abandoned"), 2));
  CAF_CHECK(!run.complete("0", success("not a leaf"), 2));
  CAF_CHECK(!run.record_intent("7", 2));
  CAF_CHECK(!run.record_wait("7", 0, 2));
  CAF_CHECK_EQUAL(run.take_records().size(), 2u);
  CAF_CHECK_EQUAL(run.take_abandoned().size(), 1u);
  CAF_CHECK_EQUAL(run.take_abandoned().size(), 0u);
}

CAF_TEST(actions that were never begun are not reported as abandoned) {
  TaskState state;
  execution run{play_script(always(race({call_tool("a"), call_tool("b"), call_tool("c")}))), "t", state};
  run.record_intent("0.2.0", 1); // begun, though nobody took it from the list
  run.complete("0.0.0", success(""), 1);
  auto gone = run.take_abandoned();
  CAF_REQUIRE_EQUAL(gone.size(), 1u);
  CAF_CHECK_EQUAL(gone.at(0).position, "0.2.0");
  CAF_CHECK(gone.at(0).intent_recorded);
}
