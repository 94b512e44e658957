// TASK: a task that comes alone, with its own log.
// Invariant: the log is the task; whoever asks twice for the same id gets the same task.

#include <troupe/actors/spawn.hpp>
#include <troupe/actors/workflow/task_desk.hpp>
#include <troupe/runtime/interface/workflow.hpp>

namespace troupe {
namespace {

const std::string only_step;

struct task_entity {
  static inline const char* name = "task";
  using event = TaskEvent;
  static constexpr uint16_t version = 1;

  TaskState task;
  std::string own_ref;
  task_desk<task_entity> desk;

  void born(const std::string& ref_text) {
    own_ref = ref_text;
  }
  const std::string& ref() const {
    return own_ref;
  }
  task_life::site here() const {
    return {own_ref, only_step};
  }
  bool exists() const {
    return task.attempt() > 0;
  }
  const TaskState* task_at(const std::string& step) const {
    return exists() && step.empty() ? &task : nullptr;
  }
  event wrap(const std::string&, TaskEvent happened) const {
    return happened;
  }

  using decision = caf::expected<std::vector<event>>;

  decision decide(const CreateTask& cmd, int64_t now_ms) const {
    if (!exists())
      return task_life::create(cmd.spec(), now_ms);
    if (equal(cmd.spec(), task.spec()))
      return std::vector<event>{};
    return make_error(ec::already_exists, own_ref + " exists with another specification");
  }
  decision decide(const OpenTask&) const {
    return std::vector<event>{};
  }
  decision decide(const RecordActions& cmd, int64_t now_ms) const {
    return desk.decide_claimed(*this, cmd, [&](auto& t) { return task_life::record(t, cmd, now_ms); });
  }
  decision decide(const TaskDone& cmd, int64_t now_ms) const {
    return desk.decide_claimed(*this, cmd, [&](auto& t) { return task_life::done(t, cmd, now_ms); });
  }
  decision decide(const ParkTask& cmd, int64_t now_ms) const {
    return desk.decide_claimed(*this, cmd, [&](auto& t) { return task_life::park(t, cmd, now_ms); });
  }
  decision decide(const ChildEnded& cmd, int64_t now_ms) const {
    auto at = cmd;
    at.set_parent_key(task_life::split_timer_id(cmd.parent_key()).second);
    return desk.decide_on(*this, only_step, [&](auto& t) { return task_life::child_ended(t, at, now_ms); });
  }
  decision decide(const ChildNoted&) const {
    return task_life::parent_noted(task);
  }
  decision decide(const TimerDue& cmd, int64_t now_ms) const {
    return desk.decide_on(*this, only_step, [&](auto& t) {
      return task_life::timer_due(t, task_life::split_timer_id(cmd.timer()).second, now_ms);
    });
  }
  decision decide(const AnswerQuestion& cmd, int64_t now_ms) const {
    return desk.decide_on(*this, cmd.step(), [&](auto& t) { return task_life::answer(t, cmd, now_ms); });
  }
  decision decide(const CancelTask& cmd, int64_t now_ms) const {
    return desk.decide_on(*this, cmd.step(), [&](auto& t) { return task_life::cancel(t, cmd.reason(), now_ms); });
  }
  decision decide(const ResumeTask& cmd, int64_t now_ms) const {
    return desk.decide_on(*this, cmd.step(), [&](auto& t) { return task_life::resume(t, cmd.restart(), now_ms); });
  }
  decision decide(const DropTask& cmd, int64_t now_ms) const {
    return desk.decide_on(*this, cmd.step(), [&](auto& t) { return task_life::drop(t, now_ms); });
  }

  void apply(const event& happened) {
    task_life::apply(task, happened);
  }

  void tidy(const event& happened, effects& out) const {
    task_life::tidy(here(), task, happened, out);
  }
  void bring_about(const event& happened, effects& out) const {
    task_life::bring_about(here(), task, happened, out);
    if (happened.has_ended() && (happened.ended().cancelled() || happened.ended().agent().empty()))
      desk.dismiss(*this, only_step, task.reason(), out);
    if (!happened.has_recorded() || happened.recorded().has_start() || happened.recorded().suspended())
      out.put(index_table::tasks, "summary", summary());
  }

  void acknowledge(const OpenTask& cmd, effects& out) {
    desk.acknowledge(*this, cmd, out);
  }
  void acknowledge(const RecordActions& cmd, effects& out) {
    desk.acknowledge(*this, cmd, out);
  }
  void acknowledge(const TaskDone& cmd, effects& out) {
    desk.acknowledge_end(*this, cmd, out);
  }
  void acknowledge(const ParkTask& cmd, effects& out) {
    desk.acknowledge_end(*this, cmd, out);
  }
  void acknowledge(const ChildEnded& cmd, effects& out) const {
    ChildNoted noted;
    noted.set_parent_key(cmd.parent_key());
    out.tell(cmd.child(), std::move(noted));
  }
  void acknowledge(const TimerDue& cmd, effects& out) const {
    task_life::resend(here(), task, task_life::split_timer_id(cmd.timer()).second, out);
  }

  TaskAccepted reply(const CreateTask&) const {
    TaskAccepted accepted;
    accepted.set_task(own_ref);
    return accepted;
  }
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

  TaskState save() const {
    return task;
  }
  bool load(const TaskState& saved) {
    task = saved;
    return true;
  }

  WorkSummary summary() const {
    WorkSummary row;
    row.set_ref(own_ref);
    row.set_title(task.spec().title());
    row.set_status(std::string{task_life::word(task.status())});
    row.set_created_ms(task.created_ms());
    row.set_ended_ms(task.ended_ms());
    row.set_steps(1);
    row.set_steps_done(task.status() == TASK_COMPLETED);
    row.set_reason(task.reason());
    return row;
  }
  caf::expected<TaskDescription> describe_it() const {
    if (!exists())
      return make_error(ec::not_found, "there is no task " + own_ref);
    TaskDescription description;
    description.set_task(own_ref);
    *description.mutable_state() = task;
    return description;
  }
};

task_actor::behavior_type task(task_actor::stateful_pointer<task_entity> self, entity_log<task_entity> log) {
  auto waiters = std::make_shared<std::vector<postponed>>();
  log.stay_awake_while([waiters] { return !waiters->empty(); });
  auto tell_waiters = [self, log, waiters]() mutable {
    if (task_life::has_ended(self->state.task))
      for (auto& waiter : std::exchange(*waiters, {}))
        log.deliver(std::move(waiter), *self->state.describe_it());
  };
  auto act = [log, tell_waiters](const auto& cmd) mutable {
    log.act(cmd);
    tell_waiters();
  };
  return {
      [=](const OpenTask& cmd) mutable { act(cmd); },
      [=](const RecordActions& cmd) mutable { act(cmd); },
      [=](const TaskDone& cmd) mutable { act(cmd); },
      [=](const ParkTask& cmd) mutable { act(cmd); },
      [=](const ChildEnded& cmd) mutable { act(cmd); },
      [=](const TimerDue& cmd) mutable { act(cmd); },
      [=](const AnswerQuestion& cmd) mutable { return log.handle(cmd); },
      [=](const CancelTask& cmd) mutable {
        auto result = log.handle(cmd);
        tell_waiters();
        return result;
      },
      [=](const ResumeTask& cmd) mutable { return log.handle(cmd); },
      [=](const DropTask& cmd) mutable { return log.handle(cmd); },
      [=](const CreateTask& cmd) mutable { return log.handle(cmd); },
      [=](const GetTask&) mutable { return log.answer(self->state.describe_it()); },
      [=](const AwaitTask&) mutable -> caf::result<TaskDescription> {
        auto description = self->state.describe_it();
        if (!description || task_life::has_ended(self->state.task))
          return log.answer(std::move(description));
        waiters->push_back(log.postpone());
        return caf::delegated<TaskDescription>{};
      },
      [=](const ChildNoted& cmd) mutable { act(cmd); },
  };
}

} // namespace

entity_kind task_kind() {
  return make_kind<task_entity>("task", task);
}

} // namespace troupe
