// TASK DESK: how an owner of tasks speaks with the agents that work on them. Shared by the task entity and the run.
#pragma once

#include <troupe/actors/workflow/claims.hpp>
#include <troupe/actors/workflow/task_life.hpp>

namespace troupe {

/// The commands agents send to owners, decided and answered. `Owner` offers
///   const TaskState* task_at(const std::string& step) const;    null = no such step
///   event wrap(const std::string& step, TaskEvent) const;       the owner's event that holds it
///   const std::string& ref() const;
template <class Owner>
class task_desk {
public:
  template <class Event>
  using decision = caf::expected<std::vector<Event>>;

  /// Lets `decide` look at one task and wraps the events it names. Errors: ec::not_found; those of `decide`.
  template <class F>
  auto decide_on(const Owner& owner, const std::string& step, F&& decide) const
      -> decision<typename Owner::event> {
    auto* task = owner.task_at(step);
    if (!task)
      return make_error(ec::not_found, owner.ref() + " has no task '" + step + "'");
    auto decided = decide(*task);
    if (!decided)
      return std::move(decided.error());
    std::vector<typename Owner::event> events;
    for (auto& event : *decided)
      events.push_back(owner.wrap(step, std::move(event)));
    return events;
  }

  /// Commands of a claim that is not the newest decide nothing.
  template <class Command, class F>
  auto decide_claimed(const Owner& owner, const Command& cmd, F&& decide) const -> decision<typename Owner::event> {
    if (!claims_.hold(cmd.step(), cmd.claim(), cmd.agent()))
      return std::vector<typename Owner::event>{};
    return decide_on(owner, cmd.step(), std::forward<F>(decide));
  }

  /// Answers TaskOpened, or TaskGone when there is nothing to do; dismisses the claim before.
  void acknowledge(const Owner& owner, const OpenTask& cmd, effects& out) {
    auto* task = owner.task_at(cmd.step());
    if (!task || task_life::has_ended(*task) || task->status() == TASK_PARKED || task->status() == TASK_WAITING) {
      out.tell(cmd.agent(), claims::gone(owner.ref(), cmd.step(), cmd.claim(),
                                         task ? std::string{task_life::word(task->status())} : "unknown"));
      return;
    }
    if (!claims_.hold(cmd.step(), cmd.claim(), cmd.agent()))
      claims_.dismiss(owner.ref(), cmd.step(), "claimed by another agent", out);
    claims_.take(cmd.step(), cmd.claim(), cmd.agent());
    TaskOpened opened;
    opened.set_owner(owner.ref());
    opened.set_step(cmd.step());
    opened.set_claim(cmd.claim());
    *opened.mutable_state() = *task;
    out.tell(cmd.agent(), std::move(opened));
  }

  /// Answers ActionsRecorded; a task that only waits is taken back.
  void acknowledge(const Owner& owner, const RecordActions& cmd, effects& out) {
    if (!keep_claim(owner, cmd, out))
      return;
    ActionsRecorded recorded;
    recorded.set_suspended(owner.task_at(cmd.step())->status() == TASK_WAITING);
    if (recorded.suspended())
      claims_.drop(cmd.step());
    recorded.set_owner(owner.ref());
    recorded.set_step(cmd.step());
    recorded.set_claim(cmd.claim());
    recorded.set_number(cmd.number());
    out.tell(cmd.agent(), std::move(recorded));
  }

  /// Answers TaskDone and ParkTask with TaskSettled and ends the claim.
  template <class Command> // TaskDone, ParkTask
  void acknowledge_end(const Owner& owner, const Command& cmd, effects& out) {
    if (!keep_claim(owner, cmd, out))
      return;
    claims_.drop(cmd.step());
    TaskSettled settled;
    settled.set_owner(owner.ref());
    settled.set_step(cmd.step());
    settled.set_claim(cmd.claim());
    out.tell(cmd.agent(), std::move(settled));
  }

  /// The task has ended without its agent's doing.
  void dismiss(const Owner& owner, const std::string& step, const std::string& reason, effects& out) const {
    claims_.dismiss(owner.ref(), step, reason, out);
  }

private:
  template <class Command>
  bool keep_claim(const Owner& owner, const Command& cmd, effects& out) {
    if (owner.task_at(cmd.step()) && claims_.hold(cmd.step(), cmd.claim(), cmd.agent())) {
      claims_.take(cmd.step(), cmd.claim(), cmd.agent());
      return true;
    }
    out.tell(cmd.agent(), claims::gone(owner.ref(), cmd.step(), cmd.claim(), "claimed by another agent"));
    return false;
  }

  claims claims_;
};

} // namespace troupe
