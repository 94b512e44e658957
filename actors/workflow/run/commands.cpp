// RUN COMMANDS: what a command for a run brings about. Pure.
// Invariant: a command that says the same as before decides nothing, and what cannot be followed is refused with what would help.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/run/commands.hpp>
#include <troupe/actors/workflow/run/documents.hpp>
#include <troupe/actors/workflow/run/effects.hpp>
#include <troupe/actors/workflow/run/fork.hpp>
#include <troupe/actors/workflow/run/reaction.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

using decision = run_commands::decision;

RunEvent wrap(const std::string& step, TaskEvent happened) {
  RunEvent wrapped;
  wrapped.mutable_step()->set_step(step);
  *wrapped.mutable_step()->mutable_event() = std::move(happened);
  return wrapped;
}

decision one(RunEvent happened) {
  return std::vector<RunEvent>{std::move(happened)};
}
std::optional<ValueType> type_of_signal(const block_plan& block, const std::string& name) {
  for (auto& step : block.steps) {
    if (step.definition->has_signal() && step.definition->signal().name() == name)
      return step.definition->signal().type();
    if (step.body)
      if (auto inside = type_of_signal(*step.body, name))
        return inside;
  }
  return {};
}

// In blocks that tasks have returned.
std::optional<ValueType> type_of_signal(const run_course& run, const scope_place& scope,
                                        const std::string& name) {
  for (auto& step : *scope.steps)
    for (auto& inner : step.scopes()) {
      auto inside = run.find_scope(fmt::format("{}.{}", scope.path_of(step.id()), inner.number()));
      if (!inside)
        continue;
      if (auto type = step.has_expanded() ? type_of_signal(*inside->block, name) : std::nullopt)
        return type;
      if (auto type = type_of_signal(run, *inside, name))
        return type;
    }
  return {};
}

// What tasks return may wait for any signal, or has waited for it.
bool expands(const block_plan& block) {
  return std::any_of(block.steps.begin(), block.steps.end(), [](auto& step) {
    return step.definition->has_expand() || (step.body && expands(*step.body));
  });
}

} // namespace

template <class F>
decision run_commands::on_task(const std::string& step, F decide_it) const {
  auto at = run_.find(step);
  if (!at || at->step->task().attempt() == 0)
    return make_error(ec::not_found, run_.own_ref + " has no task '" + step + "'");
  auto decided = decide_it(at->step->task());
  if (!decided)
    return std::move(decided.error());
  std::vector<RunEvent> events;
  for (auto& happened : *decided)
    events.push_back(wrap(step, std::move(happened)));
  return events;
}

caf::error run_commands::is_over() const {
  if (!run_.exists())
    return make_error(ec::not_found, "there is no run " + run_.own_ref);
  if (run_.has_ended())
    return make_error(ec::conflict,
                      "the run has ended: " + std::string{run_effects::word(run_.state.status())});
  return {};
}

decision run_commands::close(RunStatus ends_as, ec code, const std::string& reason) const {
  run_reaction reaction{run_, now_ms_, defaults_};
  reaction.close(ends_as, failed_with(make_error(code, reason)));
  return std::move(reaction.events);
}

decision run_commands::decide(const StartWorkflow& cmd) const {
  if (auto invalid = validate(cmd.definition()))
    return invalid;
  std::vector<const Field*> given;
  for (auto& field : cmd.inputs())
    given.push_back(&field);
  auto inputs = complete_inputs(cmd.definition(), given);
  if (!inputs)
    return std::move(inputs.error());
  if (run_.exists() && is_same(cmd, *inputs))
    return std::vector<RunEvent>{};
  if (run_.exists())
    return make_error(ec::already_exists, run_.own_ref + " exists with another definition or other inputs");
  auto variables = first_values(*workflow_plan::of(cmd.definition()), *inputs);
  if (!variables)
    return std::move(variables.error());
  if (cmd.has_fork())
    if (auto wrong = check_fork(cmd.definition(), cmd.fork()))
      return wrong;
  for (auto& variable : *variables)
    for (auto& edited : cmd.fork().variables())
      if (edited.name() == variable.name())
        variable.set_value(as_json(edited.value()));
  RunEvent happened;
  auto* started = happened.mutable_started();
  *started->mutable_definition() = cmd.definition();
  *started->mutable_inputs() = {inputs->begin(), inputs->end()};
  *started->mutable_variables() = {variables->begin(), variables->end()};
  started->set_priority(cmd.priority());
  started->set_principal(cmd.context().principal());
  started->set_parent(cmd.parent());
  started->set_parent_key(cmd.parent_key());
  started->set_revision(cmd.revision());
  started->set_trace(cmd.context().trace());
  started->set_current(cmd.current());
  if (cmd.has_fork())
    *started->mutable_fork() = cmd.fork();
  started->set_time_ms(now_ms_);
  return one(std::move(happened));
}

bool run_commands::is_same(const StartWorkflow& cmd, const std::vector<Field>& inputs) const {
  return equal(cmd.definition(), run_.plan().definition) && cmd.priority() == run_.state.priority() &&
         std::equal(inputs.begin(), inputs.end(), run_.state.inputs().begin(), run_.state.inputs().end(),
                    [](auto& a, auto& b) { return equal(a, b); });
}

decision run_commands::decide(const CancelRun& cmd) const {
  if (auto over = is_over())
    return over;
  if (run_.state.ends_as() != RUN_RUNNING)
    return make_error(ec::conflict, "the run is being undone already");
  return close(RUN_CANCELLED, ec::cancelled, cmd.reason().empty() ? "cancelled" : cmd.reason());
}

decision run_commands::decide(const TerminateRun& cmd) const {
  if (auto over = is_over())
    return over;
  auto reason = cmd.reason().empty() ? std::string{"terminated"} : cmd.reason();
  run_reaction reaction{run_, now_ms_, defaults_};
  reaction.stop(*run_.find_scope({}), reason);
  if (auto undoing = run_.find(run_.state.undoing()); undoing && undoing->step->status() == STEP_ACTIVE)
    reaction.stop(*undoing, reason);
  auto* end = reaction.events.emplace_back().mutable_ended();
  end->set_status(RUN_CANCELLED);
  *end->mutable_outcome() = failed_with(make_error(ec::cancelled, reason));
  end->set_time_ms(now_ms_);
  return std::move(reaction.events);
}

decision run_commands::decide(const PauseRun& cmd) const {
  if (auto over = is_over())
    return over;
  if (run_.state.paused())
    return make_error(ec::conflict, "the run is paused");
  RunEvent happened;
  happened.mutable_paused()->set_by(cmd.context().principal());
  happened.mutable_paused()->set_reason(cmd.reason());
  happened.mutable_paused()->set_time_ms(now_ms_);
  return one(std::move(happened));
}

decision run_commands::decide(const UnpauseRun& cmd) const {
  if (auto over = is_over())
    return over;
  if (!run_.state.paused())
    return make_error(ec::conflict, "the run is not paused");
  RunEvent happened;
  happened.mutable_unpaused()->set_by(cmd.context().principal());
  happened.mutable_unpaused()->set_time_ms(now_ms_);
  return one(std::move(happened));
}

// A failed step ended the run; running it again opens the run and what was stopped with it.
decision run_commands::decide(const ResumeTask& cmd) const {
  auto decided =
      on_task(cmd.step(), [&](auto& task) { return task_life::resume(task, cmd.restart(), now_ms_); });
  if (!decided || !run_.has_ended())
    return decided;
  if (run_.state.status() == RUN_CANCELLED)
    return make_error(ec::conflict, "the run was cancelled");
  auto failed = run_.find(cmd.step());
  if (failed->plan->undoes) {
    auto* closing = decided->emplace_back().mutable_closing();
    closing->set_ends_as(RUN_FAILED);
    *closing->mutable_outcome() = run_.state.outcome();
    closing->set_time_ms(now_ms_);
    return decided;
  }
  if (auto undone = was_undone())
    return undone;
  open_again(*decided, STEP_CANCELLED);
  return decided;
}

decision run_commands::decide(const RetryRun&) const {
  if (!run_.exists())
    return make_error(ec::not_found, "there is no run " + run_.own_ref);
  if (run_.state.status() != RUN_FAILED)
    return make_error(ec::conflict, fmt::format("only a failed run can be retried; this one is {}",
                                                run_effects::word(run_.state.status())));
  if (auto undone = was_undone())
    return undone;
  std::vector<RunEvent> events;
  open_again(events, STEP_FAILED);
  return events;
}

caf::error run_commands::was_undone() const {
  return run_.state.undone() > 0 ? make_error(ec::conflict, "what had been done was undone; start a new run")
                                 : caf::error{};
}

// Steps from `first` on, failed or cancelled, begin again; those whose failure was handled, and those that a join gave up, stay as they
// are.
void run_commands::open_again(std::vector<RunEvent>& events, StepStatus first) const {
  for (auto& step : run_.state.steps()) {
    if (step.status() < first)
      continue;
    auto at = run_.find(step.id());
    if (step.status() == STEP_FAILED ? is_answered_for(*at) : is_given_up(*at))
      continue;
    TaskEvent resumed;
    resumed.mutable_resumed()->set_time_ms(now_ms_);
    auto has_begun = at->plan->definition->has_task() && step.task().attempt() > 0;
    if (has_begun && (step.status() == STEP_CANCELLED || task_life::resume(step.task(), false, now_ms_))) {
      events.push_back(wrap(step.id(), std::move(resumed)));
    } else {
      auto* reset = events.emplace_back().mutable_reset();
      reset->set_step(step.id());
      reset->set_time_ms(now_ms_);
    }
  }
  events.emplace_back().mutable_ended()->set_status(RUN_RUNNING);
}

decision run_commands::decide(const SignalRun& cmd) const {
  if (auto over = is_over())
    return over;
  auto type = type_of_signal(run_.plan().root, cmd.name());
  if (!type)
    type = type_of_signal(run_, *run_.find_scope({}), cmd.name());
  if (!type && expands(run_.plan().root))
    type = TYPE_ANY;
  if (!type)
    return make_error(ec::invalid_argument, fmt::format("workflow '{}' waits for no signal '{}'",
                                                        run_.plan().definition.name(), cmd.name()));
  auto json = as_json(cmd.payload().empty() ? "null" : cmd.payload(), *type);
  if (!is_of(json, *type))
    return make_error(ec::invalid_argument,
                      fmt::format("signal '{}' takes a value of type {}", cmd.name(), troupe::word(*type)));
  if (static_cast<size_t>(run_.state.signals_size()) >= limits::signals_waiting)
    return make_error(ec::overloaded, fmt::format("{} signals wait for run {} already",
                                                  limits::signals_waiting, run_.own_ref));
  RunEvent happened;
  auto* signal = happened.mutable_signalled();
  signal->set_name(cmd.name());
  signal->set_payload(json);
  signal->set_by(cmd.context().principal());
  signal->set_time_ms(now_ms_);
  return one(std::move(happened));
}

decision run_commands::decide(const SetVariable& cmd) const {
  if (auto over = is_over())
    return over;
  for (auto& variable : run_.plan().definition.variables()) {
    if (variable.name() != cmd.name())
      continue;
    auto json = as_json(cmd.value(), variable.type());
    if (!is_of(json, variable.type()))
      return make_error(ec::invalid_argument, fmt::format("variable '{}' is of type {}", cmd.name(),
                                                          troupe::word(variable.type())));
    RunEvent happened;
    auto* set = happened.mutable_variable();
    set->set_name(cmd.name());
    set->set_value(json);
    set->set_by(cmd.context().principal());
    set->set_time_ms(now_ms_);
    return one(std::move(happened));
  }
  return make_error(ec::not_found, fmt::format("workflow '{}' has no variable '{}'",
                                               run_.plan().definition.name(), cmd.name()));
}

decision run_commands::decide(const TimerDue& cmd) const {
  auto [step, timer] = task_life::split_timer_id(cmd.timer());
  if (step.empty())
    return run_timer_due(timer);
  if (timer == "child") // nothing changes: its start is sent again
    return std::vector<RunEvent>{};
  if (timer != "due" && timer != "timeout")
    return on_task(step, [&](auto& task) { return task_life::timer_due(task, timer, now_ms_); });
  run_reaction reaction{run_, now_ms_, defaults_};
  if (auto at = run_.find(step))
    reaction.due(*at, timer);
  return std::move(reaction.events);
}

decision run_commands::run_timer_due(const std::string& timer) const {
  if (timer == "deadline" && !is_over() && run_.state.ends_as() == RUN_RUNNING)
    return close(RUN_FAILED, ec::timeout, "the run's deadline passed");
  std::vector<RunEvent> events;
  if (timer == "go-on" && run_.state.put_off_ms() > 0)
    events.emplace_back().mutable_put_off();
  return events;
}

decision run_commands::decide(const ChildEnded& cmd) const {
  auto [step, child] = task_life::split_timer_id(cmd.parent_key());
  if (child != "run") {
    if (!run_.find(step)) // nobody waits any more, and the child may know it
      return std::vector<RunEvent>{};
    return on_task(step, [&](auto& task) {
      return task_life::child_ended({run_.own_ref, step}, task, cmd, now_ms_);
    });
  }
  std::vector<RunEvent> events;
  for (auto& closing : run_.state.closing())
    if (closing.child() == cmd.child())
      events.emplace_back().mutable_child_closed()->set_child(cmd.child());
  auto at = run_.find(step);
  if (!at || at->step->child() != cmd.child() || at->step->status() != STEP_ACTIVE)
    return events;
  auto* ended = events.emplace_back().mutable_step_ended();
  ended->set_step(step);
  ended->set_status(cmd.outcome().has_failure() ? STEP_FAILED : STEP_COMPLETED);
  *ended->mutable_outcome() = cmd.outcome();
  ended->set_time_ms(now_ms_);
  return events;
}

decision run_commands::decide(const ChildNoted&) const {
  std::vector<RunEvent> events;
  if (run_.state.parent_waits())
    events.emplace_back().mutable_parent_noted();
  return events;
}

} // namespace troupe
