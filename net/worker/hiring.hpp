// HIRING: a worker that comes in becomes an agent of the node, or is the one it was.
#pragma once

#include <caf/all.hpp>
#include <functional>
#include <string>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/proto/agent.pb.h>

namespace troupe {

/// Registers the agent, unless it is registered so; one that has changed is retired first. `then` is called once, on another thread. Errors:
/// ec::already_exists (an agent of the node's own has the name), ec::permission_denied (it is another principal's), and the registry's.
void hire_worker(caf::actor_system& system, doors_ptr outside, AgentCreationRequest agent,
                 const std::string& principal, std::function<void(caf::error refused)> then);

} // namespace troupe
