// UPGRADE: a run at work goes on with another definition. Pure.
#pragma once

#include <caf/expected.hpp>
#include <troupe/actors/workflow/run/course.hpp>

namespace troupe {

/// The event of an upgrade of a run at work to a valid definition: steps that have begun are the same in both, those that have
/// not may differ, come and go. Errors: ec::conflict and ec::invalid_argument with what stands against it.
caf::expected<RunEvent> plan_upgrade(const run_course& run, const UpgradeRun& cmd, int64_t now_ms);

} // namespace troupe
