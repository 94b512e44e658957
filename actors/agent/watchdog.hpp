// WATCHDOG: names every actor that makes no progress, and what it is busy with.
#pragma once

#include <functional>
#include <troupe/runtime/activity.hpp>
#include <troupe/runtime/interface/ops.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

class StuckActor;

/// How the watchdog looks around.
struct watchdog_options {
  activity_board* board = nullptr; ///< who is watched; outlives the actor system
  std::chrono::milliseconds every = limits::watchdog_every;
  std::chrono::milliseconds answer =
      limits::watchdog_answer; ///< an unanswered Ping of this age makes an actor stuck
  std::chrono::milliseconds hold =
      limits::thread_hold; ///< a handler that runs this long makes its actor stuck
  /// Told once when an actor becomes stuck, once when it recovers, and once per handler that was slow but is
  /// over.
  std::function<void(const StuckActor&)> report;
};

/// Starts a watchdog as a child of `parent`. It pings everybody on the board over the high-priority lane, and
/// reads from the board what each one handles, so a handler that never returns is found too. When every
/// worker thread hangs, no actor runs, this one included: whoever owns a thread then calls
/// activity_board::holding().
caf::actor spawn_watchdog(caf::scheduled_actor* parent, watchdog_options options);

} // namespace troupe
