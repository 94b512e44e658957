// What a supervisor does about a death: OTP's strategies, restart kinds, intensity and period, and a backoff.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <troupe/runtime/limits.hpp>
#include <vector>

namespace troupe {

/// A moment of the actor clock (virtual in tests).
using instant = std::chrono::steady_clock::time_point;

/// Who else is restarted when a child dies (Erlang/OTP, supervisor(3)).
enum class strategy : uint8_t {
  one_for_one,        ///< nobody
  one_for_all,        ///< all children
  rest_for_one,       ///< the children started after it
  simple_one_for_one, ///< nobody; children come and go at run time, without an order
};

/// When a dead child is started again.
enum class restart : uint8_t {
  permanent, ///< always
  transient, ///< after a failure, not after a normal end
  temporary, ///< never, not even when a sibling's death takes it along
};

/// The wait before a restart: `first * 2^(failures in a row - 1)`, at most `longest`, less a random part.
struct backoff {
  std::chrono::nanoseconds first = limits::restart_first;
  std::chrono::nanoseconds longest = limits::restart_longest;
  double jitter = 0.2; ///< 0 to 1: the largest part of the wait that chance may take away
  std::chrono::nanoseconds quiet =
      limits::restart_quiet; ///< a child that lived this long starts counting anew

  /// The wait after `failures` >= 1 failures in a row; `random_bits` decides about the jitter.
  std::chrono::nanoseconds wait(unsigned failures, uint64_t random_bits) const;
};

/// At most `intensity` restarts within `period`, both ends of the period included.
class restart_window {
public:
  restart_window(unsigned intensity, std::chrono::nanoseconds period);

  /// Counts a restart at `now`; false if it is one too many. Times never step back.
  bool admit(instant now);

private:
  unsigned intensity_;
  std::chrono::nanoseconds period_;
  std::deque<instant> restarts_;
};

/// How one supervisor restarts.
struct restart_rules {
  strategy how = strategy::one_for_one;
  unsigned intensity = 3; ///< restarts within `period`; a failed start counts as a death
  std::chrono::nanoseconds period = std::chrono::seconds{5};
  backoff pause;
};

/// What the decision needs to know about a child.
struct child_view {
  restart kind = restart::permanent;
  bool alive = false;    ///< it has to be stopped before it can be started
  unsigned failures = 0; ///< in a row, this death included
};

/// What to do about a death. Indices are start order.
struct restart_plan {
  std::vector<size_t> stop;  ///< in this order, one after the other
  std::vector<size_t> start; ///< afterwards and after `wait`, in this order
  std::chrono::nanoseconds wait{0};
  bool escalate = false; ///< one restart too many: stop everything and fail
};

/// Decides about the death of `children[dead]`. `normal` = it ended without a failure. Counts in `window`
/// only if the child is to be restarted: one death counts once, however many siblings it takes along.
restart_plan decide(const restart_rules& rules, restart_window& window, std::span<const child_view> children,
                    size_t dead, bool normal, instant now, uint64_t random_bits);

/// The name, as in the enum.
std::string_view to_string(strategy how);

} // namespace troupe
