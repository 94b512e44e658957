// SCHEDULE SPEC: whether a schedule makes sense, what it looks like, and what its runs are told.
#pragma once

#include <caf/error.hpp>
#include <string>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/run.pb.h>
#include <troupe/runtime/proto/schedule.pb.h>
#include <variant>

namespace troupe {

/// Everything about a specification but its times. Error: ec::invalid_argument; ec::invalid_workflow.
caf::error check_schedule(const ScheduleSpec& spec);

/// `0 7 * * * Europe/Berlin`, or `every 90 s`.
std::string when_text(const ScheduleTimes& times);

/// Whether a schedule may still start something by itself; see limited_actions.
bool has_actions_left(const ScheduleState& state);

/// The name of the workflow it starts.
const std::string& workflow_name(const ScheduleSpec& spec);

/// What begins a run of a schedule, and who is asked: the run itself, or the published workflow. Inputs are those of the schedule,
/// `scheduled_time` (2026-01-31T12:00:00Z) and `schedule` (the ref); a definition that declares inputs gets of these two what it declares.
struct schedule_start {
  std::string to; ///< ref
  std::string key;
  std::variant<StartWorkflow, StartPublished> command;
};
/// The start of one occurrence.
schedule_start start_of(const ScheduleState& state, const ScheduledRun& run);

/// What ends a run of a schedule in favour of the next.
CancelRun cancel_of(const ScheduleState& state);

} // namespace troupe
