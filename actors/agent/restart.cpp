// RESTART: strategy, intensity, period, backoff; nothing but arithmetic.
// Invariant: within any period at most `intensity` restarts are granted; what is stopped is in reverse start
// order.

#include <algorithm>
#include <cmath>
#include <troupe/actors/agent/restart.hpp>

namespace troupe {

std::chrono::nanoseconds backoff::wait(unsigned failures, uint64_t random_bits) const {
  auto exponent = static_cast<int>(std::min(failures == 0 ? 0u : failures - 1, 62u));
  auto full = std::min(std::ldexp(static_cast<double>(first.count()), exponent),
                       static_cast<double>(longest.count()));
  auto chance =
      std::ldexp(static_cast<double>(random_bits >> 11), -53); // 53 bits: all a double in [0, 1) holds
  return std::chrono::nanoseconds{std::llround(full * (1.0 - jitter * chance))};
}

restart_window::restart_window(unsigned intensity, std::chrono::nanoseconds period)
    : intensity_{intensity}, period_{period} {}

bool restart_window::admit(instant now) {
  while (!restarts_.empty() && now > restarts_.front() + period_)
    restarts_.pop_front();
  if (restarts_.size() >= intensity_)
    return false;
  restarts_.push_back(now);
  return true;
}

restart_plan decide(const restart_rules& rules, restart_window& window, std::span<const child_view> children,
                    size_t dead, bool normal, instant now, uint64_t random_bits) {
  auto kind = children[dead].kind;
  if (kind == restart::temporary || (kind == restart::transient && normal))
    return {};
  restart_plan result;
  if (!window.admit(now)) {
    result.escalate = true;
    return result;
  }
  auto group = rules.how == strategy::one_for_all || rules.how == strategy::rest_for_one;
  auto first = rules.how == strategy::one_for_all ? 0 : dead;
  auto last = group ? children.size() : dead + 1;
  for (auto i = first; i < last; ++i) {
    if (i != dead && children[i].alive)
      result.stop.push_back(i);
    if (children[i].kind != restart::temporary)
      result.start.push_back(i);
  }
  std::reverse(result.stop.begin(), result.stop.end());
  result.wait = rules.pause.wait(children[dead].failures, random_bits);
  return result;
}

std::string_view to_string(strategy how) {
  switch (how) {
  case strategy::one_for_one:
    return "one_for_one";
  case strategy::one_for_all:
    return "one_for_all";
  case strategy::rest_for_one:
    return "rest_for_one";
  case strategy::simple_one_for_one:
    return "simple_one_for_one";
  }
  return "";
}

} // namespace troupe
