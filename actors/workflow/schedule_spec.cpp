// SCHEDULE SPEC: checks and texts.

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/schedule_spec.hpp>
#include <troupe/runtime/directory.hpp>
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
  if (!spec.workflow().empty() && !parse_ref("x/workflow/" + spec.workflow()))
    return refuse(fmt::format("'{}' is no name of a workflow: 1 to {} of A-Z a-z 0-9 _ . -, without a tenant",
                              spec.workflow(), limits::name_bytes));
  if (spec.has_definition())
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

const std::string& workflow_name(const ScheduleSpec& spec) {
  return spec.has_definition() ? spec.definition().name() : spec.workflow();
}

namespace {

// What both commands have alike.
template <class Command>
Command begin_of(const ScheduleState& state, const ScheduledRun& run, const ScheduleSpec& spec) {
  Command command;
  command.mutable_context()->set_principal(state.principal());
  *command.mutable_inputs() = spec.inputs();
  command.set_priority(spec.priority());
  command.set_parent(state.schedule());
  command.set_parent_key(run.key());
  return command;
}

std::vector<Field> own_inputs(const ScheduleState& state, const ScheduledRun& run) {
  std::vector<Field> fields(2);
  fields[0].set_name(schedule_input);
  fields[0].set_value(state.schedule());
  fields[1].set_name(time_input);
  fields[1].set_value(to_rfc3339(run.scheduled_ms()));
  return fields;
}

} // namespace

schedule_start start_of(const ScheduleState& state, const ScheduledRun& run) {
  auto& spec = run.has_spec() ? run.spec() : state.spec();
  auto& own = state.schedule();
  auto tenant = own.substr(0, own.find('/'));
  auto run_name = tenant + "/run/" + run.key();
  if (!spec.has_definition()) {
    auto start = begin_of<StartPublished>(state, run, spec);
    start.set_run(run_name);
    for (auto& field : own_inputs(state, run))
      *start.add_offered() = std::move(field);
    return {tenant + "/workflow/" + spec.workflow(), run.key(), std::move(start)};
  }
  auto start = begin_of<StartWorkflow>(state, run, spec);
  *start.mutable_definition() = spec.definition();
  for (auto& field : own_inputs(state, run))
    if (takes_input(spec.definition(), field.name()))
      *start.add_inputs() = std::move(field);
  std::sort(start.mutable_inputs()->begin(), start.mutable_inputs()->end(),
            [](auto& a, auto& b) { return a.name() < b.name(); });
  return {std::move(run_name), run.key(), std::move(start)};
}

CancelRun cancel_of(const ScheduleState& state) {
  CancelRun cancel;
  cancel.mutable_context()->set_principal(state.principal());
  cancel.set_reason("the next occurrence of " + state.schedule() + " takes its place");
  return cancel;
}

} // namespace troupe
