// NODE: the composition root. Wires doors, kinds and services, and supervises them.
// Order of life: store, journal, threads, actor system, lease, links, tree, agents, control socket; the end is the reverse, once others
// have its shards.

#include <cstdio>
#include <thread>
#include <troupe/net/api/work_index.hpp>
#include <troupe/net/node/node_parts.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/runtime/hand_over_limits.hpp>
#include <troupe/runtime/version.hpp>

namespace troupe {

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
  if (policies.leases) {
    tenure.epochs = std::make_shared<shard_epochs>();
    tenure.inbox = std::make_shared<tenure_inbox>();
    options.sharing = journal_sharing{tenure.epochs, settings.node.name,
                                      [inbox = tenure.inbox](uint8_t shard) { inbox->deposed(shard); }};
  }
  auto kept = open_storage(settings, log, clock_door, meters, std::move(options));
  if (!kept)
    return kept.error();
  keys = std::move(kept->keys);
  backups = plan_backups(settings, kept->own ? *kept->own : *kept, clock_door);
  doors all{clock_door, kept->rows, std::move(kept->disk), std::move(names),
            std::make_shared<id_source>(random_seed()), start_workers(0), log, meters, &board, kept->objects};
  if (kept->own) {
    auto own = std::make_shared<doors>(all);
    own->rows = kept->own->rows;
    own->disk = kept->own->disk;
    own->objects = kept->own->objects;
    own_keys = kept->own->keys;
    all.own = std::move(own);
  }
  outside = std::make_shared<doors>(std::move(all));
  return {};
}

caf::error node::parts::join() {
  if (!policies.cluster)
    return {};
  auto incarnation = static_cast<uint64_t>(started_ms);
  if (policies.leases) {
    auto leases = open_etcd(*policies.leases);
    if (!leases)
      return std::move(leases.error());
    tenure.leases = std::move(*leases);
  }
  auto joined = tenure.leases ? join_available_cluster(*policies.cluster, tenure, *system, outside, incarnation)
                              : join_cluster(*policies.cluster, *system, outside, incarnation);
  if (!joined)
    return std::move(joined.error());
  cluster = std::move(*joined);
  return {};
}

// Somebody has to be there who takes them, and knows who lives.
void node::parts::hand_over() {
  if (!tenure.leases || !cluster || cluster->trouble())
    return;
  auto anybody = false, any_left = true;
  auto look = [&] {
    anybody = any_left = false;
    auto now = cluster->shards();
    for (auto& one : now.owners()) {
      auto is_here = one.node() == settings.node.name;
      any_left |= is_here && one.shards() > 0;
      anybody |= !is_here && (one.state() == "reachable" || one.state() == "unreachable"); // it has a lease
    }
  };
  look();
  if (!anybody)
    return;
  tenure.leases->announce({static_cast<uint64_t>(started_ms), true});
  for (auto looks = limits::hand_over_patience / limits::hand_over_look; any_left && anybody && looks > 0; --looks) {
    std::this_thread::sleep_for(limits::hand_over_look);
    look();
  }
  outside->log.info(any_left ? "others have not taken all shards in time" : "others have all shards");
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
  if (auto refused = join()) {
    tenure.leases.reset();
    system.reset();
    return refused;
  }
  plant_tree();
  caf::scoped_actor asker{*system};
  caf::error failed;
  asker->request(root, limits::door_timeout, AwaitStart{})
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
  p.hand_over();
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
  if (p.tenure.leases)
    p.tenure.leases->leave(); // nobody of this node writes any more
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
  options.version = program_version;
  options.most_calls = static_cast<size_t>(p.settings.system.max_concurrent_requests);
  options.started_ms = p.started_ms;
  options.retention = p.policies.retention;
  options.hooks = p.hooks();
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
  auto name = "default/task/" + own_id(*p.outside, default_tenant, "task");
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
