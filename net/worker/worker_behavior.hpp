// WORKER BEHAVIOR: how an attempt that a worker does looks from inside: calls of one tool, with a checkpoint behind each but the last.
#pragma once

#include <string_view>
#include <troupe/behaviors/behavior.hpp>

namespace troupe {

/// Name of the behavior, and of the tool it calls.
inline constexpr std::string_view worker_behavior = "troupe.worker";

/// Name of the argument that holds the data of the last checkpoint; absent before the first.
inline constexpr std::string_view worker_checkpoint = "checkpoint";

/// The behavior of agents whose tasks a worker does. The tool's outcome has one part, the data of a checkpoint, or none: then it is the
/// task's.
std::unique_ptr<behavior> make_worker_behavior();

} // namespace troupe
