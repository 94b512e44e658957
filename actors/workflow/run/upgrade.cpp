// UPGRADE: what stays, and what is counted anew.
// Invariant: afterwards the run is where it would be had it begun with the new definition and its steps ended as they did.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/actors/workflow/run/documents.hpp>
#include <troupe/actors/workflow/run/upgrade.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/messages.hpp>

namespace troupe {
namespace {

caf::error check_steps(const run_course& run, const workflow_plan& next) {
  auto begun = [](const std::string& id, const char* trouble) {
    return make_error(ec::conflict, fmt::format("step '{}' has begun, and {}", id, trouble));
  };
  for (auto& plan : run.plan().root.steps) {
    auto& id = plan.definition->id();
    if (run.state.steps(plan.index).status() == STEP_PENDING)
      continue;
    auto* same = next.root.find(id);
    if (!same)
      return begun(id, "the new definition does not have it");
    if (!equal(*same->definition, *plan.definition))
      return begun(id, "is another in the new definition");
    if (same->undoes != plan.undoes)
      return begun(id, "whether it is a compensation has changed");
  }
  return {};
}

const VariableState* find_variable(const RunState& state, const std::string& name) {
  auto i = std::find_if(state.variables().begin(), state.variables().end(),
                        [&](auto& variable) { return variable.name() == name; });
  return i == state.variables().end() ? nullptr : &*i;
}

} // namespace

caf::expected<RunEvent> plan_upgrade(const run_course& run, const UpgradeRun& cmd, int64_t now_ms) {
  auto& definition = cmd.definition();
  auto& name = run.plan().definition.name();
  if (definition.name() != name)
    return make_error(ec::invalid_argument,
                      fmt::format("the run is one of workflow '{}', not of '{}'", name, definition.name()));
  auto next = workflow_plan::of(definition);
  if (auto wrong = check_steps(run, *next))
    return wrong;
  std::vector<const Field*> given;
  for (auto& field : run.state.inputs())
    given.push_back(&field);
  auto inputs = complete_inputs(definition, given);
  if (!inputs)
    return std::move(inputs.error());
  auto first = first_values(*next, *inputs);
  if (!first)
    return std::move(first.error());
  RunEvent happened;
  auto& upgraded = *happened.mutable_upgraded();
  for (auto& declared : definition.variables())
    if (auto* known = find_variable(run.state, declared.name());
        known && !is_of(known->value(), declared.type()))
      return make_error(ec::conflict, fmt::format("variable '{}' has a value that is not of type {}",
                                                  declared.name(), word(declared.type())));
  for (auto& variable : *first)
    if (!find_variable(run.state, variable.name()))
      *upgraded.add_variables() = std::move(variable);
  *upgraded.mutable_definition() = definition;
  *upgraded.mutable_inputs() = {inputs->begin(), inputs->end()};
  upgraded.set_revision(cmd.revision());
  upgraded.set_by(cmd.context().principal());
  upgraded.set_time_ms(now_ms);
  return happened;
}

void run_course::upgrade(const RunEvent::Upgraded& upgraded) {
  plan_ = workflow_plan::of(upgraded.definition());
  state.set_revision(upgraded.revision());
  *state.mutable_inputs() = upgraded.inputs();
  auto& declared = plan_->definition.variables();
  auto& variables = *state.mutable_variables();
  auto is_gone = [&](auto& variable) {
    return std::none_of(declared.begin(), declared.end(),
                        [&](auto& one) { return one.name() == variable.name(); });
  };
  variables.erase(std::remove_if(variables.begin(), variables.end(), is_gone), variables.end());
  for (auto& first : upgraded.variables()) {
    auto* variable = variables.Add();
    variable->set_name(first.name());
    variable->set_value(first.value());
    variable->set_time_ms(upgraded.time_ms());
  }
  std::map<std::string, StepState> begun;
  for (auto& step : *state.mutable_steps())
    if (step.status() != STEP_PENDING)
      begun[step.id()] = std::move(step);
  state.clear_steps();
  state.set_unsettled(open_block(plan_->root, {}, *state.mutable_steps()));
  for (auto& plan : plan_->root.steps) {
    auto was = begun.extract(plan.definition->id());
    if (was.empty())
      continue;
    auto& step = *state.mutable_steps(plan.index);
    step = std::move(was.mapped());
    step.set_open(plan.edges());
    step.set_live(0);
    if (plan.definition->has_join())
      step.set_failed(0);
  }
  for (auto& plan : plan_->root.steps) {
    auto at = *find(plan.definition->id());
    if (plan.undoes || at.step->status() <= STEP_ACTIVE)
      continue;
    count_unsettled(at.scope(), -1);
    lead_on(at, at.step->status());
  }
}

} // namespace troupe
