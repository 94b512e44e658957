// CIRCUIT BREAKER: closed -> open -> half-open -> closed.
// Invariant: while half-open, at most one call is out.

#include <algorithm>
#include <troupe/behaviors/circuit_breaker.hpp>

namespace troupe {

bool blames_target(ec code) {
  switch (code) {
  case ec::overloaded:
  case ec::unavailable:
  case ec::outcome_unknown:
  case ec::timeout:
  case ec::internal:
  case ec::corrupt:
  case ec::tool_failed:
    return true;
  default:
    return false;
  }
}

circuit_breaker::circuit_breaker(std::string target, circuit_breaker_options options)
    : target_{std::move(target)}, options_{options} {}

void circuit_breaker::enter(state next, int64_t now_ms) {
  state_ = next;
  ++era_;
  failures_ = 0;
  since_ms_ = now_ms;
}

verdict circuit_breaker::ask(int64_t now_ms) {
  if (state_ == state::closed)
    return {{}, 0, era_};
  if (auto left = since_ms_ + options_.open_ms - now_ms; left > 0)
    return {
        make_error(ec::circuit_open, "the circuit breaker of " + target_ + " is " +
                                         (state_ == state::open ? "open" : "half open, its probe is out") +
                                         "; ask again in " + std::to_string(left) + " ms"),
        left, 0};
  enter(state::half_open, now_ms);
  return {{}, 0, era_};
}

void circuit_breaker::tell(uint64_t ticket, bool ok, int64_t now_ms) {
  if (ticket != era_)
    return;
  if (ok && state_ == state::closed)
    failures_ = 0;
  else if (ok)
    enter(state::closed, now_ms);
  else if (state_ == state::half_open || ++failures_ >= options_.failures)
    enter(state::open, now_ms);
}

} // namespace troupe
