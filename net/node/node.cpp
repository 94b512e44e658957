// NODE: the composition root. Wires doors, kinds and services, and supervises them.
// Order of life: store, journal, threads, actor system, tree, agents, control socket; the end is the reverse.

#include <atomic>
#include <cstdio>
#include <future>
#include <troupe/actors/agent/supervisor.hpp>
#include <troupe/actors/agent/watchdog.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/node/backup_plan.hpp>
#include <troupe/net/node/control_log.hpp>
#include <troupe/net/node/node.hpp>
#include <troupe/net/node/settings.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/net/worker/door.hpp>
#include <troupe/net/worker/worker_behavior.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/version.hpp>

namespace troupe {

struct node::parts {
  parts(config wanted, std::shared_ptr<const store_laboratory> tested)
      : settings{std::move(wanted)}, laboratory{std::move(tested)} {
    staff->tools = toolbox{std::chrono::seconds{settings.tool_ecosystem.max_tool_timeout_seconds}};
    staff->default_slots = static_cast<uint32_t>(settings.agents.max_concurrent);
    add_worker_parts(*staff, workers);
  }

  config settings;
  std::shared_ptr<const store_laboratory> laboratory;
  node_policies policies;
  std::shared_ptr<agent_parts> staff = std::make_shared<agent_parts>();
  std::shared_ptr<worker_desk> workers = std::make_shared<worker_desk>();
  system_clock time;
  activity_board board;
  doors_ptr outside;
  std::shared_ptr<seal_keeper> keys; // null = the store is plain
  std::optional<backup_plan> backups;
  std::unique_ptr<caf::actor_system_config> actors;
  std::unique_ptr<caf::actor_system> system;
  std::unique_ptr<membership> cluster; // null = it is alone
  std::unique_ptr<worker_door> door;   // null = no workers come in
  supervisor_actor root;
  std::unique_ptr<control_server> control;
  int64_t started_ms = 0;
  std::promise<caf::error> given_up; // fulfilled when the root ends, while it is not being stopped
  std::shared_future<caf::error> end = given_up.get_future().share();
  std::atomic<bool> stopping = false;

  caf::error start();
  caf::error open_doors();
  caf::error refuse_work() const;
  void plant_tree();
  std::vector<entity_kind> kinds() const;
  caf::error hire_all();
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

caf::error node::parts::open_doors() {
  auto read = policies_of(settings);
  if (!read)
    return read.error();
  policies = std::move(*read);
  node_metrics meters;
  auto opened = open_log(settings, time, meters);
  if (!opened)
    return opened.error();
  auto& log = *opened;
  auto clock_door =
      std::shared_ptr<const clock>{std::shared_ptr<const clock>{}, &time}; // ours; outlives every actor
  auto names = std::make_shared<directory>(meters);
  storage_options options;
  options.on_trouble = [log, names](const caf::error& trouble) {
    if (trouble)
      return log.error("the store accepts no writes", {{"reason", describe(trouble)}});
    log.info("the store accepts writes again");
    names->tell(std::string{services::timers}, Redeliver{}); // what was refused is due now, not in minutes
  };
  options.laboratory = laboratory;
  auto kept = open_storage(settings, log, clock_door, meters, std::move(options));
  if (!kept)
    return kept.error();
  keys = std::move(kept->keys);
  backups = plan_backups(settings, *kept, clock_door);
  outside = std::make_shared<doors>(doors{clock_door, kept->rows, std::move(kept->disk), std::move(names),
                                          std::make_shared<id_source>(random_seed()), start_workers(0), log,
                                          meters, &board, kept->objects});
  return {};
}

caf::error node::parts::refuse_work() const {
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
  if (cluster)
    branches.push_back(child("links", services::links, [=, this](caf::scheduled_actor* parent) {
      return as_actor(spawn_link_clock(parent, cluster->all()));
    }));
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

caf::error node::parts::hire_all() {
  for (auto& who : staff->behaviors.all()) {
    if (who.name() == worker_behavior) // these come by themselves
      continue;
    GetAgent known;
    known.set_id(who.name());
    if (ask<AgentRecord>(std::string{services::registry}, known, limits::door_timeout) ||
        ask<AgentRecord>(agent_ref(who.name()), known, limits::door_timeout)) // it was retired
      continue;
    RegisterAgent hire;
    *hire.mutable_request() = agent_of(who);
    auto hired = ask<AgentRecord>(std::string{services::registry}, hire, limits::door_timeout);
    if (!hired &&
        code_of(hired.error()) != ec::shredded) // without it, the other tenants are served all the same
      return hired.error();
  }
  return {};
}

caf::error node::parts::let_workers_in() {
  auto tokens = control_tokens(settings.node.data_directory);
  auto opened =
      open_worker_door(*policies.workers, tokens, workers, {system.get(), outside, settings.node.name});
  if (!opened)
    return opened.error();
  door = std::move(*opened);
  return {};
}

caf::error node::parts::start() {
  if (system)
    return {};
  if (auto failed = open_doors())
    return failed;
  started_ms = time.now_ms();
  actors = actors_of(settings);
  system = std::make_unique<caf::actor_system>(*actors);
  if (policies.cluster) {
    auto joined = join_cluster(*policies.cluster, *system, outside, static_cast<uint64_t>(started_ms));
    if (!joined) {
      system.reset();
      return joined.error();
    }
    cluster = std::move(*joined);
  }
  plant_tree();
  caf::scoped_actor door{*system};
  caf::error failed;
  door->request(root, limits::door_timeout, AwaitStart{})
      .receive([](const Done&) {}, [&](const caf::error& reason) { failed = reason; });
  if (!failed)
    failed = hire_all();
  if (!failed && policies.workers)
    failed = let_workers_in();
  if (failed && end.wait_for(std::chrono::seconds{0}) == std::future_status::ready)
    return end.get(); // it says why nobody answered
  return failed;
}

node::node(int argc, char** argv) : node{from_command_line(argc, argv)} {}

node::node(config settings, std::shared_ptr<const store_laboratory> laboratory)
    : parts_{std::make_unique<parts>(std::move(settings), std::move(laboratory))} {}

node::~node() {
  auto& p = *parts_;
  p.stopping = true;
  if (p.control)
    p.control->stop();
  p.control.reset();
  p.door.reset();
  p.cluster.reset();
  if (p.system) {
    caf::scoped_actor door{*p.system};
    door->request(p.root, limits::door_timeout, StopTree{})
        .receive([](const Done&) {}, [](const caf::error&) {});
    p.outside->names->erase(std::string{services::root}, {}, make_error(ec::unavailable, "the node stops"));
    p.root = nullptr;
    for (auto& name : p.outside->names->awake()) // entities whose host is gone
      caf::anon_send_exit(p.outside->names->find(name), caf::exit_reason::kill);
  }
  p.system.reset();
}

behavior_registry& node::behaviors() {
  return parts_->staff->behaviors;
}

toolbox& node::tools() {
  return parts_->staff->tools;
}

const config& node::settings() const {
  return parts_->settings;
}

caf::error node::start() {
  return parts_->start();
}

const std::shared_future<caf::error>& node::end() const {
  return parts_->end;
}

int node::worker_port() const {
  return parts_->door ? parts_->door->port() : 0;
}

const doors_ptr& node::outside() const {
  return parts_->outside;
}

caf::error node::listen() {
  auto& p = *parts_;
  if (auto failed = p.start())
    return failed;
  control_options options;
  options.system = p.system.get();
  options.outside = p.outside;
  auto& data = p.settings.node.data_directory;
  options.socket =
      p.settings.node.control_socket.empty() ? control_socket(data) : p.settings.node.control_socket;
  options.tokens = control_tokens(data);
  options.node = p.settings.node.name;
  options.version = version;
  options.most_calls = static_cast<size_t>(p.settings.system.max_concurrent_requests);
  options.started_ms = p.started_ms;
  options.retention = p.policies.retention;
  log_control(options.hooks, p.outside->log);
  options.hooks.refuse_work = [&p] { return p.refuse_work(); };
  options.hooks.complete_status = [&p](NodeStatus& status) {
    status.set_store_generation(p.outside->disk->generation());
    status.set_store_trouble(text_of(p.refuse_work()));
  };
  options.hooks.keys = p.keys;
  if (p.cluster)
    options.hooks.members = [&p] { return p.cluster->list(); };
  if (p.door)
    options.hooks.workers = [&p] { return p.workers->list(); };
  options.hooks.metrics = [meters = p.outside->meters] { return meters.all.render(); };
  auto control = start_control(std::move(options));
  if (!control)
    return control.error();
  p.control = std::move(*control);
  return {};
}

caf::expected<Result> node::run(const std::string& capability, const std::string& text,
                                std::chrono::milliseconds patience) {
  auto& p = *parts_;
  if (auto failed = p.start())
    return failed;
  CreateTask create;
  create.mutable_spec()->add_required(capability);
  create.mutable_spec()->set_title(capability);
  auto* input = create.mutable_spec()->add_inputs();
  input->set_name("text");
  input->set_value(text);
  auto name = "default/task/" + p.outside->ids->next(p.time.now_ms());
  auto accepted = p.ask<TaskAccepted>(name, create, limits::door_timeout);
  if (!accepted)
    return accepted.error();
  auto ended = p.ask<TaskDescription>(name, AwaitTask{}, patience);
  if (!ended)
    return ended.error();
  Result result{std::make_shared<const Outcome>(ended->state().outcome())};
  if (!result.ok())
    return result.error();
  return result;
}

caf::expected<std::string> node::start_run(const std::string& id, const WorkflowDefinition& definition,
                                           const std::vector<argument>& inputs) {
  auto& p = *parts_;
  if (auto failed = p.start())
    return failed;
  StartWorkflow start;
  *start.mutable_definition() = definition;
  for (auto& one : inputs) {
    auto* field = start.add_inputs();
    field->set_name(one.name);
    field->set_value(one.text);
  }
  auto accepted = p.ask<WorkflowAccepted>("default/run/" + id, start, limits::door_timeout);
  if (!accepted)
    return accepted.error();
  return accepted->run();
}

caf::expected<RunState> node::describe_run(const std::string& ref) const {
  auto answer = parts_->ask<RunDescription>(ref, GetRun{}, limits::door_timeout);
  if (!answer)
    return answer.error();
  return answer->state();
}

caf::expected<RunState> node::await_run(const std::string& ref, std::chrono::milliseconds patience) {
  auto answer = parts_->ask<RunDescription>(ref, AwaitRun{}, patience);
  if (!answer)
    return answer.error();
  return answer->state();
}

int node::complain(const caf::error& reason) const {
  std::fprintf(stderr, "error: %s\n", describe(reason).c_str());
  return info(code_of(reason)).exit_code;
}

} // namespace troupe
