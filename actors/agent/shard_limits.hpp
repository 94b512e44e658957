// Every bound of closing shards, with its unit and its reason.
#pragma once

#include <chrono>

namespace troupe::limits {

using namespace std::chrono_literals;

/// How long an entity of a shard that leaves may finish what it is at; its node waits with giving the shard away, and others wait for that.
inline constexpr std::chrono::milliseconds close_patience = 2s;

/// How often one that is busy is asked again: a write that it waits for takes that long.
inline constexpr std::chrono::milliseconds close_again = 20ms;

} // namespace troupe::limits
