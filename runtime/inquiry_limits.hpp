// Every bound of what people ask, with its unit and its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe::limits {

/// Reasons in one answer of `troupe why`: a screen or two, the most important first.
inline constexpr size_t why_reasons = 50;

/// Runs, tasks and agents that one `troupe why` looks at, and how deep in one another: each may have to be read from its journal
/// first, and an answer is due within 100 ms.
inline constexpr size_t why_looks = 16;
inline constexpr uint32_t why_depth = 4;

/// Tasks of a run about which the scheduler is asked: as many as there are reasons.
inline constexpr size_t why_tasks = why_reasons;

/// Last events of an agent that are read for its rate of errors, and rows of dead letters that are looked through for its own.
inline constexpr size_t why_events = 100;
inline constexpr size_t why_rows = 1'000;

/// Agents that are named in one answer of the scheduler, and looked at one by one: who is busy shows already in a few.
inline constexpr size_t standing_names = 5;
inline constexpr size_t standing_agents = 10'000;

/// Lines of one story, below one message; runs and tasks in it, and how deep in one another.
inline constexpr size_t story_lines = 10'000;
inline constexpr size_t story_runs = 100;
inline constexpr uint32_t story_depth = 8;

/// How far the lines of a story may be indented: runs in runs, of which each has blocks in blocks. Bounds the stack.
inline constexpr uint32_t story_lines_deep = 200;

/// Records of one run or task that are read for a story or a replay, and their bytes: what is above is left to `troupe run history`.
inline constexpr size_t inquiry_records = 100'000;
inline constexpr size_t inquiry_bytes = 256u << 20;

} // namespace troupe::limits
