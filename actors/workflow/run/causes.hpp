// CAUSES: what an append may have followed from, read back from its records. For replay.cpp only.
#pragma once

#include <optional>
#include <troupe/actors/workflow/run/course.hpp>
#include <troupe/actors/workflow/run/replay.hpp>

namespace troupe {

/// A command or a fact, and what it decides in the state before.
template <class Event>
struct cause {
  std::string words;
  bool is_given = false; ///< its event says only what came from outside: there is nothing to decide
  caf::expected<std::vector<Event>> decided = std::vector<Event>{};
};

/// When the event was decided; nothing if it does not say.
std::optional<int64_t> time_of(const TaskEvent& event);
std::optional<int64_t> time_of(const RunEvent& event);

/// The causes that could be those of `stored`, an append of a task in this state, the likeliest first.
std::vector<cause<TaskEvent>> causes_in(const TaskState& task, const std::vector<TaskEvent>& stored,
                                        int64_t now_ms, const agent_policies& agents);

/// The same of an append of a run.
std::vector<cause<RunEvent>> causes_in(const run_course& run, const std::vector<RunEvent>& stored,
                                       int64_t now_ms, const agent_policies& agents,
                                       const TaskDefaults& defaults);

} // namespace troupe
