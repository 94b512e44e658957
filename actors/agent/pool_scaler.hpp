// POOL SCALER: how many agents a pool should have for the tasks that wait. Pure.
#pragma once

#include <cstdint>
#include <troupe/runtime/proto/fleet.pb.h>

namespace troupe {

/// How a pool stands.
struct pool_load {
  uint32_t agents = 0;
  uint64_t slots = 0;   ///< of all of them
  uint64_t free = 0;    ///< of these
  uint64_t waiting = 0; ///< tasks for which no slot was free
};

/// Decides when a pool grows and when it shrinks. It grows when at least `up_at` tasks per slot have waited for `up_after_ms` without a break: to what all tasks
/// need, at most limits::pool_growth times what it is. It shrinks by a quarter when for `down_after_ms` nobody waited and less than `down_at` of the slots
/// were in use, never below what is in use. Between the two nothing changes (hysteresis), nor for `cooldown_ms` after a change. Floor and
/// ceiling hold at once. The same looks give the same sizes.
class pool_scaler {
public:
  explicit pool_scaler(const PoolScale& rules);

  /// The size it should have now; `now_ms` is any clock that does not go back.
  uint32_t look(int64_t now_ms, const pool_load& load);

private:
  uint32_t decide(int64_t now_ms, const pool_load& load);

  PoolScale rules_;         // without zeros
  int64_t pressed_ms_ = -1; // since when tasks have waited; -1 = they do not
  int64_t idle_ms_ = -1;    // since when too few were in use
  int64_t changed_ms_ = -1; // when it decided on another size; -1 = never
};

} // namespace troupe
