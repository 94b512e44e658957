// SCHEDULE VIEWS: what the control service answers about schedules, shown to people.
#pragma once

#include <string>
#include <string_view>
#include <troupe/net/node/render.hpp>
#include <troupe/runtime/proto/net.pb.h>

namespace troupe {

/// A policy as it is typed: `buffer-one`; `skip` for the default.
std::string_view overlap_word(Overlap overlap);

/// One answer of the control service, for people; ends with a line break.
std::string show(const ScheduleSummary& schedule, const text_look& how);
std::string show(const ScheduleList& list, const text_look& how);
std::string show(const ScheduleDescription& schedule, const text_look& how);
std::string show(const ScheduleTriggered& triggered, const text_look& how);
std::string show(const ScheduleBackfilled& filled, const text_look& how);

} // namespace troupe
