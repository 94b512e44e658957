// NODE PARTS: what a node is made of. For net/node/node*.cpp alone.
#pragma once

#include <atomic>
#include <future>
#include <troupe/actors/agent/supervisor.hpp>
#include <troupe/actors/agent/watchdog.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/cluster/available.hpp>
#include <troupe/net/cluster/service_registry.hpp>
#include <troupe/net/node/backup_plan.hpp>
#include <troupe/net/node/node.hpp>
#include <troupe/net/node/settings.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/net/worker/door.hpp>
#include <troupe/net/worker/worker_behavior.hpp>

namespace troupe {

/// What a node is made of.
struct node::parts {
  /// Nothing is opened or started yet.
  parts(config wanted, std::shared_ptr<const store_laboratory> tested)
      : settings{std::move(wanted)}, laboratory{std::move(tested)} {
    staff->tools = toolbox{std::chrono::seconds{settings.tool_ecosystem.max_tool_timeout_seconds}};
    staff->default_slots = static_cast<uint32_t>(settings.agents.max_concurrent);
    add_worker_parts(*staff, workers);
  }

  system_clock time; // this and the board are read by whatever is below, to its end
  activity_board board;
  config settings;
  std::shared_ptr<const store_laboratory> laboratory;
  node_policies policies;
  std::shared_ptr<agent_parts> staff = std::make_shared<agent_parts>();
  std::shared_ptr<worker_desk> workers = std::make_shared<worker_desk>();
  doors_ptr outside;
  std::shared_ptr<seal_keeper> keys;     // null = the store is plain
  std::shared_ptr<seal_keeper> own_keys; // of the store that stays with the node
  std::optional<backup_plan> backups;
  std::unique_ptr<caf::actor_system_config> actors;
  std::unique_ptr<caf::actor_system> system;
  tenure_parts tenure;                 // without leases its shards do not move
  std::unique_ptr<membership> cluster; // null = it is alone
  std::unique_ptr<worker_door> door;   // null = no workers come in
  supervisor_actor root;
  std::unique_ptr<control_server> control;
  int64_t started_ms = 0;
  std::promise<caf::error> given_up; // fulfilled when the root ends, while it is not being stopped
  std::shared_future<caf::error> end = given_up.get_future().share();
  std::atomic<bool> stopping = false;

  /// Opens the doors, joins the cluster, plants the tree and hires. Errors: those of each.
  caf::error start();
  /// Log, store, journal. Errors: those of open_log() and open_storage().
  caf::error open_doors();
  /// Joins the cluster, as configured. Errors: those of open_etcd(), join_cluster() and join_available_cluster().
  caf::error join();
  /// Has others take the shards of this node, and waits until they have them, at most limits::hand_over_patience.
  void hand_over();
  /// The doors of agents.
  const doors_ptr& own() const {
    return outside->own ? outside->own : outside;
  }
  /// Why no new work is taken; no error if it is.
  caf::error refuse_work() const;
  /// Spawns the root and all below it.
  void plant_tree();
  /// Kinds of entities of a shard host, as configured: those that stay with the node, or the others; the others are all if it has no
  /// store of its own.
  std::vector<entity_kind> kinds(bool that_stay) const;
  /// What the service registry gets of the node.
  service_registry_options registry_options() const;
  /// What the control service and the desk of a member get of the node, which outlives them.
  control_hooks hooks() const;
  control_desk desk() const;
  /// Registers an agent for each behavior that has none. Errors: those of the registry.
  caf::error hire_all();
  /// Opens the door for workers, as configured. Errors: those of open_worker_door().
  caf::error let_workers_in();

  /// Asks a ref from a thread that is no actor's, and waits.
  template <class Reply, proto_message M>
  caf::expected<Reply> ask(const std::string& name, M message, std::chrono::milliseconds patience) const {
    if (!system)
      return make_error(ec::unavailable, "the node has not been started");
    auto answer = std::make_shared<std::promise<caf::expected<Reply>>>();
    auto future = answer->get_future();
    system->spawn([=, names = outside->names](caf::event_based_actor* self) {
      house_rules(self);
      troupe::ask<Reply>(self, *names, name, patience, message)
          .then([=](const Reply& reply) { answer->set_value(reply); },
                [=](const caf::error& reason) { answer->set_value(reason); });
    });
    return future.get();
  }
};

} // namespace troupe
