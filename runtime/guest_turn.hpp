// GUEST TURN: a thread that is none of the scheduler's lets an actor it has woken work at once, instead of waking a thread for it.
#pragma once

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

namespace troupe {

/// While it lives, the first actor woken over unit() waits for the end of this turn, and then handles one message on this thread. Who is
/// woken besides, and what it has left to do, goes to the scheduler. For threads that can do without the time one message takes; one at
/// a time per thread.
class guest_turn {
public:
  guest_turn();
  ~guest_turn();
  guest_turn(const guest_turn&) = delete;
  guest_turn& operator=(const guest_turn&) = delete;

  /// To be given to enqueue().
  static caf::execution_unit* unit();

private:
  friend class guest_unit;
  caf::resumable* woken_ = nullptr;
};

} // namespace troupe
