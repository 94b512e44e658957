// TASK OWNER: what every entity that owns tasks decides and answers, and how it speaks with the agents that work on them.
#pragma once

#include <troupe/actors/workflow/claims.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/trace.hpp>

namespace troupe {

/// Base of the states of the task entity and the run. `Owner` offers
///   const TaskState* task_at(const std::string& step) const;    null = no such step
///   Event wrap(const std::string& step, TaskEvent) const;       the owner's event that holds it
///   static constexpr bool repeats_calls;                        see task_life::site
template <class Owner, class Event>
class task_owner {
public:
  using event = Event;
  using decision = caf::expected<std::vector<event>>;

  std::string own_ref;
  /// Made of its ref until it is known: what was begun without a trace keeps that one.
  std::string own_trace;
  /// What new tasks get where their spec is silent. No part of the state: what a task got is in its event, so
  /// that replay under another configuration changes nothing.
  TaskDefaults defaults;

  /// Told its own ref before anything else.
  void born(const std::string& ref_text) {
    own_ref = ref_text;
  }

  /// As event_sourced.hpp says.
  const std::string& trace() const {
    return own_trace;
  }

  /// What should happen: see task_life for what each command decides and how it is refused.
  decision decide(const OpenTask&) const {
    return std::vector<event>{};
  }
  decision decide(const RecordActions& cmd, int64_t now_ms) const {
    return decide_claimed(cmd, [&](auto& task) { return task_life::record(task, cmd, now_ms); });
  }
  decision decide(const TaskDone& cmd, int64_t now_ms) const {
    return decide_claimed(cmd, [&](auto& task) { return task_life::done(task, cmd, now_ms); });
  }
  decision decide(const ParkTask& cmd, int64_t now_ms) const {
    return decide_claimed(cmd, [&](auto& task) { return task_life::park(task, cmd, now_ms); });
  }
  decision decide(const ChildEnded& cmd, int64_t now_ms) const {
    auto step = task_life::split_timer_id(cmd.parent_key()).first;
    if (!owner().task_at(step)) // erased: nobody waits any more, and the child may know it
      return std::vector<event>{};
    return decide_on(step, [&](auto& task) {
      return task_life::child_ended({own_ref, step}, task, cmd, now_ms);
    });
  }
  decision decide(const TimerDue& cmd, int64_t now_ms) const {
    auto due = task_life::split_timer_id(cmd.timer());
    return decide_on(due.first, [&](auto& task) { return task_life::timer_due(task, due.second, now_ms); });
  }
  decision decide(const AnswerQuestion& cmd, int64_t now_ms) const {
    return decide_on(cmd.step(), [&](auto& task) { return task_life::answer(task, cmd, now_ms); });
  }
  decision decide(const CancelTask& cmd, int64_t now_ms) const {
    return decide_on(cmd.step(), [&](auto& task) { return task_life::cancel(task, cmd.reason(), now_ms); });
  }
  decision decide(const ResumeTask& cmd, int64_t now_ms) const {
    return decide_on(cmd.step(), [&](auto& task) { return task_life::resume(task, cmd.restart(), now_ms); });
  }
  decision decide(const DropTask& cmd, int64_t now_ms) const {
    return decide_on(cmd.step(), [&](auto& task) { return task_life::drop(task, now_ms); });
  }

  /// Answers TaskOpened, or TaskGone when there is nothing to do; dismisses the claim before.
  void acknowledge(const OpenTask& cmd, effects& out) {
    auto* task = owner().task_at(cmd.step());
    if (!task || task_life::has_ended(*task) || task->status() == TASK_PARKED ||
        task->status() == TASK_WAITING) {
      out.tell(cmd.agent(), claims::gone(own_ref, cmd.step(), cmd.claim(),
                                         task ? std::string{task_life::word(task->status())} : "unknown"));
      return;
    }
    if (claims_.is_old(cmd.step(), cmd.claim())) {
      out.tell(cmd.agent(), claims::gone(own_ref, cmd.step(), cmd.claim(), "claimed by another agent"));
      return;
    }
    if (!claims_.hold(cmd.step(), cmd.claim(), cmd.agent()))
      claims_.dismiss(own_ref, cmd.step(), "claimed by another agent", out);
    claims_.take(cmd.step(), cmd.claim(), cmd.agent());
    auto opened = addressed<TaskOpened>(cmd);
    *opened.mutable_state() = *task;
    out.tell(cmd.agent(), std::move(opened));
  }

  /// Answers ActionsRecorded; a task that only waits is taken back.
  void acknowledge(const RecordActions& cmd, effects& out) {
    if (!keep_claim(cmd, out))
      return;
    auto recorded = addressed<ActionsRecorded>(cmd);
    recorded.set_number(cmd.number());
    recorded.set_suspended(owner().task_at(cmd.step())->status() == TASK_WAITING);
    if (recorded.suspended())
      claims_.drop(cmd.step());
    out.tell(cmd.agent(), std::move(recorded));
  }

  /// Answers TaskSettled and ends the claim.
  void acknowledge(const TaskDone& cmd, effects& out) {
    settle(cmd, out);
  }
  void acknowledge(const ParkTask& cmd, effects& out) {
    settle(cmd, out);
  }

  void acknowledge(const ChildEnded& cmd, effects& out) const {
    ChildNoted noted;
    noted.set_parent_key(cmd.parent_key());
    out.tell(cmd.child(), std::move(noted));
  }
  void acknowledge(const TimerDue& cmd, effects& out) const {
    auto [step, timer] = task_life::split_timer_id(cmd.timer());
    if (auto* task = owner().task_at(step))
      task_life::resend({own_ref, step}, *task, timer, out);
  }

  /// These are answered by having happened.
  Done reply(const AnswerQuestion&) const {
    return {};
  }
  Done reply(const CancelTask&) const {
    return {};
  }
  Done reply(const ResumeTask&) const {
    return {};
  }
  Done reply(const DropTask&) const {
    return {};
  }

protected:
  /// It has begun, with this trace or none.
  void begin_trace(const std::string& known) {
    own_trace = known.empty() ? trace_of(own_ref) : known;
  }

  /// Lets `decide` look at one task and wraps the events it names. Errors: ec::not_found; those of `decide`.
  template <class F>
  decision decide_on(const std::string& step, F&& decide_it) const {
    auto* task = owner().task_at(step);
    if (!task)
      return make_error(ec::not_found, own_ref + " has no task '" + step + "'");
    auto decided = decide_it(*task);
    if (!decided)
      return std::move(decided.error());
    std::vector<event> events;
    for (auto& happened : *decided)
      events.push_back(owner().wrap(step, std::move(happened)));
    return events;
  }

  /// What an event of a task brings about; an agent that did not end its task itself is dismissed.
  void task_changed(const std::string& step, const TaskState& after, const TaskEvent& happened,
                    effects& out) const {
    task_life::bring_about({own_ref, step, Owner::repeats_calls}, after, happened, out);
    if (happened.has_ended() && (happened.ended().cancelled() || happened.ended().agent().empty()))
      claims_.dismiss(own_ref, step, after.reason(), out);
  }

private:
  const Owner& owner() const {
    return static_cast<const Owner&>(*this);
  }

  // Commands of a claim that is not the newest decide nothing, nor do those for a step that left with its block: both are answered.
  template <class Command, class F>
  decision decide_claimed(const Command& cmd, F&& decide_it) const {
    if (!owner().task_at(cmd.step()) || !claims_.hold(cmd.step(), cmd.claim(), cmd.agent()))
      return std::vector<event>{};
    return decide_on(cmd.step(), std::forward<F>(decide_it));
  }

  template <class Answer, class Command>
  Answer addressed(const Command& cmd) const {
    Answer answer;
    answer.set_owner(own_ref);
    answer.set_step(cmd.step());
    answer.set_claim(cmd.claim());
    return answer;
  }

  template <class Command>
  void settle(const Command& cmd, effects& out) {
    if (!keep_claim(cmd, out))
      return;
    claims_.drop(cmd.step());
    out.tell(cmd.agent(), addressed<TaskSettled>(cmd));
  }

  template <class Command>
  bool keep_claim(const Command& cmd, effects& out) {
    if (owner().task_at(cmd.step()) && claims_.hold(cmd.step(), cmd.claim(), cmd.agent())) {
      claims_.take(cmd.step(), cmd.claim(), cmd.agent());
      return true;
    }
    out.tell(cmd.agent(), claims::gone(own_ref, cmd.step(), cmd.claim(), "claimed by another agent"));
    return false;
  }

  claims claims_;
};

} // namespace troupe
