// UPGRADE: what stays, and what is counted anew.
// Invariant: afterwards the run is where it would be had it begun with the new definition and its steps ended as they did.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/run/commands.hpp>
#include <troupe/actors/workflow/run/documents.hpp>
#include <troupe/actors/workflow/run/upgrade.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/messages.hpp>

namespace troupe {
namespace {

// By somebody in the next definition: a join that has completed can do without it, whatever it wants.
bool is_handled(const run_course& run, const step_plan& failed) {
  return failed.definition->may_fail() ||
         std::any_of(failed.followers.begin(), failed.followers.end(), [&](auto* follower) {
           auto known = run.find(follower->definition->id());
           return follower->catches(failed) ||
                  (follower->definition->has_join() && (follower->definition->join().mode() != JOIN_ALL ||
                                                        (known && known->step->status() == STEP_COMPLETED)));
         });
}

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
    if (run.state.steps(plan.index).status() == STEP_FAILED && !plan.undoes && !is_handled(run, *same))
      return make_error(
          ec::conflict,
          fmt::format("step '{}' has failed, and nobody in the new definition answers for that", id));
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

bool run_commands::belongs_to_run() const {
  auto parent = parse_ref(run_.state.parent());
  return parent && parent->kind == "run";
}

run_commands::decision run_commands::go_on_with(const UpgradeRun& cmd) const {
  if (run_.state.ends_as() != RUN_RUNNING)
    return make_error(ec::conflict, "the run is being undone");
  if (run_.state.put_off_ms() > 0)
    return make_error(ec::overloaded,
                      "the run has more to begin than one step of it may; repeat in a second");
  if (belongs_to_run())
    return make_error(ec::conflict, fmt::format("the run belongs to {}, which asks for it as it was begun",
                                                run_.state.parent()));
  auto is_revision = cmd.revision() == 0 || cmd.revision() == run_.state.revision();
  if (is_revision && equal(cmd.definition(), run_.plan().definition))
    return std::vector<RunEvent>{};
  auto upgraded = plan_upgrade(run_, cmd, now_ms_);
  if (!upgraded)
    return std::move(upgraded.error());
  std::vector<RunEvent> events;
  if (!cmd.check_only())
    events.push_back(std::move(*upgraded));
  return events;
}

run_commands::decision run_commands::decide(const UpgradeRun& cmd) const {
  if (auto over = is_over())
    return over;
  if (auto invalid = validate(cmd.definition()))
    return invalid;
  return go_on_with(cmd);
}

// The workflow has checked the definition; runs that are not meant change nothing.
run_commands::decision run_commands::decide(const FollowRevision& cmd) const {
  auto& state = run_.state;
  auto is_older = state.revision() > 0 && state.revision() < cmd.upgrade().revision();
  auto was_open = state.current() || state.created_ms() <= cmd.published_ms();
  if (!run_.exists() || run_.has_ended() || !is_older || !was_open || belongs_to_run())
    return std::vector<RunEvent>{};
  return go_on_with(cmd.upgrade());
}

void run_course::upgrade(const RunEvent::Upgraded& upgraded) {
  plan_ = workflow_plan::of(upgraded.definition());
  if (state.upgraded_ms() == 0)
    state.set_first_revision(state.revision());
  state.set_upgraded_ms(upgraded.time_ms());
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
