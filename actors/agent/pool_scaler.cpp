// POOL SCALER: pressure, rest, and the pause after a change.
// Invariant: floor <= the size it gives <= ceiling.

#include <algorithm>
#include <cmath>
#include <troupe/actors/agent/pool_scaler.hpp>
#include <troupe/runtime/fleet_limits.hpp>

namespace troupe {
namespace {

// Since when something holds that holds now or not.
void follow(int64_t& since_ms, bool holds, int64_t now_ms) {
  if (!holds)
    since_ms = -1;
  else if (since_ms < 0)
    since_ms = now_ms;
}

} // namespace

pool_scaler::pool_scaler(const PoolScale& rules) : rules_{rules} {
  auto fill = [&](auto value, auto set, auto usual) {
    if (value <= 0)
      (rules_.*set)(usual);
  };
  fill(rules_.up_at(), &PoolScale::set_up_at, limits::pool_up_at);
  fill(rules_.up_after_ms(), &PoolScale::set_up_after_ms, limits::pool_up_after.count());
  fill(rules_.down_at(), &PoolScale::set_down_at, limits::pool_down_at);
  fill(rules_.down_after_ms(), &PoolScale::set_down_after_ms, limits::pool_down_after.count());
  fill(rules_.cooldown_ms(), &PoolScale::set_cooldown_ms, limits::pool_cooldown.count());
  rules_.set_floor(std::max(1u, rules_.floor()));
  rules_.set_ceiling(std::max(rules_.floor(), rules_.ceiling()));
}

uint32_t pool_scaler::look(int64_t now_ms, const pool_load& load) {
  auto size = std::clamp(decide(now_ms, load), rules_.floor(), rules_.ceiling());
  if (size != load.agents) {
    changed_ms_ = now_ms;
    pressed_ms_ = idle_ms_ = -1;
  }
  return size;
}

uint32_t pool_scaler::decide(int64_t now_ms, const pool_load& load) {
  auto slots = static_cast<double>(std::max<uint64_t>(load.slots, 1));
  auto busy = static_cast<double>(load.slots - std::min(load.free, load.slots));
  auto waiting = static_cast<double>(load.waiting);
  follow(pressed_ms_, waiting > 0 && waiting / slots >= rules_.up_at(), now_ms);
  follow(idle_ms_, load.waiting == 0 && busy / slots < rules_.down_at(), now_ms);
  if (changed_ms_ >= 0 && now_ms - changed_ms_ < rules_.cooldown_ms())
    return load.agents;
  auto agents = static_cast<double>(load.agents);
  auto per_agent = slots / std::max(1.0, agents);
  if (pressed_ms_ >= 0 && now_ms - pressed_ms_ >= rules_.up_after_ms()) {
    auto needed = std::ceil((busy + waiting) / per_agent);
    return static_cast<uint32_t>(std::max(agents + 1, std::min(needed, agents * limits::pool_growth)));
  }
  if (idle_ms_ >= 0 && now_ms - idle_ms_ >= rules_.down_after_ms()) {
    auto fewer = agents - std::max(1.0, std::floor(agents / 4));
    return static_cast<uint32_t>(std::max({0.0, fewer, std::ceil(busy / per_agent)}));
  }
  return load.agents;
}

} // namespace troupe
