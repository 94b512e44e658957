// WHY TASK: one task, of a run or a lone one. For why_*.cpp only.
#pragma once

#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/net/api/why.hpp>

namespace troupe {

/// Does the task wait for an agent, or is it with one?
bool is_with_scheduler(const TaskState& task, int64_t now_ms);

/// Refs of the tasks that others were asked to do and have not done.
std::vector<std::string> children_of(const task_life::site& where, const TaskState& task);

/// e.g. `failed after 3 attempts, tool_failed: no such host`.
std::string failed_after(const TaskState& task);

/// Why the task is as it is; `asked` is what the scheduler says, or null. Never empty.
std::vector<Reason> explain(const task_life::site& where, const TaskState& task,
                            const task_in_question* asked, int64_t now_ms);

} // namespace troupe
