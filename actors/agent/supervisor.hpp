// SUPERVISOR: starts, watches, restarts and stops its children, as Erlang/OTP does.
#pragma once

#include <troupe/actors/agent/supervision.hpp>
#include <troupe/runtime/interface/ops.hpp>

namespace troupe {

/// Starts a supervisor and, in order, its children: each after the one before has answered Ping (a
/// supervisor: AwaitStart). It ends with the reason of the exit message it got, after StopTree normally,
/// after one restart too many with ec::internal naming child and last failure, with ec::timeout if children
/// do not end. When it is killed, its children are too.
supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_options options,
                                  std::vector<child_spec> children);

/// A supervisor as the child of another; its id is the last part of its path.
child_spec supervisor_child(supervisor_options options, std::vector<child_spec> children,
                            restart kind = restart::permanent);

} // namespace troupe
