// SETTINGS: a configuration -> what the parts of a node are told.

#include <fmt/format.h>
#include <thread>
#include <troupe/net/node/settings.hpp>
#include <troupe/persistence/key_source.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

config from_command_line(int argc, char** argv) {
  config settings;
  for (int i = 1; i + 1 < argc; ++i)
    if (std::string_view{argv[i]} == "--data")
      settings.node.data_directory = argv[i + 1];
  settings.node.log_level = "warning";
  return settings;
}

std::unique_ptr<caf::actor_system_config> actors_of(const config& settings) {
  auto made = std::make_unique<caf::actor_system_config>();
  add_messages(*made);
  auto threads = settings.node.threads > 0 ? static_cast<size_t>(settings.node.threads)
                                           : std::max<size_t>(2, std::thread::hardware_concurrency());
  set_scheduler(*made, threads);
  return made;
}

restart_rules rules_of(const config& settings, strategy how) {
  restart_rules rules;
  rules.how = how;
  rules.intensity = static_cast<unsigned>(settings.supervision.max_restarts);
  rules.period = std::chrono::seconds{settings.supervision.period_seconds};
  rules.pause.first = std::chrono::milliseconds{settings.supervision.backoff_first_ms};
  rules.pause.longest = std::chrono::milliseconds{settings.supervision.backoff_longest_ms};
  return rules;
}

TaskDefaults defaults_of(const config& settings) {
  TaskDefaults defaults;
  auto& retry = *defaults.mutable_retry();
  retry.set_max_retries(static_cast<uint32_t>(settings.tasks.max_retries));
  retry.set_no_retry(settings.tasks.max_retries == 0);
  retry.set_initial_delay_ms(settings.tasks.initial_delay_ms);
  retry.set_backoff_multiplier(settings.tasks.backoff_multiplier);
  defaults.set_timeout_ms(settings.tasks.timeout_ms);
  return defaults;
}

AgentCreationRequest agent_of(const manifest& who) {
  AgentCreationRequest agent;
  agent.set_id(who.name());
  agent.set_name(who.name());
  agent.set_description(who.description());
  agent.set_behavior(who.name());
  agent.set_behavior_version(who.version());
  for (auto& capability : who.capabilities())
    agent.add_capabilities(capability);
  agent.mutable_config()->set_max_concurrent(who.max_concurrent());
  return agent;
}

watchdog_options watch_of(const doors& outside) {
  watchdog_options options;
  options.board = outside.board;
  options.report = [log = outside.log, reports = outside.meters.watchdog_reports](const StuckActor& stuck) {
    reports.with({stuck.why()}).add();
    log.warning("an actor makes no progress", {{"who", to_log_text(stuck)}});
  };
  return options;
}

caf::expected<logger> open_log(const config& settings, const clock& time, const node_metrics& meters) {
  std::unique_ptr<log_sink> sink = stderr_sink();
  if (!settings.node.log_file.empty()) {
    auto file = file_sink(settings.node.log_file);
    if (!file)
      return std::move(file.error());
    sink = std::move(*file);
  }
  auto level = parse_log_level(settings.node.log_level);
  if (!level)
    return std::move(level.error());
  return logger{std::move(sink), *level, time, meters};
}

namespace {

bool says(const std::string& text) {
  return text.find_first_not_of(" \t") != std::string::npos;
}

} // namespace

caf::expected<std::optional<etcd_options>> plan_leases(const config& settings) {
  auto refuse = [](std::string why) { return make_error(ec::invalid_argument, std::move(why)); };
  auto& said = settings.cluster;
  auto shares = says(settings.store.postgres), has_members = says(said.members);
  if (!says(said.etcd)) {
    for (auto [key, value] : {std::pair{"etcd_authority", &said.etcd_authority},
                              {"etcd_user", &said.etcd_user},
                              {"etcd_password_file", &said.etcd_password_file}})
      if (says(*value))
        return refuse(fmt::format("[cluster] {} is set and etcd is not: set etcd, or remove it", key));
    auto members = parse_cluster_members(said.members);
    if (shares && members && members->size() > 1)
      return refuse("[cluster] has several members, [store] postgres is set, and [cluster] etcd is not: members "
                    "that share their rows need etcd to take shards over; set it, or remove [store] postgres");
    return std::optional<etcd_options>{};
  }
  if (!shares)
    return refuse("[cluster] etcd is set and [store] postgres is not: members that take over for each other share "
                  "their rows; set [store] postgres, or remove etcd");
  if (!has_members)
    return refuse("[cluster] etcd is set and members is not: name all members, this node too, or remove etcd");
  if (says(said.founders))
    return refuse("[cluster] has etcd and founders: shards go to members that live, whoever has founded the "
                  "cluster; remove founders");
  if (says(said.etcd_user) != says(said.etcd_password_file))
    return refuse("[cluster] has one of etcd_user and etcd_password_file: set both, or none");
  etcd_options options;
  options.endpoints = said.etcd;
  options.authority = said.etcd_authority;
  options.user = said.etcd_user;
  options.cluster = said.id;
  if (says(said.etcd_password_file)) {
    auto password = password_from_file(said.etcd_password_file);
    if (!password)
      return refuse("[cluster] etcd_password_file: " + text_of(password.error()));
    options.password = std::move(*password);
  }
  return std::optional{std::move(options)};
}

caf::expected<node_policies> policies_of(const config& settings) {
  auto retention = retention_of(settings);
  if (!retention)
    return retention.error();
  auto rates = parse_task_rates(settings.queue.rates);
  if (!rates)
    return make_error(ec::invalid_argument, "[queue] rates: " + text_of(rates.error()));
  auto cluster = plan_cluster(settings);
  if (!cluster)
    return cluster.error();
  auto leases = plan_leases(settings);
  if (!leases)
    return leases.error();
  auto workers = plan_workers(settings);
  if (!workers)
    return workers.error();
  node_policies result;
  result.leases = std::move(*leases);
  result.workers = std::move(*workers);
  result.cluster = std::move(*cluster);
  result.retention = std::move(*retention);
  result.queue.default_slots = static_cast<uint32_t>(settings.agents.max_concurrent);
  result.queue.rates = std::move(*rates);
  result.queue.heartbeat = std::chrono::seconds{settings.queue.heartbeat_seconds};
  result.queue.heartbeats_missed = static_cast<uint32_t>(settings.queue.heartbeats_missed);
  return result;
}

} // namespace troupe
