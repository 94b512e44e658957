// RUN EFFECTS: timers, outboxes and index rows of a run.
// Invariant: each row that bring_about() writes for a step leaves by tidy() of the event that ends the step; one row stands for the calls
// of all its tasks, from the first to the last.

#include <algorithm>
#include <troupe/actors/workflow/run/effects.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/proto/catalog.pb.h>

namespace troupe::run_effects {
namespace {

using task_life::timer_id;

const std::string the_run; // timers of the run itself have no step
const std::string calls_timer =
    timer_id(the_run, "calls"); // one for all tasks: it mostly stays from step to step

void put_approval(const run_course& run, const step_place& at, effects& out) {
  ApprovalRow row;
  row.set_run(run.own_ref);
  row.set_step(at.path);
  row.set_title(run.plan().definition.name());
  row.set_message(at.plan->definition->approval().message());
  *row.mutable_asked() = at.step->asked();
  for (auto& answer : at.step->answers())
    row.add_answered(answer.by());
  row.set_time_ms(at.step->begun_ms());
  row.set_due_ms(at.step->due_ms());
  out.put(index_table::approvals, at.path, row);
}

// The catalog knows the definition; it tells the parent should it refuse.
void begin_child(const run_course& run, const step_place& at, effects& out) {
  auto& child = at.plan->definition->child();
  StartPublished start;
  start.set_run(at.step->child());
  start.set_revision(child.revision());
  *start.mutable_inputs() = at.step->inputs();
  start.set_priority(run.state.priority());
  start.set_parent(run.own_ref);
  start.set_parent_key(timer_id(at.path, "run"));
  out.tell(run.own_ref.substr(0, run.own_ref.find('/')) + "/workflow/" + child.workflow(), std::move(start));
}

void close_child(const ChildToClose& closing, effects& out) {
  constexpr auto reason = "the run that began it gave it up";
  if (closing.policy() == CLOSE_CANCEL) {
    CancelRun cancel;
    cancel.set_reason(reason);
    out.tell(closing.child(), std::move(cancel));
  } else {
    TerminateRun terminate;
    terminate.set_reason(reason);
    out.tell(closing.child(), std::move(terminate));
  }
}

std::string close_timer(const std::string& child) {
  return timer_id(the_run, "close/" + child);
}

void begun(const run_course& run, const step_place& at, effects& out) {
  auto& step = *at.step;
  if (!step.child().empty()) {
    out.outbox(timer_id(at.path, "child"));
    begin_child(run, at, out);
  }
  if (step.due_ms() > 0)
    out.timer(timer_id(at.path, "due"), step.due_ms(), {.set_ms = step.begun_ms()});
  if (step.timeout_ms() > 0)
    out.timer(timer_id(at.path, "timeout"), step.timeout_ms(), {.set_ms = step.begun_ms()});
  if (at.plan->definition->has_approval())
    put_approval(run, at, out);
}

void over(const step_place& at, effects& out) {
  auto& step = *at.step;
  if (step.status() != STEP_ACTIVE)
    return;
  if (step.due_ms() > 0)
    out.cancel(timer_id(at.path, "due"), step.due_ms());
  if (step.timeout_ms() > 0)
    out.cancel(timer_id(at.path, "timeout"), step.timeout_ms());
  if (!step.child().empty())
    out.cancel(timer_id(at.path, "child"), effects::already_sent);
  if (at.plan->definition->has_approval())
    out.erase(index_table::approvals, at.path);
}

void tell_parent(const run_course& run, effects& out) {
  ChildEnded ended;
  ended.set_parent_key(run.state.parent_key());
  *ended.mutable_outcome() = run.state.outcome();
  ended.set_child(run.own_ref);
  out.tell(run.state.parent(), std::move(ended));
}

} // namespace

void tidy(const run_course& before, const RunEvent& event, effects& out) {
  auto with_step = [&](const std::string& path, auto change) {
    if (auto at = before.find(path))
      change(*at);
  };
  auto cancel_due = [&](const std::string& path) {
    with_step(path, [&](auto& at) {
      if (at.step->due_ms() > 0)
        out.cancel(timer_id(path, "due"), at.step->due_ms());
    });
  };
  switch (event.kind_case()) {
  case RunEvent::kStep:
    with_step(event.step().step(), [&](auto& at) {
      task_life::tidy({before.own_ref, at.path, true}, at.step->task(), event.step().event(), out);
      if (task_life::ends_call(event.step().event()) && before.is_only_call(at.path))
        out.cancel(calls_timer, effects::already_sent);
    });
    break;
  case RunEvent::kStepEnded:
    with_step(event.step_ended().step(), [&](auto& at) { over(at, out); });
    break;
  case RunEvent::kScopeBegun: // the pause of a loop is over
    cancel_due(event.scope_begun().step());
    break;
  case RunEvent::kSampled:
    cancel_due(event.sampled().step());
    break;
  case RunEvent::kEscalated:
    cancel_due(event.escalated().step());
    break;
  case RunEvent::kEnded:
    if (before.state.deadline_ms() > 0 && !before.has_ended())
      out.cancel(timer_id(the_run, "deadline"), before.state.deadline_ms());
    if (before.state.parent_waits())
      out.cancel(timer_id(the_run, "parent"), effects::already_sent);
    break;
  case RunEvent::kParentNoted:
    out.cancel(timer_id(the_run, "parent"), effects::already_sent);
    break;
  case RunEvent::kChildClosed:
    out.cancel(close_timer(event.child_closed().child()), effects::already_sent);
    break;
  case RunEvent::kPutOff:
    if (event.put_off().due_ms() == 0)
      out.cancel(timer_id(the_run, "go-on"), before.state.put_off_ms());
    break;
  default:
    tidy_budget(before, event, out);
    break;
  }
}

void bring_about(const run_course& after, const RunEvent& event, effects& out) {
  auto with_step = [&](const std::string& path, auto change) {
    if (auto at = after.find(path))
      change(*at);
  };
  auto set_due = [&](const std::string& path, int64_t now_ms) {
    with_step(path, [&](auto& at) {
      if (at.step->due_ms() > 0)
        out.timer(timer_id(path, "due"), at.step->due_ms(), {.set_ms = now_ms});
      if (at.plan->definition->has_approval())
        put_approval(after, at, out);
    });
  };
  auto is_counted = [](const std::string& path) {
    return path.find('.') == std::string::npos;
  }; // by a summary
  auto is_news = event.has_started() || event.has_ended() || event.has_closing() || event.has_paused() ||
                 event.has_unpaused() || event.has_upgraded() ||
                 (event.has_step_ended() && is_counted(event.step_ended().step())) ||
                 (event.step().event().has_ended() && is_counted(event.step().step()));
  switch (event.kind_case()) {
  case RunEvent::kStep:
    with_step(event.step().step(), [&](auto& at) {
      if (task_life::begins_call(at.step->task(), event.step().event()) && after.is_only_call(at.path))
        out.outbox(calls_timer);
    });
    break;
  case RunEvent::kStarted:
    if (after.state.deadline_ms() > 0)
      out.timer(timer_id(the_run, "deadline"), after.state.deadline_ms(),
                {.set_ms = after.state.created_ms()});
    break;
  case RunEvent::kStepBegun:
    with_step(event.step_begun().step(), [&](auto& at) { begun(after, at, out); });
    break;
  case RunEvent::kStepEnded:
    if (event.step_ended().gives_up() && after.state.closing_size() > 0)
      with_step(event.step_ended().step(), [&](auto& at) {
        auto& closing = *after.state.closing().rbegin();
        if (closing.child() != at.step->child())
          return; // it was abandoned
        out.outbox(close_timer(closing.child()));
        close_child(closing, out);
      });
    break;
  case RunEvent::kSampled:
    set_due(event.sampled().step(), event.sampled().time_ms());
    break;
  case RunEvent::kEscalated:
    set_due(event.escalated().step(), event.escalated().time_ms());
    break;
  case RunEvent::kAnswered:
    with_step(event.answered().step(), [&](auto& at) { put_approval(after, at, out); });
    break;
  case RunEvent::kDelegated:
    with_step(event.delegated().step(), [&](auto& at) { put_approval(after, at, out); });
    break;
  case RunEvent::kEnded:
    if (after.state.parent_waits()) {
      out.outbox(timer_id(the_run, "parent"));
      tell_parent(after, out);
    }
    if (!after.has_ended() && after.state.deadline_ms() > 0) // it was opened again
      out.timer(timer_id(the_run, "deadline"), after.state.deadline_ms(),
                {.set_ms = after.state.created_ms()});
    break;
  case RunEvent::kPutOff:
    if (event.put_off().due_ms() > 0)
      out.timer(timer_id(the_run, "go-on"), event.put_off().due_ms());
    break;
  default:
    bring_about_budget(after, event, out);
    break;
  }
  if (is_news)
    out.put(index_table::runs, "summary", summary_of(after));
}

void resend(const run_course& run, const std::string& step, std::string_view timer, effects& out) {
  if (step.empty() && timer == "parent" && run.state.parent_waits())
    tell_parent(run, out);
  if (step.empty() && timer.starts_with("close/"))
    for (auto& closing : run.state.closing())
      if (timer.substr(6) == closing.child())
        close_child(closing, out);
  if (step.empty() && timer == "calls")
    for (auto& path : run.called())
      if (auto at = run.find(path))
        task_life::resend({run.own_ref, path}, at->step->task(), "run", out);
  if (step.empty())
    resend_budget(run, timer, out);
  if (timer == "child")
    if (auto at = run.find(step); at && at->step->status() == STEP_ACTIVE && !at->step->child().empty())
      begin_child(run, *at, out);
}

void replace_call_row(const run_course& run, const std::string& old_row, effects& out) {
  out.cancel(old_row, effects::already_sent);
  if (!run.called().empty())
    out.outbox(calls_timer);
}

std::string_view word(RunStatus status) {
  constexpr std::string_view words[] = {"running", "completed", "failed", "cancelled", "compensating"};
  return words[static_cast<size_t>(status)];
}

WorkSummary summary_of(const run_course& run) {
  auto& state = run.state;
  WorkSummary row;
  row.set_ref(run.own_ref);
  row.set_title(run.plan().definition.name());
  row.set_status(std::string{state.paused() ? "paused" : word(state.status())});
  row.set_created_ms(state.created_ms());
  row.set_ended_ms(state.ended_ms());
  row.set_steps(static_cast<uint32_t>(state.steps_size()));
  row.set_steps_done(
      static_cast<uint32_t>(std::count_if(state.steps().begin(), state.steps().end(),
                                          [](auto& step) { return step.status() == STEP_COMPLETED; })));
  row.set_principal(state.principal());
  row.set_reason(run.has_ended() ? state.outcome().failure().text() : state.reason());
  row.set_parent(state.parent());
  row.set_trace(state.trace());
  return row;
}

} // namespace troupe::run_effects
