// FORK: what a run takes over from another. Pure.
#pragma once

#include <troupe/actors/workflow/run/course.hpp>

namespace troupe {

/// The start of a fork: of the same definition, with the same inputs, with everything that had ended in `run` but for `step` and what
/// follows from it, and the variables as they are. What had failed without anybody who answers for that begins anew, too. Errors:
/// ec::not_found for a step that the workflow itself does not have; ec::conflict for one that has not begun, or when what was done has
/// been undone.
caf::expected<StartWorkflow> plan_fork(const run_course& run, const std::string& step);

/// Does a fork fit a definition? Errors: ec::invalid_argument naming the step or variable.
caf::error check_fork(const WorkflowDefinition& definition, const RunFork& fork);

} // namespace troupe
