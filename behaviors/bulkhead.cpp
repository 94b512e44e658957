// BULKHEAD: counts of running and waiting calls.
// Invariant: running <= concurrent, waiting <= its bound, and nobody waits while a place is free.

#include <troupe/behaviors/bulkhead.hpp>

namespace troupe {

bulkhead::bulkhead(std::string target, bulkhead_options options)
    : target_{std::move(target)}, options_{options} {}

bulkhead::answer bulkhead::enter() {
  if (running_ < options_.concurrent) {
    ++running_;
    return answer::go;
  }
  if (waiting_ < options_.waiting) {
    ++waiting_;
    return answer::wait;
  }
  return answer::refuse;
}

bool bulkhead::leave() {
  ensure(running_ > 0, "only a call that was let go leaves");
  if (waiting_ > 0) { // the place passes on
    --waiting_;
    return true;
  }
  --running_;
  return false;
}

void bulkhead::give_up() {
  ensure(waiting_ > 0, "only a call that waits gives up");
  --waiting_;
}

verdict bulkhead::refusal() const {
  return {make_error(ec::overloaded, target_ + " has " + std::to_string(running_) + " calls running and " +
                                         std::to_string(waiting_) +
                                         " waiting, its bounds; repeat after a pause"),
          0, 0};
}

} // namespace troupe
