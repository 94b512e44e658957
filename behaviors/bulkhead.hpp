// BULKHEAD: bounds what one target may occupy, so that it cannot sink the ship.
#pragma once

#include <string>
#include <troupe/behaviors/verdict.hpp>

namespace troupe {

struct bulkhead_options {
  uint32_t concurrent = 10; ///< calls at a time, >= 1; the tasks that execute for one goal
  uint32_t waiting = 100;   ///< calls that may wait for a place; more would time out while they wait
};

/// Counts the calls of one target; the host keeps those that wait, in whatever order it likes. Source:
/// Nygard: Release It!, 2nd edition, section 5.3 (Bulkheads).
class bulkhead {
public:
  /// `target` appears in refusals.
  explicit bulkhead(std::string target, bulkhead_options options = {});

  /// Call now, call when leave() gives the place, or do not call.
  enum class answer { go, wait, refuse };

  /// One more call: it may go, or must wait, or is refused (see refusal()).
  answer enter();

  /// A call that was let go has ended. True: one that waits may go now, it has the place already.
  bool leave();

  /// A call that waited does not any more: cancelled, or out of time.
  void give_up();

  /// What a refused call is told: ec::overloaded with both bounds.
  verdict refusal() const;

  uint32_t running() const {
    return running_;
  }
  uint32_t waiting() const {
    return waiting_;
  }

private:
  std::string target_;
  bulkhead_options options_;
  uint32_t running_ = 0;
  uint32_t waiting_ = 0;
};

} // namespace troupe
