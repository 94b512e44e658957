// FORK: the steps that stay.
// Invariant: a step that is kept needs none that begins anew, so the fork could have come about by itself.

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <troupe/actors/workflow/run/fork.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

std::set<const step_plan*> from_here_on(const step_plan& first) {
  std::set<const step_plan*> all{&first};
  std::vector<const step_plan*> open{&first};
  while (!open.empty()) {
    auto* step = open.back();
    open.pop_back();
    for (auto* follower : step->followers)
      if (all.insert(follower).second)
        open.push_back(follower);
  }
  return all;
}

} // namespace

caf::expected<StartWorkflow> plan_fork(const run_course& run, const std::string& step) {
  auto at = run.find(step);
  if (!at || at->scopes.size() > 1 || at->plan->undoes)
    return make_error(ec::not_found, fmt::format("workflow '{}' has no step '{}' to begin with",
                                                 run.plan().definition.name(), step));
  if (at->step->status() == STEP_PENDING)
    return make_error(ec::conflict, fmt::format("step '{}' has not begun", step));
  if (run.state.undone() > 0)
    return make_error(ec::conflict, "what the run had done was undone; start a new one");
  auto anew = from_here_on(*at->plan);
  auto stays = [&](const step_plan& plan) {
    if (plan.undoes || anew.count(&plan) > 0)
      return false;
    auto place = *run.find(plan.definition->id());
    switch (place.step->status()) {
    case STEP_COMPLETED:
    case STEP_SKIPPED:
      return true;
    case STEP_FAILED:
      return is_answered_for(place);
    case STEP_CANCELLED: // or its join would not give it up again
      return is_given_up(place) && std::none_of(plan.followers.begin(), plan.followers.end(),
                                                [&](auto* follower) { return anew.count(follower) > 0; });
    default:
      return false;
    }
  };
  StartWorkflow start;
  *start.mutable_definition() = run.plan().definition;
  *start.mutable_inputs() = run.state.inputs();
  start.set_priority(run.state.priority());
  start.set_revision(run.state.revision());
  auto& fork = *start.mutable_fork();
  fork.set_run(run.own_ref);
  fork.set_step(step);
  for (auto& plan : run.plan().root.steps) {
    if (!stays(plan))
      continue;
    auto& state = run.state.steps(plan.index);
    auto* kept = fork.add_kept();
    kept->set_step(state.id());
    kept->set_status(state.status());
    *kept->mutable_outcome() = own_outcome(state);
    *kept->mutable_chosen() = state.chosen();
  }
  for (auto& variable : run.state.variables()) {
    auto* field = fork.add_variables();
    field->set_name(variable.name());
    field->set_value(variable.value());
  }
  return start;
}

caf::error check_fork(const WorkflowDefinition& definition, const RunFork& fork) {
  auto plan = workflow_plan::of(definition);
  for (auto& kept : fork.kept())
    if (!plan->root.find(kept.step()) || kept.status() <= STEP_ACTIVE)
      return make_error(ec::invalid_argument,
                        fmt::format("the fork keeps '{}', which is no step that has ended", kept.step()));
  for (auto& field : fork.variables()) {
    auto& all = definition.variables();
    auto known = std::find_if(all.begin(), all.end(), [&](auto& one) { return one.name() == field.name(); });
    if (known == all.end())
      return make_error(ec::invalid_argument,
                        fmt::format("workflow '{}' has no variable '{}'", definition.name(), field.name()));
    if (!is_of(as_json(field.value(), known->type()), known->type()))
      return make_error(ec::invalid_argument,
                        fmt::format("variable '{}' is of type {}", field.name(), word(known->type())));
  }
  return {};
}

} // namespace troupe
