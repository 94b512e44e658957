// Who understands the messages of fleet.proto.
#pragma once

#include <caf/typed_actor.hpp>
#include <string>
#include <string_view>
#include <troupe/runtime/words.hpp>

namespace troupe {

class CancelGoal;
class ChildEnded;
class CollectResults;
class Done;
class FindServices;
class Fleet;
class FleetList;
class GoalProgress;
class GoalSet;
class ListFleets;
class Ping;
class ReportServices;
class ServiceList;
class ServiceReport;
class SetGoal;
class SizePool;
class Tick;
class TimerDue;

namespace services {
/// Ref of the service registry.
inline constexpr std::string_view service_registry = "system/service/service_registry";
/// Ref of the keeper of the pools.
inline constexpr std::string_view pool_keeper = "system/service/pool_keeper";
} // namespace services

/// The capability that all agents of a fleet have, and nobody else.
inline std::string fleet_capability(const std::string& fleet) {
  return "fleet." + fleet;
}

/// GOAL: work split over a fleet, event-sourced. An entity of kind `goal`.
using goal_actor = caf::typed_actor<
    // ec::already_exists if the id belongs to another goal; ec::no_agent, as the command says why.
    rpc<SetGoal, GoalSet>,
    // Answered when there is a result to tell, if it is to wait. ec::not_found.
    rpc<CollectResults, GoalProgress>,
    // ec::not_found, ec::conflict.
    rpc<CancelGoal, Done>,
    // From its tasks.
    note<ChildEnded>,
    // A task is to be asked for again.
    note<TimerDue>>;

/// SERVICE REGISTRY: which agents there are on all nodes, and who of them passes.
using service_registry_actor = caf::typed_actor<
    // Of all nodes.
    rpc<FindServices, ServiceList>,
    // Of this one, for another.
    rpc<ReportServices, ServiceReport>,
    // Time to check.
    note<Tick>,
    // Answers at once.
    rpc<Ping, Done>>;

/// POOL KEEPER: hires and retires the agents of fleets at this node.
using pool_keeper_actor = caf::typed_actor<
    // Answered when it has as many. ec::already_exists if they have another spec; those of RegisterAgent.
    rpc<SizePool, Fleet>,
    // What there is.
    rpc<ListFleets, FleetList>,
    // Time to see whether a pool follows its tasks.
    note<Tick>,
    // Answers at once.
    rpc<Ping, Done>>;

} // namespace troupe
