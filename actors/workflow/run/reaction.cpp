// REACTION: one matter after the other, and how steps, blocks and runs end.
// Invariant: whoever is stopped is told so in the same append as what stops it.

#include <algorithm>
#include <troupe/actors/workflow/run/documents.hpp>
#include <troupe/actors/workflow/run/reaction.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {

Outcome failed_with(const caf::error& why) {
  Outcome outcome;
  *outcome.mutable_failure() = to_failure(why);
  return outcome;
}

std::vector<RunEvent> run_course::react(int64_t now_ms, const TaskDefaults& defaults) {
  run_reaction reaction{*this, now_ms, defaults};
  while (!agenda_.empty() && reaction.events.empty() && !has_ended()) {
    auto next = std::move(agenda_.front());
    agenda_.pop_front();
    reaction.look_at(next);
  }
  return std::move(reaction.events);
}

void run_reaction::look_at(const run_course::matter& what) {
  using matter = run_course::matter;
  switch (what.what) {
  case matter::signal:
    return take_signal(what.path);
  case matter::wrap_up:
    return wrap_up();
  case matter::finish:
    if (auto scope = run_.find_scope(what.path))
      finish(*scope);
    return;
  default:
    break;
  }
  auto at = run_.find(what.path);
  if (!at)
    return;
  switch (what.what) {
  case matter::begin:
    return begin(*at);
  case matter::advance:
    return advance(*at);
  case matter::assign:
    return assign(*at);
  case matter::forgive:
    return forgive(*at);
  default:
    return fail_scope(*at);
  }
}

void run_reaction::end(const step_place& at, StepStatus how, Outcome outcome, const std::string& reason) {
  settle_open(at);
  auto& event = *add().mutable_step_ended();
  event.set_step(at.path);
  event.set_status(how);
  *event.mutable_outcome() = std::move(outcome);
  event.set_time_ms(now_ms_);
  event.set_reason(reason);
  event.set_gives_up(at.plan->definition->has_child() && at.step->status() == STEP_ACTIVE);
}

void run_reaction::complete(const step_place& at, std::string json) {
  Outcome outcome;
  outcome.set_text(std::move(json));
  end(at, STEP_COMPLETED, std::move(outcome));
}

void run_reaction::fail(const step_place& at, const caf::error& why) {
  end(at, STEP_FAILED, failed_with(why));
}

void run_reaction::assign(const step_place& at) {
  if (at.step->status() != STEP_COMPLETED)
    return;
  auto& variables = run_.plan().definition.variables();
  for (auto& one : at.plan->set) {
    auto value =
        run_documents{run_, at}.with("result", as_json(outcome_of(*at.step).text())).evaluate(one.value);
    auto variable = std::find_if(variables.begin(), variables.end(),
                                 [&](auto& known) { return known.name() == one.name; });
    if (value && variable != variables.end() && !is_of(*value, variable->type()))
      value = make_error(ec::invalid_argument, "it is no " + std::string{word(variable->type())} + ": " +
                                                   std::string{cut_utf8(*value, 40)});
    if (!value) {
      events.clear();
      return close(RUN_FAILED, failed_with(make_error(ec::invalid_argument,
                                                      "step " + at.path + ": variable '" + one.name +
                                                          "': " + text_of(value.error()))));
    }
    auto& event = *add().mutable_variable();
    event.set_name(one.name);
    event.set_value(*value);
    event.set_by(at.path);
    event.set_time_ms(now_ms_);
  }
}

void run_reaction::take_signal(const std::string& name) {
  auto& waiting = run_.waiting_for(name);
  auto& early = run_.state.signals();
  auto first = std::find_if(early.begin(), early.end(), [&](auto& one) { return one.name() == name; });
  if (waiting.empty() || first == early.end())
    return;
  auto& event = *add().mutable_signalled();
  event.set_name(name);
  event.set_by(first->by());
  event.set_step(*waiting.begin());
  event.set_time_ms(now_ms_);
  auto at = *run_.find(*waiting.begin());
  auto type = at.plan->definition->signal().type();
  auto json = first->payload();
  if (!is_of(json, type)) // it came before anybody knew what would wait for it
    json = as_json(as_text(json), type);
  if (!is_of(json, type))
    return fail(at, make_error(ec::invalid_argument,
                               fmt::format("signal '{}' takes a value of type {}", name, word(type))));
  complete(at, json);
}

void run_reaction::finish(const scope_place& scope) {
  if (scope.state ? scope.state->ended() || scope.owner->status() != STEP_ACTIVE
                  : run_.state.status() != RUN_RUNNING)
    return;
  auto unsettled = scope.state ? scope.state->unsettled() : run_.state.unsettled();
  auto is_decided =
      scope.block->gives_all && scope.block->join.mode() != JOIN_ALL; // advance_parallel() has looked
  if (unsettled > 0 && !is_decided)
    return;
  Outcome outcome;
  if (!scope.block->gives_all) {
    outcome = outcome_of(scope.steps->Get(scope.block->result));
  } else {
    std::string json = "{";
    uint32_t live = 0, counted = 0;
    for (auto& [id, index] : scope.block->index_of) {
      auto& step = scope.steps->Get(index);
      if (scope.block->steps[static_cast<size_t>(index)].undoes)
        continue;
      live += step.status() == STEP_COMPLETED;
      counted += step.status() != STEP_SKIPPED;
      json += json.size() > 1 ? "," : "";
      append_json(json, id);
      json += ":" + as_json(outcome_of(step).text());
    }
    if (auto wanted = required(scope.block->join, counted); is_decided && live < wanted)
      outcome = failed_with(
          make_error(ec::action_failed, std::to_string(live) + " of " + std::to_string(counted) +
                                            " steps have succeeded; " + std::to_string(wanted) + " have to"));
    else
      outcome.set_text(json + "}");
  }
  if (scope.state)
    return end_scope(scope, std::move(outcome));
  auto& event = *add().mutable_ended();
  event.set_status(RUN_COMPLETED);
  *event.mutable_outcome() = std::move(outcome);
  event.set_time_ms(now_ms_);
}

void run_reaction::end_scope(const scope_place& scope, Outcome outcome) {
  auto dot = scope.path.rfind('.');
  auto& event = *add().mutable_scope_ended();
  event.set_step(scope.path.substr(0, dot));
  event.set_number(scope.state->number());
  *event.mutable_outcome() = std::move(outcome);
  event.set_time_ms(now_ms_);
}

// A failure that somebody handles is no dead letter.
void run_reaction::forgive(const step_place& at) {
  if (auto dropped = task_life::drop(at.step->task(), now_ms_))
    for (auto& one : *dropped)
      task_event(at, std::move(one));
}

void run_reaction::task_event(const step_place& at, TaskEvent happened) {
  auto& event = *add().mutable_step();
  event.set_step(at.path);
  *event.mutable_event() = std::move(happened);
}

// Nobody handles the failure of this step: its block fails.
void run_reaction::fail_scope(const step_place& at) {
  auto& step = *at.step;
  if (step.status() != STEP_FAILED && step.status() != STEP_CANCELLED)
    return;
  auto& own = own_outcome(step);
  Outcome outcome;
  *outcome.mutable_failure() = own.failure();
  outcome.mutable_failure()->set_text("step " + at.path + ": " + own.failure().text());
  auto& scope = at.scope();
  if (!scope.state) {
    if (run_.state.status() == RUN_RUNNING)
      close(RUN_FAILED, std::move(outcome));
    return;
  }
  if (scope.state->ended() || scope.owner->status() != STEP_ACTIVE)
    return;
  stop(scope, "step " + at.path + " failed");
  outcome.mutable_failure()->set_text(own.failure().text());
  end_scope(scope, std::move(outcome));
}

void run_reaction::close(RunStatus ends_as, Outcome outcome) {
  auto scope = run_.find_scope({});
  stop(*scope, outcome.failure().text());
  if (run_.state.undo_size() > 0 && ends_as != RUN_COMPLETED) {
    auto& closing = *add().mutable_closing();
    closing.set_ends_as(ends_as);
    *closing.mutable_outcome() = std::move(outcome);
    closing.set_time_ms(now_ms_);
    return;
  }
  auto& ended = *add().mutable_ended();
  ended.set_status(ends_as);
  *ended.mutable_outcome() = std::move(outcome);
  ended.set_time_ms(now_ms_);
}

// Saga (Garcia-Molina and Salem, Sagas, 1987): what has completed is undone in reverse order, then the run ends.
void run_reaction::wrap_up() {
  auto& state = run_.state;
  if (state.status() != RUN_COMPENSATING)
    return;
  auto outcome = state.outcome();
  auto ends_as = state.ends_as();
  auto undoing = run_.find(state.undoing());
  if (undoing && undoing->step->status() <= STEP_ACTIVE)
    return;
  if (undoing && (undoing->step->status() == STEP_FAILED || undoing->step->status() == STEP_CANCELLED)) {
    ends_as = RUN_FAILED;
    outcome.mutable_failure()->set_text(outcome.failure().text() + "; then compensation " + undoing->path +
                                        " failed: " + own_outcome(*undoing->step).failure().text());
  } else if (state.undo_size() > 0) {
    auto done = run_.find(state.undo(state.undo_size() - 1));
    return begin_kind(*run_.find(done->scope().path_of(done->plan->definition->compensation())));
  }
  auto& ended = *add().mutable_ended();
  ended.set_status(ends_as);
  *ended.mutable_outcome() = std::move(outcome);
  ended.set_time_ms(now_ms_);
}

void run_reaction::stop(const step_place& at, const std::string& reason) {
  if (at.step->status() > STEP_ACTIVE)
    return;
  if (at.step->status() == STEP_ACTIVE)
    stop_inside(at, reason);
  if (at.plan->definition->has_task() && at.step->status() == STEP_ACTIVE)
    return; // its task has ended, and so has it
  end(at, STEP_CANCELLED, failed_with(make_error(ec::cancelled, reason)));
}

void run_reaction::stop_inside(const step_place& at, const std::string& reason) {
  auto& task = at.step->task();
  if (task.attempt() > 0 && !task_life::has_ended(task))
    if (auto cancelled = task_life::cancel(task, reason, now_ms_))
      for (auto& one : *cancelled)
        task_event(at, std::move(one));
  for (auto& inner : at.step->scopes())
    if (!inner.ended())
      if (auto scope = run_.find_scope(at.path + "." + std::to_string(inner.number())))
        stop(*scope, reason);
}

void run_reaction::stop(const scope_place& scope, const std::string& reason) {
  for (auto& step : *scope.steps)
    if (step.status() == STEP_ACTIVE)
      if (auto at = run_.find(scope.path_of(step.id())); at && !at->plan->undoes)
        stop(*at, reason);
}

} // namespace troupe
