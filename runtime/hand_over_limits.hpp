// How a member gives its shards away when it stops, with units and reasons.
#pragma once

#include <chrono>

namespace troupe::limits {

using namespace std::chrono_literals;

/// So long a member that stops waits for others to take its shards: what is left then moves when its lease ends. Service managers wait
/// longer before they kill.
inline constexpr std::chrono::milliseconds hand_over_patience = 10s;

/// How often it looks whether they have: short against what moving a few shards takes.
inline constexpr std::chrono::milliseconds hand_over_look = 50ms;

} // namespace troupe::limits
