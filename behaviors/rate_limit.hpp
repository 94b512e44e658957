// RATE LIMIT: so many per second, with room for a burst.
#pragma once

#include <string>
#include <troupe/behaviors/verdict.hpp>

namespace troupe {

struct rate_limit_options {
  double per_second = 10; ///< > 0; what public model endpoints grant a small account
  double burst = 20;      ///< >= 1: two seconds' worth at once, so that a fan-out does not stumble
};

/// Token bucket of one target. Time is passed in, Unix ms; a clock that steps back adds nothing. Source: RFC
/// 2697, section 3, the committed bucket alone (rate CIR, size CBS).
class rate_limit {
public:
  /// `target` appears in refusals. Starts full.
  explicit rate_limit(std::string target, rate_limit_options options = {});

  /// Takes `cost` tokens (> 0), or refuses and takes none: ec::rate_limited, with retry_after_ms when there
  /// would be enough. A cost above the burst is refused for ever: ec::invalid_argument.
  verdict ask(int64_t now_ms, double cost = 1);

  /// Puts tokens back: the call was not made after all, or cost less.
  void give_back(double tokens);

private:
  std::string target_;
  rate_limit_options options_;
  double tokens_;
  int64_t filled_ms_ = INT64_MIN;
};

} // namespace troupe
