// COURSE: how the end of a step reaches others.
// Invariants: `open` of a step counts the edges that have not ended, `unsettled` of a block the steps that have not; whoever reaches zero
// is on the agenda.

#include <algorithm>
#include <troupe/actors/workflow/run/course.hpp>

namespace troupe {
namespace {

bool is_settled(const StepState& step) {
  return step.status() != STEP_PENDING && step.status() != STEP_ACTIVE;
}

bool went_wrong(StepStatus how) {
  return how == STEP_FAILED || how == STEP_CANCELLED;
}

// A join that can do without this step, or has done.
bool absorbs(const step_plan& follower, const StepState& state) {
  return follower.definition->has_join() &&
         (follower.definition->join().mode() != JOIN_ALL || state.status() == STEP_COMPLETED);
}

template <class Repeated, class Keep>
void keep_if(Repeated& all, Keep keep) {
  all.erase(std::remove_if(all.begin(), all.end(), [&](auto& one) { return !keep(one); }), all.end());
}

} // namespace

bool is_handled(const step_place& at) {
  auto& scope = at.scope();
  return at.plan->definition->may_fail() ||
         (scope.block->gives_all && scope.block->join.mode() != JOIN_ALL) ||
         std::any_of(at.plan->followers.begin(), at.plan->followers.end(), [&](auto* follower) {
           return follower->catches(*at.plan) || absorbs(*follower, scope.steps->Get(follower->index));
         });
}

bool is_answered_for(const step_place& at) {
  if (at.plan->definition->may_fail())
    return true;
  return std::any_of(at.plan->followers.begin(), at.plan->followers.end(), [&](auto* follower) {
    auto& state = at.scope().steps->Get(follower->index);
    return follower->catches(*at.plan) || (absorbs(*follower, state) && state.status() != STEP_FAILED);
  });
}

bool is_given_up(const step_place& at) {
  return at.step->status() == STEP_CANCELLED &&
         std::any_of(at.plan->followers.begin(), at.plan->followers.end(), [&](auto* follower) {
           return follower->definition->join().cancel_rest() &&
                  at.scope().steps->Get(follower->index).status() == STEP_COMPLETED;
         });
}

// A compensation begins: what it undoes is the last that is to be undone.
void run_course::note_undoing(const step_place& at) {
  if (!at.plan->undoes || at.step->status() != STEP_PENDING)
    return;
  state.set_undoing(at.path);
  state.mutable_undo()->RemoveLast();
  state.set_undone(state.undone() + 1);
}

// The end of a step: who waits for it, and who has to answer for it.
void run_course::settle(const step_place& at, StepStatus how, int64_t time_ms) {
  if (is_settled(*at.step))
    return;
  if (at.plan->definition->has_signal())
    waiting_[at.plan->definition->signal().name()].erase(at.path);
  at.step->set_ended_ms(time_ms);
  at.step->set_status(how);
  drop_scopes(at);
  if (at.plan->undoes) {
    agenda_.push_back({matter::wrap_up, {}});
    return;
  }
  count_unsettled(at.scope(), -1);
  if (how == STEP_COMPLETED) {
    if (!at.plan->definition->compensation().empty())
      state.add_undo(at.path);
    if (!at.plan->set.empty())
      agenda_.push_front({matter::assign, at.path});
  }
  lead_on(at, how);
  auto& scope = at.scope();
  if (scope.block->gives_all && scope.block->join.mode() != JOIN_ALL)
    agenda_.push_back({matter::advance, scope.path.substr(0, scope.path.rfind('.'))});
}

void run_course::lead_on(const step_place& at, StepStatus how) {
  auto forgiven = went_wrong(how) && at.plan->definition->may_fail();
  auto& scope = at.scope();
  for (auto* follower : at.plan->followers) {
    auto& next = *scope.steps->Mutable(follower->index);
    next.set_open(next.open() - 1);
    auto catching = follower->catches(*at.plan);
    auto leads =
        catching ? went_wrong(how) && !forgiven
                 : (how == STEP_COMPLETED || forgiven) && (!at.plan->definition->has_decision() ||
                                                           follower->is_chosen(*at.plan, at.step->chosen()));
    if (leads)
      next.set_live(next.live() + 1);
    if (went_wrong(how) && !forgiven && !catching && follower->definition->has_join())
      next.set_failed(next.failed() + 1);
    if (next.open() == 0 || follower->definition->has_join())
      agenda_.push_back({matter::begin, scope.path_of(next.id())});
  }
  if (went_wrong(how))
    agenda_.push_front({is_handled(at) ? matter::forgive : matter::fail, at.path});
}

void run_course::reopen(const step_place& at) {
  if (!is_settled(*at.step))
    return;
  at.step->set_status(STEP_ACTIVE);
  at.step->clear_ended_ms();
  if (at.plan->undoes) {
    state.set_undoing(at.path);
    return;
  }
  count_unsettled(at.scope(), 1);
  for (auto* follower : at.plan->followers) {
    auto& next = *at.scope().steps->Mutable(follower->index);
    next.set_open(next.open() + 1);
    if (follower->definition->has_join() && next.failed() > 0)
      next.set_failed(next.failed() - 1);
    else if (follower->catches(*at.plan) && next.live() > 0)
      next.set_live(next.live() - 1);
  }
}

void run_course::reset(const step_place& at) {
  if (!is_settled(*at.step))
    return;
  reopen(at);
  StepState fresh;
  fresh.set_id(at.step->id());
  fresh.set_open(at.step->open());
  fresh.set_live(at.step->live());
  if (at.plan->definition->has_join())
    fresh.set_failed(at.step->failed());
  *at.step = std::move(fresh);
  expanded_.erase(at.path);
  agenda_.push_back({matter::begin, at.path});
}

void run_course::close_scope(const RunEvent::ScopeEnded& ended) {
  auto at = find(ended.step());
  if (!at)
    return;
  auto& step = *at->step;
  auto failed = ended.outcome().has_failure();
  step.set_failed(step.failed() + (failed ? 1 : 0));
  step.set_succeeded(step.succeeded() + (failed ? 0 : 1));
  auto is_map = at->plan->definition->has_map();
  auto slot = is_map ? static_cast<int>(ended.number()) - 1 : 0;
  while (step.results_size() <= slot)
    step.add_results();
  *step.mutable_results(slot) = ended.outcome();
  auto prefix = at->path + "." + std::to_string(ended.number()) + ".";
  for (auto& scope : *step.mutable_scopes())
    scope.set_ended(scope.ended() || scope.number() == ended.number());
  if (!is_to_be_undone(prefix))
    keep_if(*step.mutable_scopes(), [&](auto& scope) { return scope.number() != ended.number(); });
  agenda_.push_back({matter::advance, at->path});
}

// Blocks leave with their step, but for what may have to be undone.
void run_course::drop_scopes(const step_place& at) {
  auto prefix = at.path + ".";
  for (auto& [signal, paths] : waiting_)
    std::erase_if(paths, [&](auto& path) { return path.starts_with(prefix); });
  keep_if(*at.step->mutable_scopes(),
          [&](auto& scope) { return is_to_be_undone(prefix + std::to_string(scope.number()) + "."); });
  for (auto& scope : *at.step->mutable_scopes())
    scope.set_ended(true);
  if (at.step->scopes().empty()) // else whoever undoes something in there reads its item
    at.step->clear_items();
  at.step->clear_results();
}

void run_course::count_unsettled(const scope_place& scope, int by) {
  auto count = (scope.state ? scope.state->unsettled() : state.unsettled()) + static_cast<uint32_t>(by);
  if (scope.state)
    scope.state->set_unsettled(count);
  else
    state.set_unsettled(count);
  if (count == 0)
    agenda_.push_back({matter::finish, scope.path});
}

bool run_course::is_to_be_undone(const std::string& prefix) const {
  return std::any_of(state.undo().begin(), state.undo().end(),
                     [&](auto& path) { return path.starts_with(prefix); }) ||
         state.undoing().starts_with(prefix);
}

} // namespace troupe
