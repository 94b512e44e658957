// NODE TREE: the kinds, services and supervisors of a node, and what its control service gets of it.
// Invariant: whatever is started here is a child of somebody.

#include <troupe/actors/agent/pool_keeper.hpp>
#include <troupe/actors/workflow/goal.hpp>
#include <troupe/net/api/desk.hpp>
#include <troupe/net/node/control_log.hpp>
#include <troupe/net/node/node_parts.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/version.hpp>

namespace troupe {

caf::error node::parts::refuse_work() const {
  if (auto lost = cluster ? cluster->trouble() : caf::error{})
    return lost;
  for (auto& disk : {outside->disk, own()->disk})
    if (auto trouble = disk->trouble())
      return trouble;
  return check_room(settings.node.data_directory);
}

std::vector<entity_kind> node::parts::kinds(bool that_stay) const {
  auto agents = agent_kind(staff);
  agents.idle = std::chrono::seconds{settings.agents.idle_seconds};
  agents.most_awake = static_cast<size_t>(settings.agents.max_resident);
  auto defaults = defaults_of(settings);
  if (that_stay)
    return {std::move(agents)};
  std::vector<entity_kind> all{task_kind(defaults), run_kind(defaults), ledger_kind(), schedule_kind(),
                               workflow_kind(),     goal_kind()};
  if (!outside->own)
    all.insert(all.begin(), std::move(agents));
  return all;
}

void node::parts::plant_tree() {
  child_places places{outside->names.get(), &board};
  auto supervise = [&](std::string path, strategy how) {
    supervisor_options options;
    options.path = std::move(path);
    options.rules = rules_of(settings, how);
    options.seed = outside->ids->random();
    options.places = places;
    options.on_event = [log = outside->log, events = outside->meters.child_events](const ChildEvent& event) {
      events.with({event.path(), event.what()}).add();
      log.info(event.what(), {{"child", event.path()}, {"text", event.text()}});
    };
    return options;
  };
  auto child = [](std::string id, std::string_view ref_text,
                  std::function<caf::actor(caf::scheduled_actor*)> start) {
    child_spec spec;
    spec.id = std::move(id);
    spec.ref = ref_text;
    spec.start = std::move(start);
    return spec;
  };
  auto as_actor = [](const auto& handle) { return caf::actor_cast<caf::actor>(handle); };
  auto host = [=, this](std::string id, std::string_view ref_text, const doors_ptr& with, bool of_those_that_stay) {
    return child(std::move(id), ref_text, [=, this](caf::scheduled_actor* parent) {
      return as_actor(spawn_shard_host(parent, with, kinds(of_those_that_stay)));
    });
  };
  auto keep_house = [=, this](std::string id, std::string_view ref_text, const doors_ptr& with) {
    return child(std::move(id), ref_text, [=, this](caf::scheduled_actor* parent) {
      return as_actor(spawn_retention(parent, with, policies.retention));
    });
  };
  std::vector<child_spec> inner{host("shard_host", services::shard_host, outside, false),
                                child("timers", services::timers, [=, this](caf::scheduled_actor* parent) {
                                  return as_actor(spawn_timers(parent, outside));
                                })};
  if (tenure.leases)
    inner.push_back(child("tenure", {}, [this](caf::scheduled_actor* parent) {
      return cluster->spawn_tenure(parent);
    }));
  if (outside->own)
    inner.push_back(host("own_shard_host", services::own_shard_host, outside->own, true));
  inner.push_back(child("watchdog", services::watchdog, [=, this](caf::scheduled_actor* parent) {
    return spawn_watchdog(parent, watch_of(*outside));
  }));
  inner.push_back(keep_house("retention", services::retention, outside));
  if (outside->own)
    inner.push_back(keep_house("own_retention", {}, outside->own));
  auto core = supervisor_child(supervise("root/core", strategy::rest_for_one), std::move(inner));
  auto agents =
      supervisor_child(supervise("root/services/agents", strategy::one_for_one),
                       {child("registry", services::registry,
                              [=, this](caf::scheduled_actor* parent) {
                                return as_actor(spawn_agent_registry(parent, outside, staff));
                              }),
                        child("service_registry", services::service_registry,
                              [=, this](caf::scheduled_actor* parent) {
                                return as_actor(spawn_service_registry(parent, outside, registry_options()));
                              }),
                        child("pool_keeper", services::pool_keeper, [=, this](caf::scheduled_actor* parent) {
                          return as_actor(spawn_pool_keeper(parent, outside, staff, settings.node.name));
                        })});
  auto workflows =
      supervisor_child(supervise("root/services/workflows", strategy::one_for_one),
                       {child("scheduler", services::scheduler, [=, this](caf::scheduled_actor* parent) {
                         return as_actor(spawn_task_scheduler(parent, outside, policies.queue));
                       })});
  std::vector<child_spec> branches{std::move(agents), std::move(workflows)};
  if (backups)
    branches.push_back(child("backups", services::backups, [=, this](caf::scheduled_actor* parent) {
      return as_actor(spawn_backups(parent, own(), *backups));
    }));
  auto own_desk = desk_ref(settings.node.name);
  if (cluster) {
    branches.push_back(child("links", services::links, [=, this](caf::scheduled_actor* parent) {
      return as_actor(spawn_link_clock(parent, cluster->all()));
    }));
    branches.push_back(child("desk", own_desk, [=, this](caf::scheduled_actor* parent) {
      return as_actor(spawn_desk(parent, std::make_shared<const control_desk>(desk())));
    }));
  }
  if (policies.workers)
    branches.push_back(child("workers", {}, [=, this](caf::scheduled_actor* parent) {
      return as_actor(spawn_worker_clock(parent, workers));
    }));
  auto all = supervisor_child(supervise("root/services", strategy::one_for_one), std::move(branches));
  root =
      spawn_supervisor(*system, supervise("root", strategy::rest_for_one), {std::move(core), std::move(all)});
  outside->names->put(std::string{services::root}, as_actor(root));
  root->attach_functor([this](const caf::error& reason) {
    if (!stopping)
      given_up.set_value(reason ? reason : make_error(ec::internal, "the root of the tree ended"));
  });
}

service_registry_options node::parts::registry_options() const {
  service_registry_options options;
  options.node = settings.node.name;
  options.default_slots = staff->default_slots;
  if (cluster)
    options.reachable = [over = std::weak_ptr<links>{cluster->all()}](const std::string& other) {
      auto all = over.lock();
      return all && all->to(other);
    };
  return options;
}

control_hooks node::parts::hooks() const {
  control_hooks all;
  log_control(all, outside->log);
  all.refuse_work = [this] { return refuse_work(); };
  all.complete_status = [this](NodeStatus& status) {
    status.set_store_generation(outside->disk->generation());
    status.set_store_trouble(text_of(refuse_work()));
  };
  all.keys = keys;
  if (cluster) {
    all.members = [this] { return cluster->list(); };
    all.shards = [this] { return cluster->shards(); };
    all.drain = [this](bool drained) { return cluster->drain(drained); };
    all.why_not = [this](const std::string& name) { return cluster->why_not(name); };
  }
  if (policies.workers)
    all.workers = [this] { return workers->list(); };
  all.metrics = [meters = outside->meters] { return meters.all.render(); };
  return all;
}

control_desk node::parts::desk() const {
  return {outside,       hooks(), settings.node.name, program_version, started_ms, policies.retention,
          outside->hands};
}

} // namespace troupe
