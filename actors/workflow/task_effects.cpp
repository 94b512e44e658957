// TASK EFFECTS: rows and messages of one task.
// Invariant: whoever must hear of something is told until he has acknowledged it: each message here has a timer row.

#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/queue_limits.hpp>

namespace troupe::task_life {
namespace {

const std::string scheduler{services::scheduler};

bool needs_agent(const TaskState& task) {
  return task.status() == TASK_QUEUED || task.status() == TASK_RUNNING || task.status() == TASK_RETRYING;
}

std::string dead_letter_row(const site& where) {
  return "dead/" + where.step;
}

std::string question_row(const site& where, const std::string& position) {
  return "question/" + where.step + "/" + position;
}

bool is_answered(const TaskState& task, const std::string& position) {
  for (auto& record : task.records())
    if (record.position() == position && record.what_case() == ActionRecord::kOutcome)
      return true;
  return false;
}

void ask_child(const site& where, const TaskState& task, const ActionRecord& wait, effects& out) {
  CreateTask create;
  auto* spec = create.mutable_spec();
  spec->add_required(wait.request().name());
  spec->set_title(wait.request().name());
  spec->set_priority(task.spec().priority());
  spec->set_deadline_ms(task.spec().deadline_ms());
  *spec->mutable_inputs() = wait.request().arguments();
  spec->set_parent(where.owner);
  spec->set_parent_key(timer_id(where.step, wait.position()));
  out.tell(child_ref(where, wait.position(), task), std::move(create));
}

void tell_parent(const site& where, const TaskState& task, effects& out) {
  ChildEnded ended;
  ended.set_parent_key(task.spec().parent_key());
  *ended.mutable_outcome() = task.outcome();
  ended.set_child(where.owner);
  out.tell(task.spec().parent(), std::move(ended));
}

void open_wait(const site& where, const TaskState& task, const ActionRecord& wait, effects& out) {
  switch (wait.request().kind()) {
  case ACTION_SLEEP:
    out.timer(timer_id(where.step, "wait/" + wait.position()), wait.wait_until_ms(),
              {.set_ms = wait.time_ms()});
    break;
  case ACTION_AGENT:
    out.outbox(timer_id(where.step, "child/" + wait.position()));
    ask_child(where, task, wait, out);
    break;
  default: {
    DeadLetter question; // same shape: who asks what
    question.set_owner(where.owner);
    question.set_step(where.step);
    question.set_title(wait.request().name());
    question.set_time_ms(wait.time_ms());
    out.put(index_table::questions, question_row(where, wait.position()), question);
  }
  }
}

void close_wait(const site& where, const ActionRecord& wait, effects& out) {
  switch (wait.request().kind()) {
  case ACTION_SLEEP:
    out.cancel(timer_id(where.step, "wait/" + wait.position()), wait.wait_until_ms());
    break;
  case ACTION_AGENT:
    out.cancel(timer_id(where.step, "child/" + wait.position()), effects::already_sent);
    break;
  default:
    out.erase(index_table::questions, question_row(where, wait.position()));
  }
}

void close_all_waits(const site& where, const TaskState& task, effects& out) {
  for (auto& record : task.records())
    if (record.what_case() == ActionRecord::kWaitUntilMs && !is_answered(task, record.position()))
      close_wait(where, record, out);
}

// Waits that a checkpoint has kept begin anew.
void open_kept_waits(const site& where, const TaskState& task, effects& out) {
  for (auto& record : task.records())
    if (record.what_case() == ActionRecord::kWaitUntilMs && !is_answered(task, record.position()))
      open_wait(where, task, record, out);
}

void call(const site& where, const TaskState& task, effects& out) {
  if (!where.owner_repeats_calls)
    out.outbox(timer_id(where.step, "run"));
  auto message = call_for_agent(where, task);
  if (task.ByteSizeLong() <= limits::call_state_bytes)
    *message.mutable_state() = task;
  out.tell(scheduler, std::move(message));
}

} // namespace

bool is_called(const TaskState& task) {
  return task.attempt() > 0 && needs_agent(task) && task.due_ms() == effects::already_sent;
}

bool begins_call(const TaskState& after, const TaskEvent& event) {
  return event.has_created() || event.has_resumed() || (event.recorded().woken() && is_called(after));
}

bool ends_call(const TaskEvent& event) {
  return event.recorded().suspended() || event.has_retried() || event.has_parked() || event.has_ended();
}

std::string child_ref(const site& where, const std::string& position, const TaskState& task) {
  auto tenant = where.owner.substr(0, where.owner.find('/'));
  auto key = where.owner.substr(where.owner.rfind('/') + 1);
  return tenant + "/task/" + key + (where.step.empty() ? "" : "." + where.step) + "." + position + "-" +
         std::to_string(task.attempt()) + (task.resumed() > 0 ? "-" + std::to_string(task.resumed()) : "");
}

RunTask call_for_agent(const site& where, const TaskState& task) {
  RunTask message;
  message.set_owner(where.owner);
  message.set_step(where.step);
  *message.mutable_query()->mutable_required() = task.spec().required();
  *message.mutable_query()->mutable_optional() = task.spec().optional();
  message.set_priority(task.spec().priority());
  message.set_deadline_ms(task.spec().deadline_ms());
  message.set_created_ms(task.created_ms());
  message.set_concurrency_key(task.spec().concurrency_key());
  if (task.status() == TASK_RUNNING) // whoever has begun it goes on, though the scheduler has forgotten
    message.set_agent(task.agent().substr(task.agent().rfind('/') + 1));
  return message;
}

void tidy(const site& where, const TaskState& before, const TaskEvent& event, effects& out) {
  auto cancel_call = [&] {
    if (needs_agent(before) && !(is_called(before) && where.owner_repeats_calls))
      out.cancel(timer_id(where.step, "run"), before.due_ms());
  };
  switch (event.kind_case()) {
  case TaskEvent::kRecorded:
    for (auto& record : event.recorded().records())
      if (record.what_case() == ActionRecord::kOutcome)
        for (auto& wait : before.records())
          if (wait.position() == record.position() && wait.what_case() == ActionRecord::kWaitUntilMs)
            close_wait(where, wait, out);
    if (event.recorded().suspended() || event.recorded().woken())
      cancel_call();
    break;
  case TaskEvent::kRetried:
  case TaskEvent::kParked:
    close_all_waits(where, before, out);
    cancel_call();
    break;
  case TaskEvent::kEnded:
    close_all_waits(where, before, out);
    cancel_call();
    if (before.spec().deadline_ms() > 0)
      out.cancel(timer_id(where.step, "deadline"), before.spec().deadline_ms());
    if (before.status() == TASK_PARKED)
      out.erase(index_table::dead_letters, dead_letter_row(where));
    break;
  case TaskEvent::kResumed:
  case TaskEvent::kDropped:
    out.erase(index_table::dead_letters, dead_letter_row(where));
    break;
  case TaskEvent::kParentNoted:
    out.cancel(timer_id(where.step, "parent"), effects::already_sent);
    break;
  default:
    break;
  }
}

void bring_about(const site& where, const TaskState& after, const TaskEvent& event, effects& out) {
  switch (event.kind_case()) {
  case TaskEvent::kCreated:
    if (after.spec().deadline_ms() > 0)
      out.timer(timer_id(where.step, "deadline"), after.spec().deadline_ms());
    call(where, after, out);
    break;
  case TaskEvent::kRecorded:
    for (auto& record : event.recorded().records())
      if (record.what_case() == ActionRecord::kWaitUntilMs)
        open_wait(where, after, record, out);
    if (begins_call(after, event))
      call(where, after, out);
    break;
  case TaskEvent::kRetried:
    out.timer(timer_id(where.step, "run"), after.due_ms(), {.set_ms = event.retried().time_ms()});
    open_kept_waits(where, after, out);
    break;
  case TaskEvent::kResumed:
    if (after.spec().deadline_ms() > 0)
      out.timer(timer_id(where.step, "deadline"), after.spec().deadline_ms());
    open_kept_waits(where, after, out);
    call(where, after, out);
    break;
  case TaskEvent::kEnded:
    if (after.parent_waits()) {
      out.outbox(timer_id(where.step, "parent"));
      tell_parent(where, after, out);
    }
    [[fallthrough]];
  case TaskEvent::kParked:
    if (after.dead_letter()) {
      DeadLetter letter;
      letter.set_owner(where.owner);
      letter.set_step(where.step);
      letter.set_title(after.spec().title());
      *letter.mutable_failure() = after.outcome().failure();
      if (after.status() == TASK_PARKED) {
        letter.mutable_failure()->set_code(static_cast<uint32_t>(ec::nondeterministic));
        letter.mutable_failure()->set_text(after.reason());
      }
      letter.set_attempts(after.attempt());
      letter.set_time_ms(event.has_ended() ? event.ended().time_ms() : event.parked().time_ms());
      out.put(index_table::dead_letters, dead_letter_row(where), letter);
    }
    break;
  default:
    break;
  }
}

void count(const TaskState& after, const TaskEvent& event, const node_metrics& meters) {
  switch (event.kind_case()) {
  case TaskEvent::kCreated:
    meters.tasks_created.add();
    break;
  case TaskEvent::kEnded: {
    auto who =
        after.has_start() ? std::string_view{after.start().behavior()} : "none"; // it ended before it began
    meters.tasks_ended.with({word(after.status()), who}).add();
    meters.task_seconds.with({who}).record(1e-3 * static_cast<double>(after.ended_ms() - after.created_ms()));
    break;
  }
  case TaskEvent::kRetried:
    meters.task_retries.add();
    break;
  case TaskEvent::kParked:
    meters.tasks_parked.add();
    break;
  case TaskEvent::kResumed:
    meters.tasks_resumed.add();
    break;
  default:
    break;
  }
}

void resend(const site& where, const TaskState& task, std::string_view name, effects& out) {
  if (name == "run" && needs_agent(task))
    out.tell(scheduler, call_for_agent(where, task));
  else if (name == "parent" && task.parent_waits())
    tell_parent(where, task, out);
  else if (name.starts_with("child/"))
    for (auto& record : task.records())
      if (record.what_case() == ActionRecord::kWaitUntilMs && record.position() == name.substr(6) &&
          !is_answered(task, record.position()))
        ask_child(where, task, record, out);
}

} // namespace troupe::task_life
