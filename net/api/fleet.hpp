// FLEET: agents by the dozen over all nodes of a cluster, for programs: spawn_fleet, distribute_goal, collect_results.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <troupe/net/api/client.hpp>
#include <vector>

namespace troupe {

/// Makes it so that a fleet has `size` agents of one behavior, placed over the nodes of the cluster; the same again changes nothing. The
/// client may be one of any member. Errors: ec::already_exists (the fleet has another behavior), ec::no_agent (no node is fit),
/// ec::not_found (no such behavior), ec::invalid_argument, and those of the client.
caf::expected<Fleet> spawn_fleet(control_client& node, const std::string& name, const std::string& behavior,
                                 uint32_t size, const Placement& place = {});

/// What a fleet is to do: one capability, with these inputs.
struct fleet_goal {
  std::string capability;
  std::map<std::string, std::string> inputs; ///< of every item
  /// One task for each, with these inputs above those of the goal. None: one task for each agent of the fleet, with `part` (from 1) and
  /// `parts`.
  std::vector<std::map<std::string, std::string>> items = {};
  std::string id = {}; ///< the same id again begins nothing twice; empty = made by the node
};

/// Splits a goal over a fleet. Gives its id, and answers when it is durable: from then on its tasks are asked for until they have ended,
/// whatever restarts. Errors: ec::no_agent, ec::already_exists (the id belongs to another goal), ec::invalid_argument, and those of the client.
caf::expected<std::string> distribute_goal(control_client& node, const std::string& fleet,
                                           const fleet_goal& goal);

/// What has come of a goal so far.
struct goal_results {
  GoalProgress goal;              ///< how it stands; without results
  std::vector<GoalResult> done;   ///< in the order in which they came
  std::vector<GoalResult> failed; ///< those that ended with a failure
  bool complete = false;          ///< all items have ended
  caf::error trouble =
      {}; ///< why it is not complete: the client's patience is over (ec::timeout), or nobody answers
};

/// Collects results as they come; `each` hears of every one. Waits for the next one as long as the client's patience, and gives what has come when
/// that is over, or the node does not answer any more: whoever asks again gets all results again. Errors: ec::not_found; those of
/// the client, if not even a first answer came.
caf::expected<goal_results> collect_results(control_client& node, const std::string& goal,
                                            const std::function<void(const GoalResult&)>& each = {});

} // namespace troupe
