// SCHEDULE SPEC: checks and texts.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/schedule_spec.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/unix_time.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

const std::string time_input = "scheduled_time";
const std::string schedule_input = "schedule";

caf::error refuse(std::string text) {
  return make_error(ec::invalid_argument, std::move(text));
}

bool takes(const WorkflowDefinition& definition, const std::string& input) {
  return definition.inputs().empty() || std::any_of(definition.inputs().begin(), definition.inputs().end(),
                                                    [&](auto& known) { return known.name() == input; });
}

} // namespace

caf::error check_schedule(const ScheduleSpec& spec) {
  if (!Overlap_IsValid(spec.overlap()))
    return refuse("this overlap policy is not known here");
  auto window = spec.catch_up_window_ms();
  auto longest = std::chrono::milliseconds{limits::workflow_longest}.count();
  if (window != 0 && (window < limits::schedule_catch_up_least.count() || window > longest))
    return refuse(fmt::format("a catch-up window of {} ms: write {} to {}, or 0 for {}", window,
                              limits::schedule_catch_up_least.count(), longest,
                              limits::schedule_catch_up.count()));
  if (spec.has_definition() != spec.workflow().empty())
    return refuse("say what it starts: either a definition or the name of a published workflow");
  if (!spec.workflow().empty())
    return refuse(
        fmt::format("nobody here knows published workflows yet, such as {}: give the definition itself",
                    spec.workflow()));
  if (auto wrong = validate(spec.definition()))
    return wrong;
  std::set<std::string> seen;
  for (auto& input : spec.inputs()) {
    if (input.name().empty() || !seen.insert(input.name()).second)
      return refuse(fmt::format("the input '{}' is given twice or has no name", input.name()));
    if (input.name() == time_input || input.name() == schedule_input)
      return refuse(fmt::format("the input {} comes from the schedule itself", input.name()));
  }
  return {};
}

std::string when_text(const ScheduleTimes& times) {
  if (times.every_ms() > 0)
    return fmt::format("every {} s", times.every_ms() / 1000);
  std::string text;
  for (auto& cron : times.cron())
    text += (text.empty() ? "" : "; ") + cron;
  return times.zone().empty() ? text : text + " " + times.zone();
}

bool has_actions_left(const ScheduleState& state) {
  return state.spec().limited_actions() == 0 || state.left() > 0;
}

StartWorkflow start_of(const ScheduleState& state, const ScheduledRun& run) {
  auto& spec = run.has_spec() ? run.spec() : state.spec();
  StartWorkflow start;
  start.mutable_context()->set_principal(state.principal());
  *start.mutable_definition() = spec.definition();
  std::map<std::string, std::string> inputs;
  for (auto& input : spec.inputs())
    inputs[input.name()] = input.value();
  if (takes(spec.definition(), time_input))
    inputs[time_input] = to_rfc3339(run.scheduled_ms());
  if (takes(spec.definition(), schedule_input))
    inputs[schedule_input] = state.schedule();
  for (auto& [name, value] : inputs) {
    auto* input = start.add_inputs();
    input->set_name(name);
    input->set_value(value);
  }
  start.set_priority(spec.priority());
  start.set_parent(state.schedule());
  start.set_parent_key(run.key());
  return start;
}

CancelRun cancel_of(const ScheduleState& state) {
  CancelRun cancel;
  cancel.mutable_context()->set_principal(state.principal());
  cancel.set_reason("the next occurrence of " + state.schedule() + " takes its place");
  return cancel;
}

} // namespace troupe
