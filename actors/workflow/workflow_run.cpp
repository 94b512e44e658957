// RUN: one execution of a workflow, event-sourced.
// Invariants: a step begins once, when all it needs has completed; the end of a step and the beginning of the next are one
// append; a run that has ended begins nothing.

#include <algorithm>
#include <troupe/actors/spawn.hpp>
#include <troupe/actors/workflow/dag.hpp>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/task_owner.hpp>
#include <troupe/runtime/interface/workflow.hpp>

namespace troupe {
namespace {

struct run_entity : task_owner<run_entity, RunEvent> {
  static inline const char* name = "run";
  static constexpr uint16_t version = 1;
  using task_owner::acknowledge;
  using task_owner::decide;
  using task_owner::reply;

  RunState run;
  std::map<std::string, int> index_of; // step id -> position

  bool exists() const {
    return run.created_ms() > 0;
  }
  bool has_ended() const {
    return run.status() != RUN_RUNNING;
  }
  const TaskState* task_at(const std::string& step) const {
    auto i = index_of.find(step);
    return i == index_of.end() || run.steps(i->second).task().attempt() == 0 ? nullptr
                                                                             : &run.steps(i->second).task();
  }
  event wrap(const std::string& step, TaskEvent happened) const {
    event wrapped;
    wrapped.mutable_step()->set_step(step);
    *wrapped.mutable_step()->mutable_event() = std::move(happened);
    return wrapped;
  }

  // The run's input and the results of what it needs become a step's inputs.
  TaskSpec spec_of(int step, const RunState& state) const {
    auto& definition = state.definition().steps(step);
    auto spec = definition.task();
    std::map<std::string, std::string> inputs;
    for (auto& field : state.inputs())
      inputs[field.name()] = field.value();
    for (auto& field : spec.inputs())
      inputs[field.name()] = field.value();
    for (auto& need : definition.needs())
      inputs[need] = state.steps(index_of.at(need)).task().outcome().text();
    spec.clear_inputs();
    for (auto& [key, value] : inputs) {
      auto* field = spec.add_inputs();
      field->set_name(key);
      field->set_value(value);
    }
    if (spec.title().empty())
      spec.set_title(definition.id());
    if (spec.priority() == PRIORITY_MEDIUM)
      spec.set_priority(state.priority());
    return spec;
  }

  static std::map<std::string, int> make_index(const WorkflowDefinition& definition) {
    std::map<std::string, int> result;
    for (int i = 0; i < definition.steps_size(); ++i)
      result[definition.steps(i).id()] = i;
    return result;
  }

  // What follows from these events: the steps that may begin now, or the end of the run.
  decision follow(std::vector<event> events, int64_t now_ms) const {
    auto after = *this;
    for (auto& happened : events)
      after.apply(happened);
    if (!after.exists() || after.has_ended())
      return events;
    auto failed = std::find_if(after.run.steps().begin(), after.run.steps().end(), [](auto& step) {
      return step.task().status() == TASK_FAILED || step.task().status() == TASK_CANCELLED;
    });
    if (failed != after.run.steps().end()) {
      auto ended = after.stop_open_steps(
          "step " + failed->id() + " " + std::string{task_life::word(failed->task().status())}, now_ms);
      events.insert(events.end(), ended.begin(), ended.end());
      auto* end = events.emplace_back().mutable_ended();
      end->set_status(RUN_FAILED);
      *end->mutable_outcome()->mutable_failure() = failed->task().outcome().failure();
      end->mutable_outcome()->mutable_failure()->set_text("step " + failed->id() + ": " +
                                                          failed->task().outcome().failure().text());
      end->set_time_ms(now_ms);
      return events;
    }
    auto all_completed = std::all_of(after.run.steps().begin(), after.run.steps().end(),
                                     [](auto& step) { return step.task().status() == TASK_COMPLETED; });
    if (all_completed) {
      auto* end = events.emplace_back().mutable_ended();
      end->set_status(RUN_COMPLETED);
      *end->mutable_outcome() = after.run.steps(dag::result_step(after.run.definition())).task().outcome();
      end->set_time_ms(now_ms);
      return events;
    }
    for (auto step : dag::ready(after.run)) {
      auto created = task_life::create(after.spec_of(step, after.run), defaults, now_ms);
      if (!created)
        return std::move(created.error());
      for (auto& begun : *created)
        events.push_back(wrap(after.run.steps(step).id(), std::move(begun)));
    }
    return events;
  }

  std::vector<event> stop_open_steps(const std::string& reason, int64_t now_ms) const {
    std::vector<event> events;
    for (auto& step : run.steps())
      if (step.task().attempt() > 0 && !task_life::has_ended(step.task()))
        if (auto cancelled = task_life::cancel(step.task(), reason, now_ms))
          for (auto& one : *cancelled)
            events.push_back(wrap(step.id(), std::move(one)));
    return events;
  }

  decision followed(decision decided, int64_t now_ms) const {
    auto moves = [](const event& happened) { return happened.step().event().has_ended(); };
    if (!decided || std::none_of(decided->begin(), decided->end(), moves))
      return decided; // most events are actions recorded: nothing follows
    return follow(std::move(*decided), now_ms);
  }

  bool is_same(const StartWorkflow& cmd) const {
    return equal(cmd.definition(), run.definition()) && cmd.priority() == run.priority() &&
           std::equal(cmd.inputs().begin(), cmd.inputs().end(), run.inputs().begin(), run.inputs().end(),
                      [](auto& a, auto& b) { return equal(a, b); });
  }

  decision decide(const StartWorkflow& cmd, int64_t now_ms) const {
    if (exists() && is_same(cmd))
      return std::vector<event>{};
    if (exists())
      return make_error(ec::already_exists, own_ref + " exists with another definition or other inputs");
    if (auto invalid = validate(cmd.definition()))
      return invalid;
    std::vector<event> events(1);
    auto* started = events[0].mutable_started();
    *started->mutable_definition() = cmd.definition();
    *started->mutable_inputs() = cmd.inputs();
    started->set_priority(cmd.priority());
    started->set_principal(cmd.context().principal());
    started->set_time_ms(now_ms);
    return follow(std::move(events), now_ms);
  }
  // A failed step ended the run; running it again opens the run and what was stopped with it.
  decision decide(const ResumeTask& cmd, int64_t now_ms) const {
    auto decided = task_owner::decide(cmd, now_ms);
    if (!decided || !has_ended())
      return decided;
    if (run.status() == RUN_CANCELLED)
      return make_error(ec::conflict, "the run was cancelled");
    for (auto& step : run.steps())
      if (step.task().status() == TASK_CANCELLED) {
        TaskEvent again;
        again.mutable_resumed()->set_restart(false);
        again.mutable_resumed()->set_time_ms(now_ms);
        decided->push_back(wrap(step.id(), std::move(again)));
      }
    auto* reopened = decided->emplace_back().mutable_ended();
    reopened->set_status(RUN_RUNNING);
    return decided;
  }
  decision decide(const CancelRun& cmd, int64_t now_ms) const {
    if (!exists())
      return make_error(ec::not_found, "there is no run " + own_ref);
    if (has_ended())
      return make_error(ec::conflict, "the run has ended: " + std::string{word()});
    auto events = stop_open_steps(cmd.reason().empty() ? "run cancelled" : cmd.reason(), now_ms);
    auto* end = events.emplace_back().mutable_ended();
    end->set_status(RUN_CANCELLED);
    end->mutable_outcome()->mutable_failure()->set_code(static_cast<uint32_t>(ec::cancelled));
    end->mutable_outcome()->mutable_failure()->set_text(cmd.reason().empty() ? "cancelled" : cmd.reason());
    end->set_time_ms(now_ms);
    return events;
  }

  void apply(const event& happened) {
    switch (happened.kind_case()) {
    case RunEvent::kStarted: {
      auto& started = happened.started();
      *run.mutable_definition() = started.definition();
      *run.mutable_inputs() = started.inputs();
      run.set_created_ms(started.time_ms());
      run.set_principal(started.principal());
      run.set_priority(started.priority());
      index_of = make_index(run.definition());
      for (auto& step : run.definition().steps())
        run.add_steps()->set_id(step.id());
      break;
    }
    case RunEvent::kStep:
      if (auto i = index_of.find(happened.step().step()); i != index_of.end())
        task_life::apply(*run.mutable_steps(i->second)->mutable_task(), happened.step().event());
      break;
    case RunEvent::kEnded:
      run.set_status(happened.ended().status());
      *run.mutable_outcome() = happened.ended().outcome();
      run.set_ended_ms(happened.ended().time_ms());
      break;
    case RunEvent::KIND_NOT_SET:
      break;
    }
  }

  void tidy(const event& happened, effects& out) const {
    if (happened.has_step())
      if (auto i = index_of.find(happened.step().step()); i != index_of.end())
        task_life::tidy({own_ref, happened.step().step()}, run.steps(i->second).task(),
                        happened.step().event(), out);
  }
  void bring_about(const event& happened, effects& out) const {
    if (happened.has_step()) {
      auto& step = happened.step().step();
      auto& changed = happened.step().event();
      auto& task = run.steps(index_of.at(step)).task();
      task_changed(step, task, changed, out);
    }
    if (!happened.has_step() || happened.step().event().has_ended())
      out.put(index_table::runs, "summary", summary());
  }

  void count(const event& happened, const node_metrics& meters) const {
    if (happened.has_step()) {
      task_life::count(*task_at(happened.step().step()), happened.step().event(), meters);
    } else if (happened.has_started()) {
      meters.runs_started.add();
    } else if (has_ended()) { // else it was opened again
      meters.runs_ended.with({word()}).add();
      meters.run_seconds.record(1e-3 * static_cast<double>(run.ended_ms() - run.created_ms()));
    }
  }

  WorkflowAccepted reply(const StartWorkflow&) const {
    WorkflowAccepted accepted;
    accepted.set_run(own_ref);
    return accepted;
  }
  Done reply(const CancelRun&) const {
    return {};
  }

  RunState save() const {
    return run;
  }
  bool load(const RunState& saved) {
    run = saved;
    index_of = make_index(run.definition());
    return true;
  }

  std::string_view word() const {
    constexpr std::string_view words[] = {"running", "completed", "failed", "cancelled"};
    return words[static_cast<size_t>(run.status())];
  }
  WorkSummary summary() const {
    WorkSummary row;
    row.set_ref(own_ref);
    row.set_title(run.definition().name());
    row.set_status(std::string{word()});
    row.set_created_ms(run.created_ms());
    row.set_ended_ms(run.ended_ms());
    row.set_steps(static_cast<uint32_t>(run.steps_size()));
    row.set_steps_done(
        static_cast<uint32_t>(std::count_if(run.steps().begin(), run.steps().end(), [](auto& step) {
          return step.task().status() == TASK_COMPLETED;
        })));
    row.set_principal(run.principal());
    row.set_reason(run.outcome().failure().text());
    return row;
  }
  caf::expected<RunDescription> describe_it() const {
    if (!exists())
      return make_error(ec::not_found, "there is no run " + own_ref);
    RunDescription description;
    description.set_run(own_ref);
    *description.mutable_state() = run;
    return description;
  }
};

run_actor::behavior_type run(run_actor::stateful_pointer<run_entity> self, entity_log<run_entity> log,
                             TaskDefaults defaults) {
  self->state.defaults = std::move(defaults);
  auto waiters = std::make_shared<std::vector<postponed>>();
  log.stay_awake_while([waiters] { return !waiters->empty(); });
  auto tell_waiters = [self, log, waiters]() mutable {
    if (self->state.has_ended())
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
      [=](const AnswerQuestion& cmd) mutable { return handle(cmd); },
      [=](const CancelTask& cmd) mutable { return handle(cmd); },
      [=](const ResumeTask& cmd) mutable { return handle(cmd); },
      [=](const DropTask& cmd) mutable { return handle(cmd); },
      [=](const StartWorkflow& cmd) mutable { return handle(cmd); },
      [=](const GetRun&) mutable { return log.answer(self->state.describe_it()); },
      [=](const AwaitRun&) mutable -> caf::result<RunDescription> {
        auto description = self->state.describe_it();
        if (!description || self->state.has_ended())
          return log.answer(std::move(description));
        waiters->push_back(log.postpone());
        return caf::delegated<RunDescription>{};
      },
      [=](const CancelRun& cmd) mutable { return handle(cmd); },
  };
}

} // namespace

entity_kind run_kind(TaskDefaults defaults) {
  return make_kind<run_entity>("run", run, std::move(defaults));
}

} // namespace troupe
