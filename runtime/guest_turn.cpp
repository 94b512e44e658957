// GUEST TURN: one message of one actor.
// Invariant: what is woken is resumed here once, or by the scheduler; the reference that its wake-up holds goes with it.

#include <caf/all.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <troupe/runtime/guest_turn.hpp>
#include <utility>

namespace troupe {
namespace {

thread_local guest_turn* open_turn = nullptr;

void leave_to_scheduler(caf::resumable* woken) {
  static_cast<caf::scheduled_actor*>(woken)->home_system().scheduler().enqueue(woken);
}

} // namespace

// Immortal: actors keep the address of the unit they ran on last.
class guest_unit final : public caf::execution_unit {
public:
  void exec_later(caf::resumable* woken) override {
    if (open_turn && !open_turn->woken_)
      open_turn->woken_ = woken;
    else
      leave_to_scheduler(woken);
  }
};

guest_turn::guest_turn() {
  open_turn = this;
}

guest_turn::~guest_turn() {
  open_turn = nullptr;
  if (!woken_)
    return;
  if (woken_->resume(unit(), 1) == caf::resumable::resume_later)
    leave_to_scheduler(woken_);
  else
    caf::intrusive_ptr_release(woken_);
}

caf::execution_unit* guest_turn::unit() {
  static guest_unit one;
  return &one;
}

} // namespace troupe
