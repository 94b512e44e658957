// COURSE: what an event changes.
// Invariant: the agenda may hold what is over: react() looks before it acts.

#include <algorithm>
#include <troupe/actors/workflow/run/course.hpp>
#include <troupe/actors/workflow/task_life.hpp>

namespace troupe {
namespace {

StepStatus status_of(const TaskState& task) {
  return task.status() == TASK_COMPLETED   ? STEP_COMPLETED
         : task.status() == TASK_CANCELLED ? STEP_CANCELLED
                                           : STEP_FAILED;
}

} // namespace

const Outcome& own_outcome(const StepState& step) {
  return step.has_outcome() ? step.outcome() : step.task().outcome();
}

const Outcome& outcome_of(const StepState& step) {
  static const Outcome null = [] {
    Outcome outcome;
    outcome.set_text("null");
    return outcome;
  }();
  if (step.status() != STEP_COMPLETED)
    return null;
  return own_outcome(step);
}

uint32_t required(const JoinRule& rule, uint32_t count) {
  switch (rule.mode()) {
  case JOIN_ANY:
    return 1;
  case JOIN_N_OF:
    return rule.count();
  case JOIN_QUORUM:
    return count / 2 + 1;
  default:
    return count;
  }
}

void run_course::apply(const RunEvent& event) {
  auto with_step = [&](const std::string& path, auto change) {
    if (auto at = find(path))
      change(*at);
  };
  switch (event.kind_case()) {
  case RunEvent::kStarted:
    start(event.started());
    break;
  case RunEvent::kStep:
    task_changed(event.step());
    break;
  case RunEvent::kEnded:
    state.set_status(event.ended().status());
    *state.mutable_outcome() = event.ended().outcome();
    state.set_ended_ms(event.ended().time_ms());
    state.set_ends_as(RUN_RUNNING);
    state.clear_undoing();
    state.set_paused(false);
    state.set_parent_waits(has_ended() && !state.parent().empty());
    break;
  case RunEvent::kStepBegun: {
    auto& begun = event.step_begun();
    with_step(begun.step(), [&](step_place& at) {
      note_undoing(at);
      at.step->set_status(STEP_ACTIVE);
      at.step->set_begun_ms(begun.time_ms());
      at.step->set_due_ms(begun.due_ms());
      at.step->set_timeout_ms(begun.timeout_ms());
      *at.step->mutable_items() = begun.items();
      *at.step->mutable_inputs() = begun.inputs();
      at.step->set_child(begun.child());
      if (at.plan->definition->has_approval())
        *at.step->mutable_asked() = at.plan->definition->approval().approvers();
      if (at.plan->definition->has_signal()) {
        auto& name = at.plan->definition->signal().name();
        waiting_[name].insert(at.path);
        agenda_.push_back({matter::signal, name});
      } else {
        agenda_.push_back({matter::advance, at.path});
      }
    });
    break;
  }
  case RunEvent::kStepEnded: {
    auto& ended = event.step_ended();
    with_step(ended.step(), [&](step_place& at) {
      note_undoing(at);
      *at.step->mutable_outcome() = ended.outcome();
      *at.step->mutable_chosen() = ended.chosen();
      auto policy = at.plan->definition->child().on_close();
      if (ended.gives_up() && policy != CLOSE_ABANDON) {
        auto* closing = state.add_closing();
        closing->set_child(at.step->child());
        closing->set_policy(policy);
      }
      settle(at, ended.status(), ended.time_ms());
      drop_refused(ended.step());
    });
    break;
  }
  case RunEvent::kScopeBegun: {
    auto& begun = event.scope_begun();
    with_step(begun.step(), [&](step_place& at) {
      auto* scope = at.step->add_scopes();
      scope->set_number(begun.number());
      at.step->set_begun(begun.number());
      at.step->clear_due_ms();
      auto& body = at.plan->body ? *at.plan->body : *expanded_.at(at.path);
      scope->set_unsettled(
          open_block(body, at.path + "." + std::to_string(begun.number()), *scope->mutable_steps()));
    });
    break;
  }
  case RunEvent::kScopeEnded:
    close_scope(event.scope_ended());
    break;
  case RunEvent::kExpanded:
    with_step(event.expanded().step(), [&](step_place& at) {
      *at.step->mutable_expanded() = event.expanded().block();
      expanded_[at.path] = plan_block(at.step->expanded());
      agenda_.push_back({matter::advance, at.path});
    });
    break;
  case RunEvent::kSampled: {
    auto& sampled = event.sampled();
    with_step(sampled.step(), [&](step_place& at) {
      if (at.plan->definition->has_monitor()) {
        at.step->set_sample(sampled.sample());
        at.step->set_begun(at.step->begun() + 1);
        at.step->set_failed(at.step->failed() + (sampled.healthy() ? 0 : 1));
        at.step->clear_task();
        agenda_.push_back({matter::advance, at.path});
      }
      at.step->set_due_ms(sampled.next_ms());
    });
    break;
  }
  case RunEvent::kVariable: {
    auto& set = event.variable();
    std::erase_if(agenda_, [&](auto& item) { return item.what == matter::assign && item.path == set.by(); });
    for (auto& variable : *state.mutable_variables())
      if (variable.name() == set.name()) {
        variable.set_value(set.value());
        variable.set_by(set.by());
        variable.set_time_ms(set.time_ms());
      }
    break;
  }
  case RunEvent::kSignalled:
    take_signal(event.signalled());
    break;
  case RunEvent::kAnswered:
    with_step(event.answered().step(), [&](step_place& at) {
      *at.step->add_answers() = event.answered().answer();
      agenda_.push_back({matter::advance, at.path});
    });
    break;
  case RunEvent::kDelegated:
    with_step(event.delegated().step(), [&](step_place& at) {
      std::replace(at.step->mutable_asked()->begin(), at.step->mutable_asked()->end(), event.delegated().by(),
                   event.delegated().to());
    });
    break;
  case RunEvent::kEscalated:
    with_step(event.escalated().step(), [&](step_place& at) {
      at.step->mutable_asked()->MergeFrom(event.escalated().to());
      at.step->set_due_ms(event.escalated().due_ms());
      at.step->set_escalated(true);
    });
    break;
  case RunEvent::kPaused:
    state.set_paused(true);
    state.set_reason(event.paused().reason());
    break;
  case RunEvent::kUpgraded:
    upgrade(event.upgraded());
    look_at_everything();
    break;
  case RunEvent::kUnpaused:
    state.set_paused(false);
    state.clear_reason();
    look_at_everything();
    break;
  case RunEvent::kClosing:
    state.set_status(RUN_COMPENSATING);
    state.set_ends_as(event.closing().ends_as());
    *state.mutable_outcome() = event.closing().outcome();
    agenda_.push_back({matter::wrap_up, {}});
    break;
  case RunEvent::kParentNoted:
    state.set_parent_waits(false);
    break;
  case RunEvent::kPutOff:
    state.set_put_off_ms(event.put_off().due_ms());
    if (event.put_off().due_ms() == 0)
      look_at_everything();
    else
      agenda_.clear();
    break;
  case RunEvent::kReset:
    with_step(event.reset().step(), [&](step_place& at) { reset(at); });
    break;
  case RunEvent::kChildClosed:
    state.mutable_closing()->erase(
        std::remove_if(state.mutable_closing()->begin(), state.mutable_closing()->end(),
                       [&](auto& one) { return one.child() == event.child_closed().child(); }),
        state.mutable_closing()->end());
    break;
  case RunEvent::kBudgetAsked:
  case RunEvent::kBudgetAnswered:
  case RunEvent::kBudgetSettled:
  case RunEvent::kBudgetNoted:
    budget_changed(event);
    break;
  case RunEvent::kCharged: // only told
  case RunEvent::KIND_NOT_SET:
    break;
  }
}

void run_course::start(const RunEvent::Started& started) {
  plan_ = workflow_plan::of(started.definition());
  *state.mutable_inputs() = started.inputs();
  state.set_created_ms(started.time_ms());
  state.set_principal(started.principal());
  state.set_priority(started.priority());
  state.set_parent(started.parent());
  state.set_parent_key(started.parent_key());
  state.set_revision(started.revision());
  state.set_trace(started.trace());
  state.set_current(started.current());
  if (plan_->definition.deadline_ms() > 0)
    state.set_deadline_ms(started.time_ms() + plan_->definition.deadline_ms());
  for (auto& first : started.variables()) {
    auto* variable = state.add_variables();
    variable->set_name(first.name());
    variable->set_value(first.value());
    variable->set_time_ms(started.time_ms());
  }
  state.set_unsettled(open_block(plan_->root, {}, *state.mutable_steps()));
  if (started.has_fork())
    take_over(started.fork(), started.time_ms());
}

// What another run has done is not written to variables again, and undone by nobody here.
void run_course::take_over(const RunFork& fork, int64_t time_ms) {
  state.set_forked_from(fork.run());
  for (auto& kept : fork.kept())
    if (auto at = find(kept.step())) {
      *at->step->mutable_outcome() = kept.outcome();
      *at->step->mutable_chosen() = kept.chosen();
      settle(*at, kept.status(), time_ms);
    }
  state.clear_undo();
  std::erase_if(agenda_, [](auto& item) { return item.what == matter::assign || item.what == matter::fail; });
}

uint32_t run_course::open_block(const block_plan& block, const std::string& path, step_states& steps) {
  steps.Reserve(static_cast<int>(block.steps.size()));
  for (auto& plan : block.steps) {
    auto* step = steps.Add();
    step->set_id(plan.definition->id());
    step->set_open(plan.edges());
    if (plan.edges() == 0 && !plan.undoes)
      agenda_.push_back({matter::begin, path.empty() ? step->id() : path + "." + step->id()});
  }
  return block.regular();
}

void run_course::task_changed(const RunEvent::StepEvent& event) {
  auto at = find(event.step());
  if (!at)
    return;
  auto& happened = event.event();
  if (happened.has_created())
    at->step->clear_task();
  task_life::apply(*at->step->mutable_task(), happened);
  if (task_life::is_called(at->step->task()))
    called_.insert(at->path);
  else
    called_.erase(at->path);
  auto is_plain = at->plan->definition->has_task();
  if (happened.has_created()) {
    note_undoing(*at);
    if (at->step->status() == STEP_PENDING) {
      at->step->set_status(STEP_ACTIVE);
      at->step->set_begun_ms(happened.created().time_ms());
    }
  } else if (happened.has_resumed()) {
    reopen(*at);
  } else if (happened.has_ended()) {
    if (is_plain)
      settle(*at, status_of(at->step->task()), happened.ended().time_ms());
    else
      agenda_.push_back({matter::advance, at->path});
  }
}

void run_course::take_signal(const RunEvent::Signalled& signal) {
  if (signal.step().empty()) {
    auto* early = state.add_signals();
    early->set_name(signal.name());
    early->set_payload(signal.payload());
    early->set_by(signal.by());
    early->set_time_ms(signal.time_ms());
    agenda_.push_back({matter::signal, signal.name()});
    return;
  }
  auto& all = *state.mutable_signals();
  auto first = std::find_if(all.begin(), all.end(), [&](auto& one) { return one.name() == signal.name(); });
  if (first != all.end())
    all.erase(first);
}

const std::set<std::string>& run_course::waiting_for(const std::string& signal) const {
  static const std::set<std::string> nobody;
  auto i = waiting_.find(signal);
  return i == waiting_.end() ? nobody : i->second;
}

} // namespace troupe
