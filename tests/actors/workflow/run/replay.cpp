// Branches, retries and approvals come out of the records again bit for bit, and a changed record does not.
#define CAF_SUITE actors.workflow.run.replay
#include "given.hpp"
#include <google/protobuf/text_format.h>
#include <troupe/actors/workflow/run/replay.hpp>

using namespace troupe;

namespace {

std::vector<decision_record> records_of(const run_rehearsal& run) {
  std::vector<decision_record> records;
  auto& ends = run.appends();
  for (auto& event : run.journal()) {
    auto& record = records.emplace_back();
    record.seq = records.size();
    record.event = event.SerializeAsString();
    record.ends_append = std::find(ends.begin(), ends.end(), records.size()) != ends.end();
  }
  return records;
}

// The number of the first event that a test of it finds.
template <class F>
uint64_t seq_of(const run_rehearsal& run, F is_it) {
  auto i = std::find_if(run.journal().begin(), run.journal().end(), is_it);
  CAF_REQUIRE(i != run.journal().end());
  return static_cast<uint64_t>(i - run.journal().begin()) + 1;
}

decision_replay replayed(const std::vector<decision_record>& records, uint64_t seq) {
  auto result = replay_run("default/run/rehearsal", records, seq, {});
  if (!result)
    CAF_FAIL(describe(result.error()));
  return *result;
}

// All that was decided comes out again.
void check_all(const run_rehearsal& run) {
  auto records = records_of(run);
  for (auto end : run.appends()) {
    auto result = replayed(records, end);
    CAF_MESSAGE(result.cause << ", " << result.first << ".." << result.last << " " << result.reason);
    if (result.differs > 0)
      CAF_MESSAGE("differs at "
                  << result.differs << ": "
                  << run.journal()[std::min<size_t>(result.differs, records.size()) - 1].ShortDebugString());
    CAF_CHECK_EQUAL(result.differs, 0u);
    CAF_CHECK_EQUAL(result.given + result.repeated, result.last - result.first + 1);
  }
}

// The event `seq` as somebody would have forged it.
template <class F>
std::vector<decision_record> forged(const run_rehearsal& run, uint64_t seq, F change) {
  auto records = records_of(run);
  auto event = run.journal()[seq - 1];
  change(event);
  records[seq - 1].event = event.SerializeAsString();
  return records;
}

const char* branches = R"(
name: branches
inputs: [{name: size, type: integer}]
steps:
  - {id: pick, decision: {cases: [{name: large, when: inputs.size > 10, then: [big]}], otherwise: [small]}}
  - {id: big, needs: [pick], task: {required: [say]}}
  - {id: small, needs: [pick], task: {required: [say]}}
  - {id: end, needs: [big, small], join: {mode: any}}
)";

const char* asks = R"(
name: asks
steps:
  - {id: ask, approval: {message: 'Ship it?', approvers: [ann, bob], rule: {mode: n_of, count: 2}, timeout: 1h, on_timeout: escalate, escalate_to: [lead]}}
  - {id: ship, needs: [ask], task: {required: [say]}}
)";

bool is_choice(const RunEvent& event) {
  return event.step_ended().chosen_size() > 0;
}

} // namespace

CAF_TEST(a branch comes out again and its cause is named) {
  auto run = started(branches, {{"size", "11"}});
  CAF_REQUIRE_EQUAL(run.status(), RUN_COMPLETED);
  auto result = replayed(records_of(run), seq_of(run, is_choice));
  CAF_CHECK(result.is_identical());
  CAF_CHECK_EQUAL(result.first, 1u);
  CAF_CHECK_EQUAL(result.given, 1u);
  CAF_CHECK_EQUAL(result.cause, "tester started the run");
  check_all(run);
}

CAF_TEST(a forged branch is found and both are told) {
  auto run = started(branches, {{"size", "11"}});
  auto seq = seq_of(run, is_choice);
  auto records =
      forged(run, seq, [](RunEvent& event) { event.mutable_step_ended()->set_chosen(0, "small"); });
  auto result = replayed(records, seq);
  CAF_CHECK_EQUAL(result.differs, seq);
  RunEvent again;
  CAF_REQUIRE(again.ParseFromString(result.again));
  CAF_CHECK_EQUAL(std::string{again.step_ended().chosen(0)}, std::string{"large"});
  CAF_CHECK_EQUAL(result.stored, records[seq - 1].event);
}

CAF_TEST(a forged input shows in what followed from it) {
  auto run = started(branches, {{"size", "11"}});
  auto records =
      forged(run, 1, [](RunEvent& event) { event.mutable_started()->mutable_inputs(0)->set_value("3"); });
  CAF_CHECK_EQUAL(replayed(records, 1).differs, seq_of(run, is_choice));
}

CAF_TEST(a retry comes out again with its time) {
  auto run = given(
      "name: w\nsteps: [{id: a, task: {required: [work], retry: {max_retries: 2, initial_delay: 1m}}}]\n");
  run.fail("work", ec::tool_failed, "again");
  CAF_REQUIRE(!run.start());
  run.pass(1h);
  CAF_REQUIRE_EQUAL(run.status(), RUN_FAILED);
  check_all(run);
  auto seq = seq_of(run, [](auto& event) { return event.step().event().has_retried(); });
  auto records = forged(run, seq, [](RunEvent& event) {
    auto* retried = event.mutable_step()->mutable_event()->mutable_retried();
    retried->set_due_ms(retried->due_ms() + 1);
  });
  auto result = replayed(records, seq);
  CAF_CHECK_EQUAL(result.differs, seq);
  CAF_CHECK_EQUAL(result.repeated, 0u);
}

CAF_TEST(an agents own policy is asked for where the task has none) {
  RunEvent retried;
  auto run = given("name: w\nsteps: [{id: a, task: {required: [work]}}]\n");
  run.fail("work", ec::tool_failed, "again");
  CAF_REQUIRE(!run.start());
  auto seq = seq_of(run, [](auto& event) { return event.step().event().has_retried(); });
  auto due_ms = run.journal()[seq - 1].step().event().retried().due_ms();
  auto records = forged(run, seq, [&](RunEvent& event) {
    auto* told = event.mutable_step()->mutable_event()->mutable_retried();
    told->set_agent("default/agent/slow");
    told->set_due_ms(told->time_ms() + 7'000);
  });
  RetryPolicy slow;
  slow.set_initial_delay_ms(7'000);
  CAF_CHECK(
      replay_run("default/run/rehearsal", records, seq, {{"default/agent/slow", slow}})->is_identical());
  CAF_CHECK_EQUAL(replayed(records, seq).differs, seq);
  CAF_CHECK(due_ms > 0);
}

CAF_TEST(an approval comes out again and a forged answer does not ) {
  auto run = started(asks);
  CAF_REQUIRE(!run.approve("ask", "ann", "fine"));
  CAF_REQUIRE(!run.approve("ask", "bob"));
  CAF_REQUIRE_EQUAL(run.status(), RUN_COMPLETED);
  check_all(run);
  auto decided = seq_of(run, [](auto& event) { return event.step_ended().step() == "ask"; });
  CAF_CHECK_EQUAL(replayed(records_of(run), decided).cause, "bob answered at step ask");
  auto first_answer = seq_of(run, [](auto& event) { return event.has_answered(); });
  auto records = forged(run, first_answer, [](RunEvent& event) {
    event.mutable_answered()->mutable_answer()->set_approve(false);
  });
  CAF_CHECK(!replayed(records, decided).is_identical());
  records = forged(run, first_answer,
                   [](RunEvent& event) { event.mutable_answered()->mutable_answer()->set_by("eve"); });
  auto result = replayed(records, first_answer);
  CAF_CHECK_EQUAL(result.differs, first_answer);
  CAF_CHECK(result.reason.find("'eve' is not asked") != std::string::npos);
}

CAF_TEST(an approval that nobody answers comes out again) {
  auto run = started(asks);
  run.pass(3h);
  CAF_REQUIRE_EQUAL(run.status(), RUN_FAILED);
  check_all(run);
}

CAF_TEST(whatever kind of step decided it comes out again) {
  auto run = given(R"(
name: many
variables: [{name: seen, type: integer, initial: '0'}]
steps:
  - {id: each, map: {over: '{1, 2, 3}', max_parallel: 2, body: {steps: [{id: one, task: {required: [say]}}]}}}
  - {id: both, needs: [each], parallel: {steps: [{id: x, task: {required: [say]}}, {id: y, task: {required: [say]}}], join: {mode: any, cancel_rest: true}}}
  - {id: round, needs: [both], loop: {until: index == 2, max_rounds: 3, pause: 1m, body: {steps: [{id: go, task: {required: [say]}}]}}}
  - {id: rest, needs: [round], wait: {for: 1h}, set: {seen: '3'}}
  - {id: hear, needs: [rest], signal: {name: paid}}
  - {id: look, needs: [hear], monitor: {sample: {required: [say]}, healthy: 'true', every: 1m, for: 3m}}
  - {id: other, needs: [look], child: {workflow: pay}}
  - {id: risky, needs: [other], task: {required: [break]}}
  - {id: mend, catches: [risky], task: {required: [say]}}
)");
  run.fake_child("pay", [](auto&) -> caf::expected<std::string> { return std::string{"paid"}; });
  CAF_REQUIRE(!run.start());
  run.pass(2h);
  CAF_REQUIRE(!run.send(PauseRun{}));
  CAF_REQUIRE(!run.send(UnpauseRun{}));
  CAF_REQUIRE(!run.signal("paid"));
  run.pass(1h);
  CAF_REQUIRE_EQUAL(run.status(), RUN_COMPLETED);
  check_all(run);
}

CAF_TEST(ends of all kinds come out again) {
  auto flow = R"(
name: saga
deadline: 2d
steps:
  - {id: book, task: {required: [say]}, compensation: unbook}
  - {id: unbook, task: {required: [say]}}
  - {id: slow, needs: [book], timeout: 1d, task: {required: [nobody]}}
)";
  auto cancelled = started(flow);
  CancelRun cancel;
  cancel.set_reason("enough");
  CAF_REQUIRE(!cancelled.send(cancel));
  CAF_REQUIRE_EQUAL(cancelled.status(), RUN_CANCELLED);
  check_all(cancelled);
  auto terminated = started(flow);
  CAF_REQUIRE(!terminated.send(TerminateRun{}));
  check_all(terminated);
  auto timed_out = started(flow);
  timed_out.pass(25h);
  CAF_REQUIRE_EQUAL(timed_out.status(), RUN_FAILED);
  check_all(timed_out);
}

CAF_TEST(a retried run comes out again) {
  auto run = given(
      "name: w\nsteps: [{id: a, task: {required: [break]}}, {id: b, needs: [a], task: {required: [say]}}]\n");
  CAF_REQUIRE(!run.start());
  CAF_REQUIRE_EQUAL(run.status(), RUN_FAILED);
  run.fake("break", "mended");
  CAF_REQUIRE(!run.send(RetryRun{}));
  CAF_REQUIRE_EQUAL(run.status(), RUN_COMPLETED);
  check_all(run);
}

CAF_TEST(a crash changes nothing about what is decided) {
  auto run = started(asks);
  run.crash();
  CAF_REQUIRE(!run.approve("ask", "ann"));
  run.crash(true);
  CAF_REQUIRE(!run.approve("ask", "bob"));
  check_all(run);
}

CAF_TEST(records that are not there or damaged are refused) {
  auto run = started(branches, {{"size", "1"}});
  auto records = records_of(run);
  CAF_CHECK_EQUAL(code_of(replay_run("r", records, 99, {}).error()), ec::not_found);
  CAF_CHECK_EQUAL(code_of(replay_run("r", records, 0, {}).error()), ec::not_found);
  auto gap = records;
  gap.erase(gap.begin());
  CAF_CHECK_EQUAL(code_of(replay_run("r", gap, 2, {}).error()), ec::not_found);
  auto open = records;
  open.back().ends_append = false;
  CAF_CHECK_EQUAL(code_of(replay_run("r", open, open.size(), {}).error()), ec::corrupt);
  auto damaged = records;
  damaged.front().event = "\xff";
  CAF_CHECK_EQUAL(code_of(replay_run("r", damaged, 1, {}).error()), ec::corrupt);
}

CAF_TEST(a lone task decides its attempts alike) {
  std::vector<decision_record> records;
  auto add = [&](const std::string& text) {
    TaskEvent event;
    CAF_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &event));
    records.push_back({records.size() + 1, true, event.SerializeAsString()});
  };
  add(R"(created { spec { required: "work" retry { max_retries: 1 initial_delay_ms: 500 backoff_multiplier: 2 } } time_ms: 1000 })");
  add(R"(recorded { start { agent: "default/agent/a" } time_ms: 1001 })");
  add(R"(retried { attempt: 2 failure { code: 19 text: "no" } due_ms: 1510 time_ms: 1010 agent: "default/agent/a" })");
  add(R"(ended { outcome { failure { code: 19 text: "no" } } agent: "default/agent/a" time_ms: 1600 dead_letter: true })");
  for (uint64_t seq = 1; seq <= records.size(); ++seq) {
    auto result = replay_task(records, seq, {});
    CAF_REQUIRE(result);
    CAF_MESSAGE(result->cause);
    CAF_CHECK(result->is_identical());
  }
  add(R"(dropped { time_ms: 1700 })");
  CAF_CHECK(replay_task(records, 5, {})->is_identical());
  add(R"(dropped { time_ms: 1800 })"); // it is no dead letter any more
  CAF_CHECK_EQUAL(replay_task(records, 6, {})->differs, 6u);
}
