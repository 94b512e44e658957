// TASK: a task that comes alone, with its own log.
// Invariant: the log is the task; whoever asks twice for the same id gets the same task.

#include <troupe/actors/spawn.hpp>
#include <troupe/actors/workflow/task_owner.hpp>
#include <troupe/runtime/interface/workflow.hpp>

namespace troupe {
namespace {

const std::string only_step;

struct task_entity : task_owner<task_entity, TaskEvent> {
  static inline const char* name = "task";
  static constexpr uint16_t version = 1;
  static constexpr bool repeats_calls = false;
  using task_owner::acknowledge;
  using task_owner::decide;
  using task_owner::reply;

  TaskState task;

  bool exists() const {
    return task.attempt() > 0;
  }
  const TaskState* task_at(const std::string& step) const {
    return exists() && step.empty() ? &task : nullptr;
  }
  event wrap(const std::string&, TaskEvent happened) const {
    return happened;
  }

  decision decide(const CreateTask& cmd, int64_t now_ms) const {
    if (!exists()) {
      auto created = task_life::create(cmd.spec(), defaults, now_ms);
      if (created)
        created->front().mutable_created()->set_trace(cmd.context().trace());
      return created;
    }
    if (equal(cmd.spec(), task.spec()))
      return std::vector<event>{};
    return make_error(ec::already_exists, own_ref + " exists with another specification");
  }
  decision decide(const ChildNoted&) const {
    return task_life::parent_noted(task);
  }

  void apply(const event& happened) {
    task_life::apply(task, happened);
    if (happened.has_created())
      begin_trace(task.trace());
  }

  void tidy(const event& happened, effects& out) const {
    task_life::tidy({own_ref, only_step}, task, happened, out);
  }
  void bring_about(const event& happened, effects& out) const {
    task_changed(only_step, task, happened, out);
    if (!happened.has_recorded() || happened.recorded().has_start() || happened.recorded().suspended())
      out.put(index_table::tasks, "summary", summary());
  }

  void count(const event& happened, const node_metrics& meters) const {
    task_life::count(task, happened, meters);
  }

  TaskAccepted reply(const CreateTask&) const {
    TaskAccepted accepted;
    accepted.set_task(own_ref);
    return accepted;
  }

  TaskState save() const {
    return task;
  }
  bool load(const TaskState& saved) {
    task = saved;
    begin_trace(task.trace());
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
    row.set_parent(task.spec().parent());
    row.set_trace(task.trace());
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

task_actor::behavior_type task(task_actor::stateful_pointer<task_entity> self, entity_log<task_entity> log,
                               TaskDefaults defaults) {
  self->state.defaults = std::move(defaults);
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

entity_kind task_kind(TaskDefaults defaults) {
  return make_kind<task_entity>("task", task, std::move(defaults));
}

} // namespace troupe
