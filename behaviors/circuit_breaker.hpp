// CIRCUIT BREAKER: stops calling what keeps failing, and tries again carefully.
#pragma once

#include <string>
#include <troupe/behaviors/verdict.hpp>

namespace troupe {

struct circuit_breaker_options {
  uint32_t failures = 5;    ///< in a row that open it, >= 1: fewer would open on bad luck
  int64_t open_ms = 60'000; ///< until a probe is let through: what a restart of a dependency takes
};

/// False for failures that say nothing about the target's health, e.g. ec::invalid_argument.
bool blames_target(ec code);

/// State machine of one target (a tool, a model, a remote agent). Time is passed in, Unix ms. Source: Nygard:
/// Release It!, 2nd edition, section 5.2 (Circuit Breaker).
class circuit_breaker {
public:
  enum class state {
    closed,   ///< calls pass; failures in a row are counted
    open,     ///< calls are refused until open_ms have passed
    half_open ///< one call, the probe, decides
  };

  /// `target` appears in refusals.
  explicit circuit_breaker(std::string target, circuit_breaker_options options = {});

  /// May a call be made now? Refusals: ec::circuit_open with retry_after_ms. A probe whose outcome is not
  /// told within open_ms is given up, and another is let through.
  verdict ask(int64_t now_ms);

  /// How a call ended that was let through with this ticket; `ok` is false if it failed and blames_target().
  /// Outcomes of calls from before the last change of state are too late to count, and ignored.
  void tell(uint64_t ticket, bool ok, int64_t now_ms);

  state now() const {
    return state_;
  }

private:
  void enter(state next, int64_t now_ms);

  std::string target_;
  circuit_breaker_options options_;
  state state_ = state::closed;
  uint64_t era_ = 1; // counts changes of state; the ticket of every call let through in it
  uint32_t failures_ = 0;
  int64_t since_ms_ = 0;
};

} // namespace troupe
