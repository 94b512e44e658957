// RETRY: the same behavior again, after a pause.
// Invariant: at most `attempts` attempts; every pause is a journaled sleep.

#include <algorithm>
#include <cmath>
#include <troupe/behaviors/library.hpp>

namespace troupe {
namespace {

class retry final : public behavior {
public:
  retry(std::unique_ptr<behavior> inner, retry_options options)
      : inner_{std::move(inner)}, options_{options} {}

  manifest describe() const override {
    return inner_->describe();
  }

  action run(const Task& task) override {
    return attempt(task, 1);
  }

private:
  action attempt(const Task& task, uint32_t number) {
    return inner_->run(task).otherwise([this, number](const Task& again, const caf::error& error) {
      if (number >= options_.attempts || !worth_repeating(code_of(error)))
        return fail(error);
      return sleep_for(std::chrono::milliseconds{backoff_ms(options_, number + 1, again.random())})
          .then([this, number](const Task& t, const Result&) { return attempt(t, number + 1); });
    });
  }

  std::unique_ptr<behavior> inner_;
  retry_options options_;
};

} // namespace

bool worth_repeating(ec code) {
  switch (code) {
  case ec::invalid_argument:
  case ec::not_found:
  case ec::already_exists:
  case ec::unauthenticated:
  case ec::permission_denied:
  case ec::budget_exceeded:
  case ec::expired:
  case ec::cancelled:
  case ec::corrupt:
  case ec::from_future:
  case ec::nondeterministic:
  case ec::invalid_workflow:
  case ec::quarantined:
    return false;
  default:
    return true;
  }
}

int64_t backoff_ms(const retry_options& options, uint32_t next, uint64_t bits) {
  auto longest = static_cast<double>(options.longest_ms);
  auto wait =
      static_cast<double>(options.backoff_ms) * std::pow(std::max(options.multiplier, 1.0), next - 2.0);
  auto unit = static_cast<double>(bits >> 11) * 0x1p-53; // the upper 53 bits: [0, 1), evenly
  wait = std::min(wait, longest) * (1 + std::clamp(options.jitter, 0.0, 1.0) * (2 * unit - 1));
  return std::llround(std::clamp(wait, 0.0, longest));
}

std::unique_ptr<behavior> with_retry(std::unique_ptr<behavior> inner, retry_options options) {
  return make<retry>(std::move(inner), options);
}

} // namespace troupe
