// SUPERVISOR: starts, watches, restarts and stops its children, as Erlang/OTP does.
#pragma once

#include <functional>
#include <string>
#include <troupe/actors/agent/restart.hpp>
#include <troupe/runtime/activity.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/interface/ops.hpp>
#include <vector>

namespace troupe {

class ChildEvent;

/// One child of a supervisor.
struct child_spec {
  std::string id; ///< unique among its siblings
  /// Spawns the child from `parent`. Throwing, or returning null, is a failure of the child.
  std::function<caf::actor(caf::scheduled_actor* parent)> start;
  restart kind = restart::permanent;
  /// How long it may take to end by itself before it is killed; 0 = kill at once. Not used for supervisors,
  /// which bound the end of their own children.
  std::chrono::milliseconds shutdown = limits::shutdown_timeout;
  std::chrono::milliseconds start_timeout = limits::start_timeout; ///< for the answer to its first Ping
  std::string ref;         ///< its name in the directory while it runs; empty = none
  bool supervisor = false; ///< it understands supervisor_actor
};

/// How a supervisor works.
struct supervisor_options {
  std::string path = "root"; ///< its place in the tree, `root/core`; the last part is its id
  restart_rules rules;
  uint64_t seed = 0;                               ///< of the jitter
  directory* names = nullptr;                      ///< where refs are registered; outlives the actor system
  activity_board* board = nullptr;                 ///< where children are watched; outlives the actor system
  std::function<void(const ChildEvent&)> on_event; ///< told what happens; called inside the supervisor
  /// Makes the spec of a child added by StartChild; its id becomes the command's. Null = children are fixed.
  std::function<caf::expected<child_spec>(const StartChild&)> make_child;
};

/// Starts a supervisor and, in order, its children: each after the one before has answered Ping (a
/// supervisor: AwaitStart). It ends with the reason of the exit message it got, after StopTree normally,
/// after one restart too many with ec::internal naming child and last failure. When it is killed, its
/// children are killed too.
supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_options options,
                                  std::vector<child_spec> children);

/// A supervisor as the child of another; its id is the last part of its path.
child_spec supervisor_child(supervisor_options options, std::vector<child_spec> children,
                            restart kind = restart::permanent);

} // namespace troupe
