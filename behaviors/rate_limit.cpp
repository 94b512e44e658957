// RATE LIMIT: a bucket that fills evenly.
// Invariant: 0 <= tokens <= burst.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <troupe/behaviors/rate_limit.hpp>

namespace troupe {

rate_limit::rate_limit(std::string target, rate_limit_options options)
    : target_{std::move(target)}, options_{options}, tokens_{options.burst} {}

verdict rate_limit::ask(int64_t now_ms, double cost) {
  if (cost > options_.burst)
    return {
        make_error(ec::invalid_argument, fmt::format("{} tokens at once are more than {} ever grants ({})",
                                                     cost, target_, options_.burst)),
        0, 0};
  if (filled_ms_ != INT64_MIN && now_ms > filled_ms_)
    tokens_ = std::min(options_.burst,
                       tokens_ + static_cast<double>(now_ms - filled_ms_) * options_.per_second / 1000);
  filled_ms_ = std::max(filled_ms_, now_ms);
  if (tokens_ + 1e-9 >= cost) { // sums of many small refills fall short of a whole token by rounding
    tokens_ = std::max(tokens_ - cost, 0.0);
    return {};
  }
  auto wait_ms = static_cast<int64_t>(std::ceil((cost - tokens_) * 1000 / options_.per_second - 1e-6));
  return {make_error(ec::rate_limited, fmt::format("{} grants {} a second; ask again in {} ms", target_,
                                                   options_.per_second, wait_ms)),
          wait_ms, 0};
}

void rate_limit::give_back(double tokens) {
  tokens_ = std::min(options_.burst, tokens_ + tokens);
}

} // namespace troupe
