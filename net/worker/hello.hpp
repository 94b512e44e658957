// HELLO: who a worker says it is, checked, and as what kind of agent it appears.
#pragma once

#include <caf/error.hpp>
#include <string>
#include <troupe/runtime/proto/agent.pb.h>
#include <troupe/runtime/proto/worker.pb.h>

namespace troupe {

/// What is wrong with a hello; nothing if it can be taken. Error: ec::invalid_argument, which field, and what is allowed.
caf::error check_hello(const WorkerHello& hello);

/// The agent a worker is; the same for the same hello of the same principal.
AgentCreationRequest agent_of(const WorkerHello& hello, const std::string& principal);

/// The principal to whom the name of an agent belongs; empty if no worker does its tasks.
std::string owner_of(const AgentCreationRequest& agent);

} // namespace troupe
