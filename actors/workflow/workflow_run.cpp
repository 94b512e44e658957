// RUN: one execution of a workflow, event-sourced.
// Invariants: a step begins once, when all it needs has led to it; the end of a step and what follows from it are one append; a run
// that has ended begins nothing.

#include <troupe/actors/spawn.hpp>
#include <troupe/actors/workflow/run/commands.hpp>
#include <troupe/actors/workflow/run/documents.hpp>
#include <troupe/actors/workflow/run/effects.hpp>
#include <troupe/actors/workflow/run/fork.hpp>
#include <troupe/actors/workflow/task_owner.hpp>
#include <troupe/runtime/interface/workflow.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

struct run_entity : task_owner<run_entity, RunEvent> {
  static inline const char* name = "run";
  static constexpr uint16_t version = 1;
  static constexpr uint16_t snapshot_version =
      3; // older ones knew less: those runs are read from their events
  static constexpr bool repeats_calls = true;
  using task_owner::acknowledge;
  using task_owner::decide;
  using task_owner::reply;

  run_course run;

  void born(const std::string& ref_text) {
    task_owner::born(ref_text);
    run.own_ref = ref_text;
  }
  const TaskState* task_at(const std::string& step) const {
    auto at = run.find(step);
    return at && at->step->task().attempt() > 0 ? &at->step->task() : nullptr;
  }
  event wrap(const std::string& step, TaskEvent happened) const {
    event wrapped;
    wrapped.mutable_step()->set_step(step);
    *wrapped.mutable_step()->mutable_event() = std::move(happened);
    return wrapped;
  }

  std::vector<event> react(int64_t now_ms, size_t so_far) {
    if (so_far < limits::run_reactions || run.state.put_off_ms() > 0)
      return run.react(now_ms, defaults);
    std::vector<event> put_off(1);
    put_off[0].mutable_put_off()->set_due_ms(now_ms);
    return put_off;
  }

  template <class Command>
  requires requires(const run_commands& commands, const Command& cmd) {
    commands.decide(cmd);
  }
  decision decide(const Command& cmd, int64_t now_ms) const {
    return run_commands{run, now_ms, defaults}.decide(cmd);
  }
  decision decide(const ResumeTask& cmd, int64_t now_ms) const {
    return run_commands{run, now_ms, defaults}.decide(cmd);
  }
  decision decide(const TimerDue& cmd, int64_t now_ms) const {
    return run_commands{run, now_ms, defaults}.decide(cmd);
  }
  decision decide(const ChildEnded& cmd, int64_t now_ms) const {
    return run_commands{run, now_ms, defaults}.decide(cmd);
  }

  void apply(const event& happened) {
    run.apply(happened);
    if (happened.has_started())
      begin_trace(run.state.trace());
  }
  void tidy(const event& happened, effects& out) const {
    run_effects::tidy(run, happened, out);
  }
  void bring_about(const event& happened, effects& out) const {
    if (happened.has_step())
      if (auto* task = task_at(happened.step().step()))
        task_changed(happened.step().step(), *task, happened.step().event(), out);
    run_effects::bring_about(run, happened, out);
  }
  void acknowledge(const FundsReserved& cmd, effects& out) const {
    run_effects::give_back(run, cmd, out);
  }
  void acknowledge(const TimerDue& cmd, effects& out) const {
    task_owner::acknowledge(cmd, out);
    auto [step, timer] = task_life::split_timer_id(cmd.timer());
    run_effects::resend(run, step, timer, out);
    if (timer == "run" && cmd.due_ms() == effects::already_sent)
      run_effects::replace_call_row(run, cmd.timer(), out);
  }

  void count(const event& happened, const node_metrics& meters) const {
    if (happened.has_step()) {
      if (auto* task = task_at(happened.step().step()))
        task_life::count(*task, happened.step().event(), meters);
    } else if (happened.has_started()) {
      meters.runs_started.add();
    } else if (happened.has_ended() && run.has_ended()) { // else it was opened again
      meters.runs_ended.with({run_effects::word(run.state.status())}).add();
      meters.run_seconds.record(1e-3 * static_cast<double>(run.state.ended_ms() - run.state.created_ms()));
    }
  }

  WorkflowAccepted reply(const StartWorkflow&) const {
    WorkflowAccepted accepted;
    accepted.set_run(own_ref);
    return accepted;
  }
  RunFollows reply(const FollowRevision&) const {
    RunFollows standing;
    standing.set_revision(run.state.revision());
    standing.set_upgraded_ms(run.state.upgraded_ms());
    return standing;
  }
  /// These are answered by having happened.
  template <class Command>
  Done reply(const Command&) const {
    return {};
  }

  RunState save() const {
    return run.save();
  }
  bool load(const RunState& saved) {
    run.load(saved);
    begin_trace(run.state.trace());
    return true;
  }
  caf::expected<RunDescription> describe_it() const {
    if (!run.exists())
      return make_error(ec::not_found, "there is no run " + own_ref);
    RunDescription description;
    description.set_run(own_ref);
    *description.mutable_state() = run.save();
    return description;
  }
  caf::expected<RunAnswer> answer(const QueryRun& question) const {
    if (!run.exists())
      return make_error(ec::not_found, "there is no run " + own_ref);
    auto json = query(run, question.expression());
    if (!json)
      return std::move(json.error());
    RunAnswer answer;
    answer.set_json(*json);
    return answer;
  }
  caf::expected<StartWorkflow> answer(const PlanFork& question) const {
    if (!run.exists())
      return make_error(ec::not_found, "there is no run " + own_ref);
    return plan_fork(run, question.step());
  }
};

run_actor::behavior_type run(run_actor::stateful_pointer<run_entity> self, entity_log<run_entity> log,
                             TaskDefaults defaults) {
  self->state.defaults = std::move(defaults);
  auto waiters = std::make_shared<std::vector<postponed>>();
  log.stay_awake_while([waiters] { return !waiters->empty(); });
  auto tell_waiters = [self, log, waiters]() mutable {
    if (self->state.run.has_ended())
      for (auto& waiter : std::exchange(*waiters, {}))
        log.deliver(std::move(waiter), *self->state.describe_it());
  };
  auto act = [log, tell_waiters](const auto& cmd) mutable {
    log.act(cmd);
    tell_waiters();
  };
  auto handle = [log, tell_waiters](const auto& cmd) mutable {
    auto result = log.handle(cmd);
    tell_waiters();
    return result;
  };
  return {
      [=](const OpenTask& cmd) mutable { act(cmd); },
      [=](const RecordActions& cmd) mutable { act(cmd); },
      [=](const TaskDone& cmd) mutable { act(cmd); },
      [=](const ParkTask& cmd) mutable { act(cmd); },
      [=](const ChildEnded& cmd) mutable { act(cmd); },
      [=](const TimerDue& cmd) mutable { act(cmd); },
      [=](const ChildNoted& cmd) mutable { act(cmd); },
      [=](const FundsReserved& cmd) mutable { act(cmd); },
      [=](const FundsSettled& cmd) mutable { act(cmd); },
      [=](const NoteCharge& cmd) mutable { return handle(cmd); },
      [=](const AnswerQuestion& cmd) mutable { return handle(cmd); },
      [=](const CancelTask& cmd) mutable { return handle(cmd); },
      [=](const ResumeTask& cmd) mutable { return handle(cmd); },
      [=](const DropTask& cmd) mutable { return handle(cmd); },
      [=](const StartWorkflow& cmd) mutable { return handle(cmd); },
      [=](const GetRun&) mutable { return log.answer(self->state.describe_it()); },
      [=](const QueryRun& question) mutable { return log.answer(self->state.answer(question)); },
      [=](const PlanFork& question) mutable { return log.answer(self->state.answer(question)); },
      [=](const AwaitRun&) mutable -> caf::result<RunDescription> {
        auto description = self->state.describe_it();
        if (!description || self->state.run.has_ended())
          return log.answer(std::move(description));
        waiters->push_back(log.postpone());
        return caf::delegated<RunDescription>{};
      },
      [=](const CancelRun& cmd) mutable { return handle(cmd); },
      [=](const TerminateRun& cmd) mutable { return handle(cmd); },
      [=](const PauseRun& cmd) mutable { return handle(cmd); },
      [=](const UnpauseRun& cmd) mutable { return handle(cmd); },
      [=](const RetryRun& cmd) mutable { return handle(cmd); },
      [=](const UpgradeRun& cmd) mutable { return handle(cmd); },
      [=](const FollowRevision& cmd) mutable { return handle(cmd); },
      [=](const SignalRun& cmd) mutable { return handle(cmd); },
      [=](const SetVariable& cmd) mutable { return handle(cmd); },
      [=](const AnswerApproval& cmd) mutable { return handle(cmd); },
      [=](const DelegateApproval& cmd) mutable { return handle(cmd); },
  };
}

} // namespace

entity_kind run_kind(TaskDefaults defaults) {
  return make_kind<run_entity>("run", run, std::move(defaults));
}

} // namespace troupe
