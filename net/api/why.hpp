// WHY: what is known about work and agents, as sentences and commands that would help. Pure.
#pragma once

#include <string>
#include <troupe/runtime/proto/inquiry.pb.h>
#include <troupe/runtime/proto/run.pb.h>
#include <vector>

namespace troupe {

/// A task that waits for an agent or is with one, as the scheduler knows it, and what the scheduler says; see ask_about().
struct task_in_question {
  RunTask task;
  TaskStanding standing;
};
using tasks_in_question = std::vector<task_in_question>;

/// The tasks of a run, or a lone task, about which the scheduler has to be asked; at most limits::why_tasks.
tasks_in_question ask_about(const std::string& ref, const RunState& run, int64_t now_ms);
tasks_in_question ask_about(const std::string& ref, const TaskState& task, int64_t now_ms);

/// Refs of the runs and tasks that this one waits for.
std::vector<std::string> waits_for(const std::string& ref, const RunState& run);
std::vector<std::string> waits_for(const std::string& ref, const TaskState& task);

/// Why a run, or a lone task, has not ended, or has ended so. Never empty.
std::vector<Reason> reasons(const std::string& ref, const RunState& run, const tasks_in_question& asked,
                            int64_t now_ms);
std::vector<Reason> reasons(const std::string& ref, const TaskState& task, const tasks_in_question& asked,
                            int64_t now_ms);

/// A task of an agent that failed for good.
struct failed_task {
  DeadLetter letter;
  std::string agent; ///< ref of who had it last
};
/// How an agent does: its record, its last events, the last first, and tasks that failed, the last first.
std::vector<Reason> reasons(const AgentRecord& agent, const std::vector<AgentEvent>& recent,
                            const std::vector<failed_task>& failed);

/// The word for people: `running`, `paused`, `queued`, ...
std::string status_of(const RunState& run);
std::string status_of(const TaskState& task);
std::string status_of(const AgentRecord& agent);

/// What commands take: the id alone where that is enough, else the ref.
std::string id_of(const std::string& ref);
/// A word as a shell reads it: quoted if it has to be.
std::string shell_word(const std::string& text);
/// What would help against such a failure besides trying again; empty = nothing is known.
std::string remedy(const Failure& failure);

} // namespace troupe
