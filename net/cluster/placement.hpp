// PLACEMENT: which nodes get somebody new, and which node gets which part of a work. Pure: the same facts give the same answer.
#pragma once

#include <caf/expected.hpp>
#include <set>
#include <string>
#include <string_view>
#include <troupe/runtime/proto/fleet.pb.h>
#include <vector>

namespace troupe {

/// A node as placement sees it.
struct place_candidate {
  std::string node;
  std::set<std::string> has; ///< ids and capabilities of its agents that pass
  uint64_t slots = 0;        ///< of these agents
  uint64_t free = 0;         ///< of these slots
  uint64_t queued = 0;       ///< tasks that wait for an agent
  uint32_t agents = 0;       ///< that pass
  uint32_t members = 0;      ///< of these, those of the fleet that grows
  double health = 1;         ///< mean share of tasks that succeed, 0 to 1
};

/// The nodes that a registry knows, by name, but for those that do not pass. `members` are agents with this capability; empty = none.
std::vector<place_candidate> candidates_of(const ServiceList& known, const std::string& members = {});

/// A node for each of `count`, one after the other, each as if those before it were there already:
///   least-load  the node with the least work (tasks at work and waiting, and those placed here) by its health;
///   spread      the one with the fewest members;
///   pack        the one with the most members.
/// Ties go to the least work, the fewest agents, the lower name. Errors: ec::invalid_argument for another word, ec::no_agent if no node is
/// fit, saying what each lacks.
caf::expected<std::vector<std::string>> place(std::vector<place_candidate> nodes, const Placement& wish,
                                              uint32_t count);

/// Which member of each node goes when so many are too many: from the node with the most, of equals from the last by name.
std::vector<std::string> shrink(std::vector<FleetPool> pools, uint32_t by);

/// Someone who gets parts of a work, and how much of it.
struct weighted_node {
  std::string node;
  double weight = 1; ///< > 0
};

/// `count` turns in which each node comes as often as its weight says, as far apart as can be: smooth weighted round robin
/// (nginx, ngx_http_upstream_round_robin.c). Places in `nodes`. Cost: count x nodes.
std::vector<size_t> take_turns(const std::vector<weighted_node>& nodes, size_t count);

/// The node a key belongs to: the one with the highest hash of both (rendezvous hashing, as shard_map::create). One more node takes its
/// share of the keys and moves no other. `nodes` has at least one.
const std::string& node_for_key(std::string_view key, const std::vector<std::string>& nodes);

} // namespace troupe
