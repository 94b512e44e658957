// NODE TREE: the kinds, services and supervisors of a node, and what its control service gets of it.
// Invariant: whatever is started here is a child of somebody.

#include <troupe/net/api/desk.hpp>
#include <troupe/net/node/control_log.hpp>
#include <troupe/net/node/node_parts.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/version.hpp>

namespace troupe {

caf::error node::parts::refuse_work() const {
  if (auto lost = cluster ? cluster->trouble() : caf::error{})
    return lost;
  auto trouble = outside->disk->trouble();
  return trouble ? trouble : check_room(settings.node.data_directory);
}

std::vector<entity_kind> node::parts::kinds() const {
  auto agents = agent_kind(staff);
  agents.idle = std::chrono::seconds{settings.agents.idle_seconds};
  agents.most_awake = static_cast<size_t>(settings.agents.max_resident);
  auto defaults = defaults_of(settings);
  return {std::move(agents), task_kind(defaults), run_kind(defaults),
          ledger_kind(),     schedule_kind(),     workflow_kind()};
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
  auto core = supervisor_child(
      supervise("root/core", strategy::rest_for_one),
      {child("shard_host", services::shard_host,
             [=, this](caf::scheduled_actor* parent) {
               return as_actor(spawn_shard_host(parent, outside, kinds()));
             }),
       child("timers", services::timers,
             [=, this](caf::scheduled_actor* parent) { return as_actor(spawn_timers(parent, outside)); }),
       child("watchdog", services::watchdog,
             [=, this](caf::scheduled_actor* parent) { return spawn_watchdog(parent, watch_of(*outside)); }),
       child("retention", services::retention, [=, this](caf::scheduled_actor* parent) {
         return as_actor(spawn_retention(parent, outside, policies.retention));
       })});
  auto agents =
      supervisor_child(supervise("root/services/agents", strategy::one_for_one),
                       {child("registry", services::registry, [=, this](caf::scheduled_actor* parent) {
                         return as_actor(spawn_agent_registry(parent, outside, staff));
                       })});
  auto workflows =
      supervisor_child(supervise("root/services/workflows", strategy::one_for_one),
                       {child("scheduler", services::scheduler, [=, this](caf::scheduled_actor* parent) {
                         return as_actor(spawn_task_scheduler(parent, outside, policies.queue));
                       })});
  std::vector<child_spec> branches{std::move(agents), std::move(workflows)};
  if (backups)
    branches.push_back(child("backups", services::backups, [=, this](caf::scheduled_actor* parent) {
      return as_actor(spawn_backups(parent, outside, *backups));
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
