// TASK LIFE: decisions about one task.
// Invariants: a position gets one outcome; after the end nothing is recorded but who knows of it; attempt <= retries + 1.

#include <algorithm>
#include <cmath>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/behaviors/execution.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe::task_life {
namespace {

using events = std::vector<TaskEvent>;

// Failures that a repetition cannot mend, and the one it must not: what may have happened must not happen twice; a person
// looks at the other side first.
bool is_final(ec code) {
  return code == ec::invalid_argument || code == ec::permission_denied || code == ec::guardrail ||
         code == ec::cancelled || code == ec::budget_exceeded || code == ec::outcome_unknown;
}

const ActionRecord* find(const TaskState& task, const std::string& position, ActionRecord::WhatCase what) {
  for (auto& record : task.records())
    if (record.position() == position && record.what_case() == what)
      return &record;
  return nullptr;
}

bool is_known(const TaskState& task, const ActionRecord& record) {
  return find(task, record.position(), record.what_case()) ||
         (record.what_case() != ActionRecord::kOutcome &&
          find(task, record.position(), ActionRecord::kOutcome));
}

// The end of a wait: the record, and the task needs an agent again.
decision end_wait(const TaskState& task, const std::string& position, Outcome outcome, int64_t now_ms) {
  auto* wait = find(task, position, ActionRecord::kWaitUntilMs);
  if (!wait || has_ended(task))
    return make_error(ec::not_found, "nothing is waited for at position " + position);
  if (find(task, position, ActionRecord::kOutcome))
    return make_error(ec::conflict, "position " + position + " has its result already");
  events result(1);
  auto* recorded = result[0].mutable_recorded();
  auto* record = recorded->add_records();
  record->set_position(position);
  *record->mutable_request() = wait->request();
  *record->mutable_outcome() = std::move(outcome);
  record->set_time_ms(now_ms);
  recorded->set_time_ms(now_ms);
  recorded->set_woken(true);
  return result;
}

// Each number from the first who has one: the task, its agent, the defaults it was created with, limits.hpp.
RetryPolicy policy_of(const TaskState& task, const TaskDone& cmd) {
  RetryPolicy last;
  last.set_max_retries(limits::task_retries);
  last.set_initial_delay_ms(limits::task_retry_delay.count());
  last.set_backoff_multiplier(limits::task_retry_multiplier);
  RetryPolicy result;
  for (auto* one : {&task.spec().retry(), &cmd.retry(), &task.defaults().retry(), &std::as_const(last)}) {
    if (result.max_retries() == 0 && !result.no_retry()) {
      result.set_max_retries(one->no_retry() ? 0 : one->max_retries());
      result.set_no_retry(one->no_retry());
    }
    if (result.initial_delay_ms() <= 0)
      result.set_initial_delay_ms(one->initial_delay_ms());
    if (result.backoff_multiplier() <= 0)
      result.set_backoff_multiplier(one->backoff_multiplier());
  }
  return result;
}

} // namespace

bool has_ended(const TaskState& task) {
  return task.status() == TASK_COMPLETED || task.status() == TASK_FAILED || task.status() == TASK_CANCELLED;
}

decision create(const TaskSpec& spec, const TaskDefaults& defaults, int64_t now_ms) {
  if (spec.required().empty())
    return make_error(ec::invalid_argument, "a task must name at least one required capability");
  events result(1);
  auto* created = result[0].mutable_created();
  *created->mutable_spec() = spec;
  *created->mutable_defaults() = defaults;
  created->set_time_ms(now_ms);
  return result;
}

decision record(const TaskState& task, const RecordActions& cmd, int64_t now_ms) {
  events result;
  if (has_ended(task) || task.status() == TASK_PARKED)
    return result;
  TaskEvent event;
  auto* recorded = event.mutable_recorded();
  for (auto& one : cmd.records())
    if (!is_known(task, one))
      *recorded->add_records() = one;
  if (!task.has_start() && cmd.has_start())
    *recorded->mutable_start() = cmd.start();
  *recorded->mutable_notes() = cmd.notes();
  // A wait may have ended before the agent heard of it: then it must go on.
  auto still_waits =
      std::none_of(cmd.waiting().begin(), cmd.waiting().end(),
                   [&](const std::string& position) { return find(task, position, ActionRecord::kOutcome); });
  recorded->set_suspended(cmd.suspend() && still_waits);
  recorded->set_time_ms(now_ms);
  if (recorded->records_size() > 0 || recorded->has_start() || recorded->suspended())
    result.push_back(std::move(event));
  return result;
}

decision done(const TaskState& task, const TaskDone& cmd, int64_t now_ms) {
  events result;
  if (has_ended(task) || task.status() == TASK_PARKED)
    return result;
  auto policy = policy_of(task, cmd);
  auto failed = cmd.outcome().has_failure();
  result.emplace_back();
  if (failed && task.attempt() <= policy.max_retries() &&
      !is_final(static_cast<ec>(cmd.outcome().failure().code()))) {
    auto* retried = result[0].mutable_retried();
    retried->set_attempt(task.attempt() + 1);
    *retried->mutable_failure() = cmd.outcome().failure();
    auto delay = std::min(static_cast<double>(policy.initial_delay_ms()) *
                              std::pow(policy.backoff_multiplier(), task.attempt() - 1),
                          static_cast<double>(limits::task_retry_longest.count()));
    retried->set_due_ms(now_ms + static_cast<int64_t>(delay));
    retried->set_time_ms(now_ms);
    retried->set_agent(cmd.agent());
    // Records not yet sent may hold a checkpoint: keep them before the attempt is cut back to it.
    if (cmd.records_size() > 0) {
      TaskEvent kept;
      *kept.mutable_recorded()->mutable_records() = cmd.records();
      if (cmd.has_start() && !task.has_start())
        *kept.mutable_recorded()->mutable_start() = cmd.start();
      kept.mutable_recorded()->set_time_ms(now_ms);
      result.insert(result.begin(), std::move(kept));
    }
    return result;
  }
  auto* ended = result[0].mutable_ended();
  *ended->mutable_outcome() = cmd.outcome();
  ended->set_agent(cmd.agent());
  ended->set_time_ms(now_ms);
  ended->set_dead_letter(failed);
  *ended->mutable_records() = cmd.records();
  if (cmd.has_start() && !task.has_start())
    *ended->mutable_start() = cmd.start();
  return result;
}

decision park(const TaskState& task, const ParkTask& cmd, int64_t now_ms) {
  events result;
  if (has_ended(task) || task.status() == TASK_PARKED)
    return result;
  result.emplace_back();
  result[0].mutable_parked()->set_reason(cmd.reason());
  result[0].mutable_parked()->set_time_ms(now_ms);
  return result;
}

decision cancel(const TaskState& task, const std::string& reason, int64_t now_ms) {
  if (has_ended(task))
    return make_error(ec::conflict, "the task has ended: " + std::string{word(task.status())});
  events result(1);
  auto* ended = result[0].mutable_ended();
  ended->set_cancelled(true);
  ended->set_time_ms(now_ms);
  ended->mutable_outcome()->mutable_failure()->set_code(static_cast<uint32_t>(ec::cancelled));
  ended->mutable_outcome()->mutable_failure()->set_text(reason.empty() ? "cancelled" : reason);
  return result;
}

decision answer(const TaskState& task, const AnswerQuestion& cmd, int64_t now_ms) {
  auto* wait = find(task, cmd.position(), ActionRecord::kWaitUntilMs);
  if (!wait || wait->request().kind() != ACTION_HUMAN)
    return make_error(ec::not_found, "no question is asked at position '" + cmd.position() + "'");
  Outcome outcome;
  outcome.set_text(cmd.text());
  return end_wait(task, cmd.position(), std::move(outcome), now_ms);
}

decision resume(const TaskState& task, bool restart, int64_t now_ms) {
  if (task.status() != TASK_PARKED && !task.dead_letter())
    return make_error(ec::conflict, "only a parked task or a dead letter can be run again; this one is " +
                                        std::string{word(task.status())});
  if (auto deadline = task.spec().deadline_ms(); deadline != 0 && deadline <= now_ms)
    return make_error(ec::conflict, "its deadline has passed; start a new one");
  events result(1);
  result[0].mutable_resumed()->set_restart(restart);
  result[0].mutable_resumed()->set_time_ms(now_ms);
  return result;
}

decision drop(const TaskState& task, int64_t now_ms) {
  if (!task.dead_letter())
    return make_error(ec::conflict, "the task is no dead letter");
  events result(1);
  result[0].mutable_dropped()->set_time_ms(now_ms);
  return result;
}

decision child_ended(const site& where, const TaskState& task, const ChildEnded& cmd, int64_t now_ms) {
  auto position = split_timer_id(cmd.parent_key()).second;
  if (cmd.child() != child_ref(where, position, task))
    return events{};
  auto result = end_wait(task, position, cmd.outcome(), now_ms);
  return result ? std::move(result) : decision{events{}}; // told twice, or nobody waits any more
}

decision timer_due(const TaskState& task, std::string_view name, int64_t now_ms) {
  if (name.starts_with("wait/")) {
    auto result = end_wait(task, std::string{name.substr(5)}, {}, now_ms);
    return result ? std::move(result) : decision{events{}};
  }
  if (name == "deadline" && !has_ended(task)) {
    events result(1);
    auto* ended = result[0].mutable_ended();
    ended->set_time_ms(now_ms);
    ended->set_dead_letter(true);
    ended->mutable_outcome()->mutable_failure()->set_code(static_cast<uint32_t>(ec::timeout));
    ended->mutable_outcome()->mutable_failure()->set_text("the task's deadline passed");
    return result;
  }
  return events{};
}

decision parent_noted(const TaskState& task) {
  events result;
  if (task.parent_waits())
    result.emplace_back().mutable_parent_noted();
  return result;
}

void apply(TaskState& task, const TaskEvent& event) {
  switch (event.kind_case()) {
  case TaskEvent::kCreated:
    *task.mutable_spec() = event.created().spec();
    *task.mutable_defaults() = event.created().defaults();
    task.set_trace(event.created().trace());
    task.set_created_ms(event.created().time_ms());
    task.set_attempt(1);
    task.set_status(TASK_QUEUED);
    break;
  case TaskEvent::kRecorded: {
    auto& recorded = event.recorded();
    task.mutable_records()->MergeFrom(recorded.records());
    if (recorded.has_start()) {
      *task.mutable_start() = recorded.start();
      task.set_agent(recorded.start().agent());
    }
    if (recorded.suspended())
      task.set_status(TASK_WAITING);
    else if (recorded.woken())
      task.set_status(task.status() == TASK_WAITING ? TASK_QUEUED : task.status());
    else
      task.set_status(TASK_RUNNING);
    if (task.status() == TASK_WAITING || recorded.woken())
      task.set_due_ms(0);
    break;
  }
  case TaskEvent::kRetried: {
    auto& retried = event.retried();
    std::vector<ActionRecord> all{task.records().begin(), task.records().end()};
    auto kept = records_to_keep(all);
    task.mutable_records()->Assign(kept.begin(), kept.end());
    if (kept.empty())
      task.clear_start();
    task.set_attempt(retried.attempt());
    task.set_status(TASK_RETRYING);
    task.set_reason(retried.failure().text());
    task.set_due_ms(retried.due_ms());
    task.set_agent(retried.agent());
    break;
  }
  case TaskEvent::kEnded: {
    auto& ended = event.ended();
    task.mutable_records()->MergeFrom(ended.records());
    if (ended.has_start())
      *task.mutable_start() = ended.start();
    *task.mutable_outcome() = ended.outcome();
    task.set_ended_ms(ended.time_ms());
    task.set_status(ended.cancelled()               ? TASK_CANCELLED
                    : ended.outcome().has_failure() ? TASK_FAILED
                                                    : TASK_COMPLETED);
    task.set_reason(ended.outcome().failure().text());
    task.set_dead_letter(ended.dead_letter());
    task.set_parent_waits(!task.spec().parent().empty());
    if (!ended.agent().empty())
      task.set_agent(ended.agent());
    break;
  }
  case TaskEvent::kParked:
    task.set_status(TASK_PARKED);
    task.set_reason(event.parked().reason());
    task.set_dead_letter(true);
    break;
  case TaskEvent::kResumed: {
    std::vector<ActionRecord> all{task.records().begin(), task.records().end()};
    auto kept = event.resumed().restart() ? std::vector<ActionRecord>{} : records_to_keep(all);
    task.mutable_records()->Assign(kept.begin(), kept.end());
    if (kept.empty())
      task.clear_start();
    task.clear_outcome();
    task.clear_ended_ms();
    task.clear_reason();
    task.clear_due_ms();
    task.set_dead_letter(false);
    task.set_parent_waits(false);
    task.set_attempt(1);
    task.set_resumed(task.resumed() + 1);
    task.set_status(TASK_QUEUED);
    break;
  }
  case TaskEvent::kDropped:
    task.set_dead_letter(false);
    break;
  case TaskEvent::kParentNoted:
    task.set_parent_waits(false);
    break;
  case TaskEvent::KIND_NOT_SET:
    break;
  }
}

std::string_view word(TaskStatus status) {
  constexpr std::string_view words[] = {"queued",    "running", "waiting",   "retrying",
                                        "completed", "failed",  "cancelled", "parked"};
  return words[static_cast<size_t>(status)];
}

std::string timer_id(const std::string& step, std::string_view name) {
  return step + "|" + std::string{name};
}

std::pair<std::string, std::string> split_timer_id(const std::string& id) {
  auto bar = id.find('|');
  return bar == std::string::npos ? std::pair{std::string{}, id}
                                  : std::pair{id.substr(0, bar), id.substr(bar + 1)};
}

} // namespace troupe::task_life
