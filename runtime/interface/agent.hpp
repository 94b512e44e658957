// Who understands the messages of agent.proto, and what agents and owners of tasks say to each other.
#pragma once

#include <caf/typed_actor.hpp>
#include <troupe/runtime/words.hpp>

namespace troupe {

class ActionsRecorded;
class AgentChanged;
class AgentList;
class AgentMatch;
class AgentMatches;
class AgentRecord;
class AgentSilent;
class FindBest;
class FindByCapabilities;
class GetAgent;
class GetRegistryStats;
class ListAgents;
class RegisterAgent;
class RegistryStats;
class ReportWork;
class RunTask;
class SetAgentStatus;
class TaskGone;
class TaskOpened;
class TaskSettled;
class Tick;
class ToolEnded;
class UnregisterAgent;

/// REGISTRY: who exists, can what, how well. A copy in memory of what the agents' logs say.
using agent_registry_actor = caf::typed_actor<
    // Creates an agent; answered when its record is on disk. ec::already_exists, ec::invalid_argument.
    rpc<RegisterAgent, AgentRecord>,
    // Retires an agent. ec::not_found.
    rpc<UnregisterAgent, AgentRecord>,
    // Changes its status. ec::not_found.
    rpc<SetAgentStatus, AgentRecord>,
    // Reads one. ec::not_found.
    rpc<GetAgent, AgentRecord>,
    // All, by id; or the children of one.
    rpc<ListAgents, AgentList>,
    // Ranked matches; none is no error, the reason says why.
    rpc<FindByCapabilities, AgentMatches>,
    // The best match. ec::no_agent with the reason.
    rpc<FindBest, AgentMatch>,
    // Counts.
    rpc<GetRegistryStats, RegistryStats>,
    // An agent's record has changed.
    note<AgentChanged>,
    // An agent does not answer, or does again: meanwhile its record says that it is offline.
    note<AgentSilent>>;

/// AGENT: its record, and the tasks it works on. An entity of kind `agent`.
using agent_actor = caf::typed_actor<
    // Creates it; the same request again gets the same record. ec::already_exists.
    rpc<RegisterAgent, AgentRecord>,
    // ec::not_found if it was never registered.
    rpc<UnregisterAgent, AgentRecord>, rpc<SetAgentStatus, AgentRecord>, rpc<GetAgent, AgentRecord>,
    // Work; may arrive twice.
    note<RunTask>,
    // The scheduler wants to know what it has.
    note<ReportWork>,
    // What the owner of a task answers.
    note<TaskOpened>, note<TaskGone>, note<ActionsRecorded>, note<TaskSettled>,
    // A tool has answered.
    note<ToolEnded>,
    // Time to look for attempts that take too long.
    note<Tick>>;

} // namespace troupe
