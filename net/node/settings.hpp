// SETTINGS: what a configuration means to the parts of a node.
#pragma once

#include <troupe/actors/agent/restart.hpp>
#include <troupe/actors/agent/watchdog.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/net/cluster/membership.hpp>
#include <troupe/net/etcd/etcd_coordinator.hpp>
#include <troupe/net/worker/plan.hpp>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

/// The configuration of an embedding program: `--data DIR` of its command line, everything else by default, quiet.
config from_command_line(int argc, char** argv);

/// Its actor system: messages, and as many threads as it says.
std::unique_ptr<caf::actor_system_config> actors_of(const config& settings);

/// How its supervisors restart their children.
restart_rules rules_of(const config& settings, strategy how);

/// How its tasks are tried when nobody says otherwise.
TaskDefaults defaults_of(const config& settings);

/// The agent that is registered at start for a behavior.
AgentCreationRequest agent_of(const manifest& who);

/// How its watchdog looks at its actors, and what it does about what it sees.
watchdog_options watch_of(const doors& outside);

/// What is written in small languages.
struct node_policies {
  retention_rules retention;           ///< how long what has ended is kept
  scheduler_options queue;             ///< how waiting tasks are given to agents
  std::optional<cluster_plan> cluster; ///< nothing = it is alone
  std::optional<etcd_options> leases;  ///< nothing = its cluster, if it has one, keeps to the map of its creation
  std::optional<worker_plan> workers;  ///< nothing = it does not listen for them
};

/// Where its log lines go, and from which level on. Errors: ec::invalid_argument, and those of file_sink().
caf::expected<logger> open_log(const config& settings, const clock& time, const node_metrics& meters);

/// How members find out who lives and who may own what, if they share a store. Error: ec::invalid_argument, which keys contradict each other
/// or are missing, and what to do.
caf::expected<std::optional<etcd_options>> plan_leases(const config& settings);

/// Reads them. Error: ec::invalid_argument, what is wrong with which of them.
caf::expected<node_policies> policies_of(const config& settings);

} // namespace troupe
