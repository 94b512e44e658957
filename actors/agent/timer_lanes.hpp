// TIMER LANES: the order in which the timer rows of a shard are read.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <troupe/actors/agent/catch_up.hpp>
#include <troupe/persistence/effects.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe::timer_lanes {

/// A lane is a shard and one half of it: first the outbox, then the timers.
inline constexpr size_t lanes = 2 * limits::shards;

/// 35 000 years; sums of times stay in range.
inline constexpr int64_t longest_wait = int64_t{1} << 50;

/// The lane of a row that is due then.
inline size_t lane_of(uint8_t shard, int64_t due_ms) {
  return 2 * size_t{shard} + (due_ms <= effects::already_sent ? 0 : 1);
}

/// The two lanes of a shard.
inline std::array<size_t, 2> lanes_of(uint8_t shard) {
  return {2 * size_t{shard}, 2 * size_t{shard} + 1};
}

/// The shard of a lane.
inline uint8_t shard_of_lane(size_t lane_index) {
  return static_cast<uint8_t>(lane_index / 2);
}

/// Does it hold what has to be sent again?
inline bool is_outbox(size_t lane_index) {
  return lane_index % 2 == 0;
}

/// Its first key.
inline std::string begin_of(size_t lane_index) {
  auto shard = shard_of_lane(lane_index);
  return is_outbox(lane_index) ? timer_begin(shard) : timer_end(shard, effects::already_sent);
}
/// The first key after all of its keys.
inline std::string end_of(size_t lane_index) {
  return timer_end(shard_of_lane(lane_index),
                   is_outbox(lane_index) ? effects::already_sent : std::numeric_limits<int64_t>::max());
}

/// How long a row waits, in milliseconds and within bounds.
inline int64_t bounded_wait(const TimerRow& row, int64_t wall_ms) {
  return std::clamp(wait_ms(row, wall_ms), -longest_wait, longest_wait);
}

} // namespace troupe::timer_lanes
