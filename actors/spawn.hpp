// Every actor one can bring to life, on one page.
#pragma once

#include <troupe/actors/agent/toolbox.hpp>
#include <troupe/behaviors/registry.hpp>
#include <troupe/persistence/event_sourced.hpp>
#include <troupe/runtime/interface/agent.hpp>
#include <troupe/runtime/interface/journal.hpp>
#include <troupe/runtime/interface/workflow.hpp>
#include <troupe/runtime/queue_limits.hpp>
#include <troupe/runtime/retention_rules.hpp>
#include <troupe/runtime/task_rates.hpp>
#include <vector>

namespace troupe {

/// SHARD HOST: wakes entities of these kinds when a message waits for them, puts idle ones to sleep, parks those that
/// crash and quarantines those that keep crashing. `parent` spawns it.
shard_host_actor spawn_shard_host(caf::scheduled_actor* parent, doors_ptr doors,
                                  std::vector<entity_kind> kinds);

/// TIMERS: reads the timer rows of the store as they come near, and wakes their owners when they are due. If they cannot be
/// read at its start, it ends with the store's error.
timers_actor spawn_timers(caf::scheduled_actor* parent, doors_ptr doors);

/// RETENTION: once a day has the journal erase runs and lone tasks whose time is over, and objects that crashes have left.
/// The first time limits::retention_first after its start.
retention_actor spawn_retention(caf::scheduled_actor* parent, doors_ptr doors, retention_rules rules);

/// TASK: entities of kind `task`, tasks that come alone. New ones get `defaults` where their spec is silent.
entity_kind task_kind(TaskDefaults defaults = {});

/// RUN: entities of kind `run`, executions of workflows; `defaults` as for a lone task, for steps that begin.
entity_kind run_kind(TaskDefaults defaults = {});

/// LEDGER: entities of kind `ledger`, what may be spent once.
entity_kind ledger_kind();

/// SCHEDULE: entities of kind `schedule`, which start runs again and again.
entity_kind schedule_kind();

/// WORKFLOW: entities of kind `workflow`, published names with all their revisions.
entity_kind workflow_kind();

/// What agents act with: filled before the node starts, then only read.
struct agent_parts {
  behavior_registry behaviors;
  toolbox tools;
  uint32_t default_slots = limits::agent_slots; ///< of an agent whose registration names none
  /// Whether whoever does the attempts of such an agent is there; if not, it is shown as offline and gets no tasks. Thread-safe;
  /// after a change the registry is told that the agent speaks (AgentSilent). Empty = everybody is.
  std::function<bool(const AgentCreationRequest& who)> is_there = {};
};

/// Ref of the agent with this id.
std::string agent_ref(const std::string& id);

/// AGENT: entities of kind `agent`.
entity_kind agent_kind(std::shared_ptr<const agent_parts> parts);

/// REGISTRY: reads the agents' rows of the store, then follows their changes.
agent_registry_actor spawn_agent_registry(caf::scheduled_actor* parent, doors_ptr doors,
                                          std::shared_ptr<const agent_parts> parts);

/// What a scheduler is told by the configuration.
struct scheduler_options {
  uint32_t default_slots = limits::agent_slots; ///< as in agent_parts
  task_rates rates;
  std::chrono::milliseconds heartbeat =
      limits::agent_heartbeat;                            ///< between two questions to an agent at work
  uint32_t heartbeats_missed = limits::heartbeats_missed; ///< one that leaves so many unanswered is silent
};

/// SCHEDULER: has the timers send all outbox rows again, and assigns from then on.
task_scheduler_actor spawn_task_scheduler(caf::scheduled_actor* parent, doors_ptr doors,
                                          scheduler_options options = {});

} // namespace troupe
