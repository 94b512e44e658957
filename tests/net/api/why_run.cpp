// A run says of each step at work what it waits for, and an ended one what failed.
#define CAF_SUITE net.api.why_run
#include "tests/actors/workflow/run/given.hpp"
#include <troupe/net/api/why.hpp>

using namespace troupe;

namespace {

const std::string ref_text = "default/run/rehearsal";

// The state as GetRun tells it.
RunState state_of(const run_rehearsal& run) {
  run_course course;
  for (auto& event : run.journal())
    course.apply(event);
  return course.save();
}

std::vector<Reason> why(const run_rehearsal& run) {
  auto state = state_of(run);
  return reasons(ref_text, state, ask_about(ref_text, state, run.now_ms()), run.now_ms());
}

std::string commands(const std::vector<Reason>& all) {
  std::string text;
  for (auto& one : all)
    if (!one.command().empty())
      text += (text.empty() ? "" : "; ") + one.command();
  return text;
}

std::string texts(const std::vector<Reason>& all) {
  std::string text;
  for (auto& one : all)
    text += (text.empty() ? "" : "; ") + (one.step().empty() ? "" : one.step() + ": ") + one.text();
  return text;
}

const char* many = R"(
name: many
deadline: 2d
steps:
  - {id: ask, approval: {message: 'Ship it?', approvers: [ann, bob], rule: {mode: n_of, count: 2}, timeout: 1h}}
  - {id: hear, signal: {name: paid, type: integer}}
  - {id: rest, wait: {for: 3h}}
  - {id: other, child: {workflow: pay}}
  - {id: each, map: {over: '{1}', body: {steps: [{id: deep, task: {required: [nobody]}}]}}}
)";

} // namespace

CAF_TEST(a run that is stuck names each wait and the command that ends it) {
  auto run = started(many);
  auto all = why(run);
  CAF_CHECK(texts(all).find("ask: ann, bob may approve: Ship it?") != std::string::npos);
  CAF_CHECK(texts(all).find("hear: it waits for the signal 'paid'") != std::string::npos);
  CAF_CHECK(texts(all).find("rest: it waits") != std::string::npos);
  CAF_CHECK(texts(all).find("each.1.deep: the scheduler has not heard of it") != std::string::npos);
  CAF_CHECK(texts(all).find("it fails at its deadline") != std::string::npos);
  CAF_CHECK(commands(all).find("troupe approve rehearsal --step ask") != std::string::npos);
  CAF_CHECK(commands(all).find("troupe run signal rehearsal paid VALUE") != std::string::npos);
  CAF_CHECK(commands(all).find("troupe why rehearsal.other-") != std::string::npos);
  CAF_CHECK_EQUAL(waits_for(ref_text, state_of(run)).size(), 1u);
  CAF_CHECK_EQUAL(ask_about(ref_text, state_of(run), run.now_ms()).size(), 1u);
  CAF_REQUIRE(!run.approve("ask", "ann"));
  CAF_CHECK(texts(why(run)).find("ask: bob may approve: Ship it?; so far ann approves") != std::string::npos);
}

CAF_TEST(a paused run says so first) {
  auto run = started(many);
  PauseRun pause;
  pause.set_reason("lunch");
  CAF_REQUIRE(!run.send(pause));
  auto all = why(run);
  CAF_CHECK_EQUAL(std::string{all.front().text()}, std::string{"the run is paused: lunch"});
  CAF_CHECK_EQUAL(std::string{all.front().command()}, std::string{"troupe run resume rehearsal"});
}

CAF_TEST(a failed run names the step and its error and how to go on) {
  auto run = started(
      "name: w\nsteps: [{id: a, task: {required: [say]}}, {id: b, needs: [a], task: {required: [break]}}]\n");
  CAF_REQUIRE_EQUAL(run.status(), RUN_FAILED);
  auto all = why(run);
  CAF_CHECK_EQUAL(std::string{all.front().command()}, std::string{"troupe run retry rehearsal"});
  CAF_CHECK(texts(all).find("b: failed after 1 attempt, invalid_argument: b broke") != std::string::npos);
  CAF_CHECK(commands(all).find("troupe dlq requeue rehearsal b") != std::string::npos);
  CAF_CHECK(commands(all).find("troupe run fork rehearsal --step b") != std::string::npos);
}

CAF_TEST(a run whose work was undone is not retried) {
  auto run = started(R"(
name: saga
steps:
  - {id: book, task: {required: [say]}, compensation: unbook}
  - {id: unbook, task: {required: [say]}}
  - {id: pay, needs: [book], task: {required: [break]}}
)");
  CAF_REQUIRE_EQUAL(run.status(), RUN_FAILED);
  auto all = why(run);
  CAF_CHECK(texts(all).find("what had been done was undone: 1 compensations began") != std::string::npos);
  CAF_CHECK(commands(all).find("retry") == std::string::npos);
}

CAF_TEST(a run that undoes says why) {
  auto run = given(R"(
name: saga
steps:
  - {id: book, task: {required: [say]}, compensation: unbook}
  - {id: unbook, task: {required: [nobody]}}
  - {id: pay, needs: [book], task: {required: [break]}}
)");
  CAF_REQUIRE(!run.start());
  CAF_REQUIRE_EQUAL(run.status(), RUN_COMPENSATING);
  CAF_CHECK(texts(why(run)).starts_with(
      "what was done is being undone, 1 so far, because: step pay: pay broke; unbook: "));
}

CAF_TEST(a completed run has nothing to do) {
  auto run = started("name: w\nsteps: [{id: a, task: {required: [say]}}]\n");
  CAF_CHECK_EQUAL(texts(why(run)), "it has completed");
  CAF_CHECK_EQUAL(commands(why(run)), "");
  CAF_CHECK_EQUAL(status_of(state_of(run)), "completed");
}
