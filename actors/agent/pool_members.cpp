// POOL MEMBERS: ids, registrations, who comes and who goes.
// Invariant: an id is used by one agent at a time, and says whose it is.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <set>
#include <troupe/actors/agent/pool_members.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <troupe/runtime/interface/fleet.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

const std::string fleet_setting = "fleet";
constexpr size_t fleet_name_bytes = 60; // with node and number it is an agent's id

std::vector<std::string> abilities_of(const FleetSpec& spec, const behavior_registry& behaviors) {
  std::set<std::string> all{spec.capabilities().begin(), spec.capabilities().end()};
  if (all.empty())
    if (auto who = behaviors.find(spec.behavior())) {
      auto usual = who->capabilities(); // a copy
      all.insert(usual.begin(), usual.end());
    }
  all.insert(fleet_capability(spec.name()));
  return {all.begin(), all.end()};
}

uint32_t number_of(const std::string& id) {
  uint32_t number = 0;
  auto last = std::string_view{id}.substr(id.rfind('.') + 1);
  std::from_chars(last.data(), last.data() + last.size(), number);
  return number;
}

} // namespace

caf::error check_fleet(const FleetSpec& spec, const behavior_registry& behaviors) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  if (spec.name().empty() || spec.name().size() > fleet_name_bytes ||
      spec.name().find_first_not_of(allowed) != std::string::npos)
    return make_error(ec::invalid_argument, fmt::format("'{}' is no name of a fleet: 1 to {} of a-z 0-9 _ -",
                                                        spec.name(), fleet_name_bytes));
  auto& scale = spec.scale();
  if (scale.ceiling() > limits::fleet_agents || scale.floor() > scale.ceiling())
    return make_error(
        ec::invalid_argument,
        fmt::format("the scale of fleet {} is from {} to {}: the ceiling is at least the floor, "
                    "and at most {}",
                    spec.name(), scale.floor(), scale.ceiling(), limits::fleet_agents));
  if (auto known = behaviors.find(spec.behavior()); !known)
    return std::move(known.error());
  return {};
}

std::optional<FleetSpec> fleet_of(const AgentCreationRequest& agent) {
  FleetSpec spec;
  for (auto& setting : agent.config().settings())
    if (setting.name() == fleet_setting && spec.ParseFromString(setting.value()))
      return spec;
  return {};
}

std::vector<fleet_pool> pools_of(const AgentList& agents) {
  std::map<std::string, fleet_pool> pools;
  for (auto& one : agents.agents())
    if (auto spec = one.unregistered() ? std::nullopt : fleet_of(one.request())) {
      auto& pool = pools[spec->name()];
      pool.agents.push_back(one.id());
      pool.spec = std::move(*spec);
    }
  std::vector<fleet_pool> all;
  for (auto& [name, pool] : pools) {
    std::sort(pool.agents.begin(), pool.agents.end(), [](auto& a, auto& b) {
      return std::pair{number_of(a), a} < std::pair{number_of(b), b};
    });
    all.push_back(std::move(pool));
  }
  return all;
}

std::vector<AgentCreationRequest> wanted_agents(const fleet_pool& pool, const std::string& node,
                                                uint32_t size, const behavior_registry& behaviors) {
  std::vector<AgentCreationRequest> wanted;
  std::set<std::string> there{pool.agents.begin(), pool.agents.end()};
  auto abilities = abilities_of(pool.spec, behaviors);
  for (uint32_t number = 1; there.size() + wanted.size() < size; ++number) {
    auto id = fmt::format("{}.{}.{}", pool.spec.name(), node, number);
    if (there.count(id) > 0)
      continue;
    auto& agent = wanted.emplace_back();
    agent.set_id(id);
    agent.set_name(id);
    agent.set_behavior(pool.spec.behavior());
    agent.mutable_capabilities()->Assign(abilities.begin(), abilities.end());
    agent.mutable_config()->set_max_concurrent(pool.spec.slots());
    auto* setting = agent.mutable_config()->add_settings();
    setting->set_name(fleet_setting);
    setting->set_value(pool.spec.SerializeAsString());
  }
  return wanted;
}

std::vector<std::string> surplus_agents(const fleet_pool& pool, uint32_t size,
                                        const std::vector<std::string>& idle) {
  if (pool.agents.size() <= size)
    return {};
  std::set<std::string> rests{idle.begin(), idle.end()};
  std::vector<std::string> leaving{pool.agents.rbegin(), pool.agents.rend()};
  std::stable_partition(leaving.begin(), leaving.end(), [&](auto& id) { return rests.count(id) > 0; });
  leaving.resize(pool.agents.size() - size);
  return leaving;
}

} // namespace troupe
