// SERVICE REGISTRY: which agents there are on all nodes, what each can do, and who of them passes.
#pragma once

#include <functional>
#include <string>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/interface/fleet.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

/// What a service registry needs of its node.
struct service_registry_options {
  std::string node;                             ///< its name
  uint32_t default_slots = limits::agent_slots; ///< as in agent_parts
  /// Whether another node can be reached now; empty = none can. Thread-safe.
  std::function<bool(const std::string& node)> reachable = {};
};

/// SERVICE REGISTRY: asks every node that can be reached, through its desk, every limits::health_check what has changed with its agents, and
/// forgets those of a node that does not answer within limits::health_answer, or to which there is no link.
service_registry_actor spawn_service_registry(caf::scheduled_actor* parent, doors_ptr outside,
                                              service_registry_options options);

} // namespace troupe
