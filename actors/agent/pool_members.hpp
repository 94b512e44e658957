// POOL MEMBERS: the agents of a fleet at one node, and who comes or goes when their number changes. Pure.
#pragma once

#include <optional>
#include <string>
#include <troupe/behaviors/registry.hpp>
#include <troupe/runtime/proto/fleet.pb.h>
#include <vector>

namespace troupe {

/// A fleet's agents at one node.
struct fleet_pool {
  FleetSpec spec;
  std::vector<std::string> agents; ///< ids, by number
};

/// What a fleet is allowed to be. Errors: ec::invalid_argument, what is wrong; ec::not_found for a behavior that this node does not have.
caf::error check_fleet(const FleetSpec& spec, const behavior_registry& behaviors);

/// The spec in an agent's registration; nothing if it is of no fleet.
std::optional<FleetSpec> fleet_of(const AgentCreationRequest& agent);

/// The pools among a node's agents, by name of the fleet.
std::vector<fleet_pool> pools_of(const AgentList& agents);

/// Wishes for agents that a pool lacks of `size`: ids `FLEET.NODE.NUMBER` with the lowest free numbers, so that a repeat wishes the same.
std::vector<AgentCreationRequest> wanted_agents(const fleet_pool& pool, const std::string& node,
                                                uint32_t size, const behavior_registry& behaviors);

/// Ids of agents that are above `size`: those that have nothing to do come first, then those with the highest numbers.
std::vector<std::string> surplus_agents(const fleet_pool& pool, uint32_t size,
                                        const std::vector<std::string>& idle);

} // namespace troupe
