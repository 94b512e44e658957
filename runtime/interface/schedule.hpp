// Who understands the messages of schedule.proto.
#pragma once

#include <caf/typed_actor.hpp>
#include <troupe/runtime/words.hpp>

namespace troupe {

class BackfillSchedule;
class ChildEnded;
class CreateSchedule;
class DeleteSchedule;
class Done;
class GetSchedule;
class PauseSchedule;
class ResumeSchedule;
class ScheduleBackfilled;
class ScheduleDescription;
class ScheduleSummary;
class ScheduleTriggered;
class StartAnswered;
class TimerDue;
class TriggerSchedule;
class UpdateSchedule;

/// SCHEDULE: starts runs of a workflow again and again. An entity of kind `schedule`; one run per occurrence, whatever crashes.
using schedule_actor = caf::typed_actor<
    // ec::invalid_argument; ec::already_exists.
    rpc<CreateSchedule, ScheduleSummary>,
    // All others: ec::not_found.
    rpc<UpdateSchedule, ScheduleSummary>, rpc<PauseSchedule, ScheduleSummary>,
    rpc<ResumeSchedule, ScheduleSummary>, rpc<DeleteSchedule, Done>, rpc<GetSchedule, ScheduleDescription>,
    // ec::conflict if the overlap policy has no room for it.
    rpc<TriggerSchedule, ScheduleTriggered>,
    // ec::invalid_argument; ec::overloaded.
    rpc<BackfillSchedule, ScheduleBackfilled>,
    // The next occurrence, or something to be sent again.
    note<TimerDue>,
    // From itself: a run exists, or never will.
    note<StartAnswered>,
    // From its runs.
    note<ChildEnded>>;

} // namespace troupe
