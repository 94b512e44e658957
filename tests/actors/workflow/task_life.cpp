// Decisions about one task: each position gets one outcome, failures are repeated as the policy says, the end
// is the end.
#define CAF_SUITE actors.workflow.task_life
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

constexpr int64_t now = 1'700'000'000'000;

TaskSpec spec_of(const std::string& capability = "work") {
  TaskSpec spec;
  if (!capability.empty())
    spec.add_required(capability);
  return spec;
}

struct one_task {
  using words = std::vector<std::string>;
  TaskState task;

  // Applies what was decided; the word of each event, or of the refusal.
  words take(task_life::decision decided) {
    if (!decided)
      return {std::string{info(code_of(decided.error())).name}};
    words kinds;
    for (auto& event : *decided) {
      task_life::apply(task, event);
      kinds.push_back(event.GetDescriptor()->FindFieldByNumber(static_cast<int>(event.kind_case()))->name());
    }
    last = std::move(*decided);
    return kinds;
  }
  void create(TaskSpec spec = spec_of(), TaskDefaults defaults = {}) {
    CAF_REQUIRE(take(task_life::create(spec, defaults, now)) == words{"created"});
  }
  static ActionRecord outcome(const std::string& position, const std::string& text,
                              ActionKind kind = ACTION_TOOL) {
    ActionRecord record;
    record.set_position(position);
    record.mutable_request()->set_kind(kind);
    record.mutable_outcome()->set_text(text);
    return record;
  }
  static ActionRecord wait(const std::string& position, ActionKind kind, int64_t until_ms = 0) {
    ActionRecord record;
    record.set_position(position);
    record.mutable_request()->set_kind(kind);
    record.set_wait_until_ms(until_ms);
    return record;
  }
  static ActionRecord checkpoint(const std::string& position) {
    return outcome(position, "", ACTION_CHECKPOINT);
  }
  static RecordActions records(const std::vector<ActionRecord>& all, bool suspend = false) {
    RecordActions cmd;
    for (auto& record : all)
      *cmd.add_records() = record;
    cmd.set_suspend(suspend);
    return cmd;
  }
  static TaskDone failure(ec code = ec::action_failed, const std::string& text = "no luck") {
    TaskDone cmd;
    cmd.mutable_outcome()->mutable_failure()->set_code(static_cast<uint32_t>(code));
    cmd.mutable_outcome()->mutable_failure()->set_text(text);
    cmd.set_agent("default/agent/ada");
    return cmd;
  }
  static TaskDone success(const std::string& text) {
    TaskDone cmd;
    cmd.mutable_outcome()->set_text(text);
    cmd.set_agent("default/agent/ada");
    return cmd;
  }
  static AnswerQuestion reply_to(const std::string& position) {
    AnswerQuestion cmd;
    cmd.set_position(position);
    cmd.set_text("yes");
    return cmd;
  }
  std::vector<TaskEvent> last;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(task_life_tests, one_task)

CAF_TEST(a task needs a capability) {
  CAF_CHECK(take(task_life::create(spec_of(""), {}, now)) == words{"invalid_argument"});
  create();
  CAF_CHECK_EQUAL(task.status(), TASK_QUEUED);
  CAF_CHECK_EQUAL(task.attempt(), 1u);
  CAF_CHECK_EQUAL(int64_t{task.created_ms()}, now);
}

CAF_TEST(a position is recorded once) {
  create();
  CAF_CHECK(take(task_life::record(task, records({outcome("0", "first")}), now)) == words{"recorded"});
  CAF_CHECK_EQUAL(task.status(), TASK_RUNNING);
  CAF_CHECK(take(task_life::record(task, records({outcome("0", "second")}), now)) == words{});
  CAF_CHECK(take(task_life::record(task, records({wait("0", ACTION_HUMAN), outcome("1", "next")}), now)) ==
            words{"recorded"});
  CAF_REQUIRE_EQUAL(task.records_size(), 2);
  CAF_CHECK_EQUAL(std::string{task.records(0).outcome().text()}, "first");
}

CAF_TEST(the start of an attempt is kept once) {
  create();
  auto cmd = records({});
  cmd.mutable_start()->set_seed(1);
  cmd.mutable_start()->set_agent("default/agent/ada");
  CAF_CHECK(take(task_life::record(task, cmd, now)) == words{"recorded"});
  cmd.mutable_start()->set_seed(2);
  CAF_CHECK(take(task_life::record(task, cmd, now)) == words{});
  CAF_CHECK_EQUAL(uint64_t{task.start().seed()}, 1u);
  CAF_CHECK_EQUAL(std::string{task.agent()}, "default/agent/ada");
}

CAF_TEST(a task that only waits lets go of its agent) {
  create();
  take(task_life::record(task, records({wait("0", ACTION_HUMAN)}, true), now));
  CAF_CHECK_EQUAL(task.status(), TASK_WAITING);
  CAF_CHECK(take(task_life::answer(task, reply_to("0"), now + 5)) == words{"recorded"});
  CAF_CHECK_EQUAL(task.status(), TASK_QUEUED);
  CAF_CHECK(last[0].recorded().woken());
  CAF_CHECK_EQUAL(std::string{task.records(1).outcome().text()}, "yes");
  CAF_CHECK_EQUAL(int64_t{task.records(1).time_ms()}, now + 5);
}

CAF_TEST(an agent that has not heard of an answer is not let go) {
  create();
  take(task_life::record(task, records({wait("0", ACTION_HUMAN), wait("1", ACTION_HUMAN)}), now));
  take(task_life::answer(task, reply_to("0"), now));
  auto cmd = records({}, true);
  cmd.add_waiting("0");
  cmd.add_waiting("1");
  CAF_CHECK(take(task_life::record(task, cmd, now)) == words{});
  CAF_CHECK_EQUAL(task.status(), TASK_RUNNING);
  cmd.mutable_waiting()->RemoveLast();
  cmd.set_waiting(0, "1");
  CAF_CHECK(take(task_life::record(task, cmd, now)) == words{"recorded"});
  CAF_CHECK_EQUAL(task.status(), TASK_WAITING);
}

CAF_TEST(only a question that is open takes an answer) {
  create();
  take(task_life::record(
      task, records({wait("0", ACTION_HUMAN), wait("1", ACTION_SLEEP, now + 1000), outcome("2", "x")}), now));
  CAF_CHECK(take(task_life::answer(task, reply_to("7"), now)) == words{"not_found"});
  CAF_CHECK(take(task_life::answer(task, reply_to("1"), now)) == words{"not_found"});
  CAF_CHECK(take(task_life::answer(task, reply_to("2"), now)) == words{"not_found"});
  CAF_CHECK(take(task_life::answer(task, reply_to("0"), now)) == words{"recorded"});
  CAF_CHECK(take(task_life::answer(task, reply_to("0"), now)) == words{"conflict"});
  take(task_life::cancel(task, "", now));
  CAF_CHECK(take(task_life::answer(task, reply_to("0"), now)) == words{"not_found"});
}

CAF_TEST(a due timer ends its sleep and nothing else) {
  create();
  take(task_life::record(task, records({wait("0.1", ACTION_SLEEP, now + 1000)}, true), now));
  CAF_CHECK(take(task_life::timer_due(task, "wait/0", now)) == words{});
  CAF_CHECK(take(task_life::timer_due(task, "wait/0.1", now)) == words{"recorded"});
  CAF_CHECK(take(task_life::timer_due(task, "wait/0.1", now)) == words{}); // fired twice
  CAF_CHECK(take(task_life::timer_due(task, "run", now)) == words{});
}

CAF_TEST(the deadline ends what has not ended) {
  create();
  CAF_CHECK(take(task_life::timer_due(task, "deadline", now)) == words{"ended"});
  CAF_CHECK_EQUAL(task.status(), TASK_FAILED);
  CAF_CHECK(task.dead_letter());
  CAF_CHECK_EQUAL(uint32_t{task.outcome().failure().code()}, static_cast<uint32_t>(ec::timeout));
  CAF_CHECK(take(task_life::timer_due(task, "deadline", now)) == words{});
}

CAF_TEST(a result ends the task and is not replaced) {
  create();
  CAF_CHECK(take(task_life::done(task, success("42"), now + 9)) == words{"ended"});
  CAF_CHECK_EQUAL(task.status(), TASK_COMPLETED);
  CAF_CHECK_EQUAL(int64_t{task.ended_ms()}, now + 9);
  CAF_CHECK(!task.dead_letter());
  CAF_CHECK(take(task_life::done(task, success("43"), now)) == words{});
  CAF_CHECK(take(task_life::record(task, records({outcome("0", "x")}), now)) == words{});
  CAF_CHECK(take(task_life::park(task, {}, now)) == words{});
  CAF_CHECK(take(task_life::cancel(task, "", now)) == words{"conflict"});
  CAF_CHECK_EQUAL(std::string{task.outcome().text()}, "42");
}

CAF_TEST(a failure is repeated after one and two and four seconds) {
  create();
  for (auto wait_ms : {1000, 2000, 4000}) {
    CAF_CHECK(take(task_life::done(task, failure(), now)) == words{"retried"});
    CAF_CHECK_EQUAL(task.status(), TASK_RETRYING);
    CAF_CHECK_EQUAL(int64_t{task.due_ms()}, now + wait_ms);
  }
  CAF_CHECK(take(task_life::done(task, failure(), now)) == words{"ended"});
  CAF_CHECK_EQUAL(task.attempt(), 4u);
  CAF_CHECK(task.dead_letter());
  CAF_CHECK_EQUAL(std::string{task.reason()}, "no luck");
}

CAF_TEST(the retry policy is what the task says) {
  auto spec = spec_of();
  spec.mutable_retry()->set_max_retries(20);
  spec.mutable_retry()->set_initial_delay_ms(60'000);
  spec.mutable_retry()->set_backoff_multiplier(10);
  create(spec);
  for (auto wait_ms : {60'000, 600'000, 3'600'000, 3'600'000}) { // an hour at most
    take(task_life::done(task, failure(), now));
    CAF_CHECK_EQUAL(int64_t{task.due_ms()}, now + wait_ms);
  }
  for (int i = 0; i < 16; ++i)
    CAF_CHECK(take(task_life::done(task, failure(), now)) == words{"retried"});
  CAF_CHECK(take(task_life::done(task, failure(), now)) == words{"ended"});
  task = {};
  spec.mutable_retry()->set_no_retry(true);
  create(spec);
  CAF_CHECK(take(task_life::done(task, failure(), now)) == words{"ended"});
}

CAF_TEST(where the task is silent its agent decides and then the defaults it was created with) {
  TaskDefaults defaults;
  defaults.mutable_retry()->set_max_retries(2);
  defaults.mutable_retry()->set_initial_delay_ms(10);
  defaults.mutable_retry()->set_backoff_multiplier(3);
  auto spec = spec_of();
  spec.mutable_retry()->set_backoff_multiplier(5);
  create(spec, defaults);
  auto cmd = failure();
  cmd.mutable_retry()->set_initial_delay_ms(20);
  for (auto wait_ms : {20, 100}) { // agent's delay, task's factor, default number
    CAF_CHECK(take(task_life::done(task, cmd, now)) == words{"retried"});
    CAF_CHECK_EQUAL(int64_t{task.due_ms()}, now + wait_ms);
  }
  CAF_CHECK(take(task_life::done(task, cmd, now)) == words{"ended"});
  task = {};
  defaults.mutable_retry()->set_no_retry(true);
  create(spec, defaults);
  CAF_CHECK(take(task_life::done(task, failure(), now)) == words{"ended"});
  task = {};
  create(spec, defaults);
  cmd.mutable_retry()->set_max_retries(1);
  CAF_CHECK(take(task_life::done(task, cmd, now)) == words{"retried"});
}

CAF_TEST(what a repetition cannot mend or must not do again is not repeated) {
  for (auto code : {ec::invalid_argument, ec::permission_denied, ec::guardrail, ec::cancelled,
                    ec::budget_exceeded, ec::outcome_unknown}) {
    task = {};
    create();
    CAF_CHECK(take(task_life::done(task, failure(code), now)) == words{"ended"});
    CAF_CHECK(task.dead_letter());
  }
}

CAF_TEST(a repetition goes on behind the last checkpoint) {
  create();
  auto cmd = records({outcome("0", "a"), checkpoint("1"), outcome("2", "b")});
  cmd.mutable_start()->set_seed(9);
  take(task_life::record(task, cmd, now));
  take(task_life::done(task, failure(), now));
  CAF_CHECK_EQUAL(task.records_size(), 2);
  CAF_CHECK(task.has_start());
  take(task_life::done(task, failure(), now));
  CAF_CHECK_EQUAL(task.records_size(), 2);
  task = {};
  create();
  cmd.mutable_records()->RemoveLast();
  cmd.mutable_records()->RemoveLast();
  take(task_life::record(task, cmd, now));
  take(task_life::done(task, failure(), now));
  CAF_CHECK_EQUAL(task.records_size(), 0);
  CAF_CHECK(!task.has_start());
}

CAF_TEST(a checkpoint that comes with the failure counts) {
  create();
  auto cmd = failure();
  *cmd.add_records() = outcome("0", "a");
  *cmd.add_records() = checkpoint("1");
  cmd.mutable_start()->set_seed(9);
  CAF_CHECK(take(task_life::done(task, cmd, now)) == (words{"recorded", "retried"}));
  CAF_CHECK_EQUAL(task.records_size(), 2);
  CAF_CHECK_EQUAL(uint64_t{task.start().seed()}, 9u);
}

CAF_TEST(a parked task waits for a decision) {
  create();
  ParkTask cmd;
  cmd.set_reason("other actions than recorded");
  CAF_CHECK(take(task_life::park(task, cmd, now)) == words{"parked"});
  CAF_CHECK_EQUAL(task.status(), TASK_PARKED);
  CAF_CHECK(task.dead_letter());
  CAF_CHECK(take(task_life::park(task, cmd, now)) == words{});
  CAF_CHECK(take(task_life::done(task, success("late"), now)) == words{});
  CAF_CHECK(take(task_life::record(task, records({outcome("0", "late")}), now)) == words{});
  CAF_CHECK(take(task_life::resume(task, true, now)) == words{"resumed"});
  CAF_CHECK_EQUAL(task.status(), TASK_QUEUED);
  CAF_CHECK(task.reason().empty());
}

CAF_TEST(only a dead letter or a parked task runs again) {
  create();
  CAF_CHECK(take(task_life::resume(task, false, now)) == words{"conflict"});
  CAF_CHECK(take(task_life::drop(task, now)) == words{"conflict"});
  auto cmd = records({outcome("0", "a"), checkpoint("1"), outcome("2", "b")});
  take(task_life::record(task, cmd, now));
  take(task_life::done(task, failure(ec::guardrail), now));
  auto dead = task;
  CAF_CHECK(take(task_life::resume(task, false, now)) == words{"resumed"});
  CAF_CHECK_EQUAL(task.records_size(), 2);
  CAF_CHECK_EQUAL(task.attempt(), 1u);
  CAF_CHECK(!task.has_outcome() && task.ended_ms() == 0 && !task.dead_letter());
  task = dead;
  take(task_life::resume(task, true, now));
  CAF_CHECK_EQUAL(task.records_size(), 0);
  task = dead;
  CAF_CHECK(take(task_life::drop(task, now)) == words{"dropped"});
  CAF_CHECK(take(task_life::resume(task, false, now)) == words{"conflict"});
  CAF_CHECK(take(task_life::drop(task, now)) == words{"conflict"});
  task = {};
  create();
  take(task_life::done(task, success("fine"), now));
  CAF_CHECK(take(task_life::resume(task, false, now)) == words{"conflict"});
}

CAF_TEST(what ran out of time does not run again) {
  auto spec = spec_of();
  spec.set_deadline_ms(now + 1);
  create(spec);
  take(task_life::timer_due(task, "deadline", now + 1));
  CAF_CHECK(task.dead_letter());
  CAF_CHECK(take(task_life::resume(task, false, now + 1)) == words{"conflict"});
  CAF_CHECK(take(task_life::resume(task, false, now)) == words{"resumed"});
}

CAF_TEST(a cancelled task says why) {
  create();
  CAF_CHECK(take(task_life::cancel(task, "changed my mind", now)) == words{"ended"});
  CAF_CHECK_EQUAL(task.status(), TASK_CANCELLED);
  CAF_CHECK_EQUAL(std::string{task.outcome().failure().text()}, "changed my mind");
  CAF_CHECK(!task.dead_letter());
  task = {};
  create();
  take(task_life::cancel(task, "", now));
  CAF_CHECK_EQUAL(std::string{task.reason()}, "cancelled");
}

CAF_TEST(the end of a child is heard once) {
  create();
  take(task_life::record(task, records({wait("0", ACTION_AGENT)}, true), now));
  std::string owner = "t/task/boss", step;
  task_life::site where{owner, step};
  ChildEnded cmd;
  cmd.set_parent_key("|0");
  cmd.set_child("t/task/boss.0-0");
  cmd.mutable_outcome()->set_text("of an older attempt");
  CAF_CHECK(take(task_life::child_ended(where, task, cmd, now)) == words{});
  cmd.set_child("t/task/boss.0-1");
  cmd.mutable_outcome()->set_text("child's work");
  CAF_CHECK(take(task_life::child_ended(where, task, cmd, now)) == words{"recorded"});
  CAF_CHECK(take(task_life::child_ended(where, task, cmd, now)) == words{});
  cmd.set_parent_key("|5");
  cmd.set_child("t/task/boss.5-1");
  CAF_CHECK(take(task_life::child_ended(where, task, cmd, now)) == words{});
  CAF_CHECK_EQUAL(std::string{task.records(1).outcome().text()}, "child's work");
}

CAF_TEST(a task with a parent remembers it until the parent knows) {
  auto spec = spec_of();
  spec.set_parent("default/task/boss");
  create(spec);
  CAF_CHECK(take(task_life::parent_noted(task)) == words{});
  take(task_life::done(task, success("done"), now));
  CAF_CHECK(task.parent_waits());
  CAF_CHECK(take(task_life::parent_noted(task)) == words{"parent_noted"});
  CAF_CHECK(!task.parent_waits());
  CAF_CHECK(take(task_life::parent_noted(task)) == words{});
}

CAF_TEST(the id of a timer holds step and name) {
  CAF_CHECK_EQUAL(task_life::timer_id("build", "wait/0.1"), "build|wait/0.1");
  for (std::string step : {"", "build"}) {
    auto [first, second] = task_life::split_timer_id(task_life::timer_id(step, "wait/0.1"));
    CAF_CHECK_EQUAL(first, step);
    CAF_CHECK_EQUAL(second, "wait/0.1");
  }
}

CAF_TEST(every status has its word) {
  words all;
  for (int status = 0; TaskStatus_IsValid(status); ++status)
    all.emplace_back(task_life::word(static_cast<TaskStatus>(status)));
  CAF_CHECK(all == (words{"queued", "running", "waiting", "retrying", "completed", "failed", "cancelled",
                          "parked"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
