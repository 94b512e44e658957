// NODE METHODS: status, tree, agents, log level, metrics.
// Invariant: every path replies exactly once.

#include <algorithm>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {
namespace {

const std::string registry{services::registry};
const std::string root = "system/service/root";

// Asks a service for its part of a status, and tells when it has come or will not come.
template <class Question, class Answer, class Use>
void ask_part(const control_call& call, std::string_view service, const std::shared_ptr<NodeStatus>& status,
              const std::function<void()>& arrived, Use use) {
  reply_to<Answer> reply = [=](const caf::expected<Answer>& answer) {
    if (answer)
      use(*answer);
    else
      status->add_silent(std::string{service.substr(service.rfind('/') + 1)});
    arrived();
  };
  ask_for(call, std::string{service}, Question{}, std::move(reply));
}

caf::error of_no_cluster() {
  return make_error(ec::unavailable, "this node is of no cluster: its configuration names no members");
}

} // namespace

caf::error explained(const caf::error& failed, const std::string& asked) {
  if (failed == caf::sec::request_timeout)
    return make_error(ec::timeout,
                      asked + " did not answer in time; what it was told to do may still happen");
  if (failed == caf::sec::request_receiver_down)
    return make_error(ec::unavailable, asked + " ended before it answered; repeat in a second");
  return failed;
}

void serve(const control_call& call, const GetStatus&, reply_to<NodeStatus> reply) {
  auto status = std::make_shared<NodeStatus>();
  status->set_node(call.desk->node);
  status->set_version(call.desk->version);
  status->set_store(call.desk->outside->rows->id());
  status->set_started_ms(call.desk->started_ms);
  status->set_now_ms(call.desk->outside->time->now_ms());
  auto awake = call.desk->outside->names->awake();
  status->set_entities_awake(static_cast<uint64_t>(std::count_if(
      awake.begin(), awake.end(), [](auto& name) { return !name.starts_with("system/service/"); })));
  status->set_notes_dropped(call.desk->outside->names->dropped());
  // Of a store that is shared, each node counts what is of its shards.
  auto is_ours = [outside = call.desk->outside](const std::string& name) {
    return !outside->own || !outside->names->is_elsewhere(name);
  };
  auto count = [=](index_table table, std::string_view row) {
    WorkSummary work;
    DeadLetter letter;
    if (table == index_table::dead_letters) {
      if (letter.ParseFromArray(row.data(), static_cast<int>(row.size())) && is_ours(letter.owner()))
        status->set_dead_letters(status->dead_letters() + 1);
    } else if (work.ParseFromArray(row.data(), static_cast<int>(row.size())) && work.ended_ms() == 0 &&
               is_ours(work.ref())) {
      status->set_runs_running(status->runs_running() + 1);
    }
  };
  auto walk = [=, outside = call.desk->outside, complete = call.desk->hooks.complete_status] {
    walk_index(call.self, outside, {index_table::runs, index_table::dead_letters}, count,
               [=](caf::error failed) {
                 if (failed)
                   return reply(std::move(failed));
                 if (complete)
                   complete(*status);
                 reply(std::move(*status));
               });
  };
  auto keeps_backups = static_cast<bool>(call.desk->outside->names->find(std::string{services::backups}));
  auto has_own = static_cast<bool>(call.desk->outside->own);
  auto open = std::make_shared<int>(4 + keeps_backups + has_own); // answers still awaited
  auto arrived = [=] {
    if (--*open == 0)
      walk();
  };
  auto quick = call; // a silent service costs its numbers, not the whole status
  quick.patience = call.patience / 2;
  if (keeps_backups)
    ask_part<GetBackupStatus, BackupStatus>(quick, services::backups, status, arrived,
                                            [=](auto& backup) { *status->mutable_backup() = backup; });
  auto add_set_aside = [=](auto& list) {
    status->set_dead_letters(status->dead_letters() + static_cast<uint64_t>(list.entities_size()));
  };
  ask_part<ListQuarantined, QuarantineList>(quick, services::shard_host, status, arrived, add_set_aside);
  if (has_own)
    ask_part<ListQuarantined, QuarantineList>(quick, services::own_shard_host, status, arrived,
                                              add_set_aside);
  ask_part<GetRegistryStats, RegistryStats>(quick, services::registry, status, arrived,
                                            [=](auto& stats) { status->set_agents(stats.agents()); });
  ask_part<GetStuck, StuckList>(quick, services::watchdog, status, arrived,
                                [=](auto& list) { *status->mutable_stuck() = list.actors(); });
  ask_part<GetSchedulerStats, SchedulerStats>(quick, services::scheduler, status, arrived, [=](auto& stats) {
    status->set_tasks_queued(stats.queued());
    status->set_tasks_running(stats.running());
  });
}

void serve(const control_call& call, const GetTree& in, reply_to<TreeNode> reply) {
  ask_for(call, root, in, std::move(reply));
}

void serve(const control_call& call, const ListAgents& in, reply_to<AgentList> reply) {
  ask_for(call, registry, in, std::move(reply));
}

void serve(const control_call& call, const GetAgent& in, reply_to<AgentRecord> reply) {
  ask_for(call, registry, in, std::move(reply));
}

void serve(const control_call& call, const RegisterAgent& in, reply_to<AgentRecord> reply) {
  if (auto refused = call.desk->hooks.refuse_work ? call.desk->hooks.refuse_work() : caf::error{})
    return reply(std::move(refused));
  ask_for(call, registry, in, std::move(reply));
}

void serve(const control_call& call, const UnregisterAgent& in, reply_to<AgentRecord> reply) {
  ask_for(call, registry, in, std::move(reply));
}

void serve(const control_call& call, const SetLogLevel& in, reply_to<Done> reply) {
  if (!call.desk->hooks.set_log_level)
    return reply(make_error(ec::unavailable, "this node has no log to set"));
  if (auto failed = call.desk->hooks.set_log_level(in.level()))
    return reply(std::move(failed));
  reply(Done{});
}

void serve(const control_call& call, const GetMetrics&, reply_to<MetricsText> reply) {
  if (!call.desk->hooks.metrics)
    return reply(make_error(ec::unavailable, "this node keeps no metrics"));
  MetricsText text;
  text.set_text(call.desk->hooks.metrics());
  reply(std::move(text));
}

void serve(const control_call& call, const ListMembers&, reply_to<MemberList> reply) {
  if (!call.desk->hooks.members)
    return reply(of_no_cluster());
  reply(call.desk->hooks.members());
}

void serve(const control_call& call, const ListShards&, reply_to<ShardList> reply) {
  if (!call.desk->hooks.shards)
    return reply(of_no_cluster());
  reply(call.desk->hooks.shards());
}

void serve(const control_call& call, const AskWhyNot& in, reply_to<Reachability> reply) {
  if (!call.desk->hooks.why_not)
    return reply(of_no_cluster());
  reply(call.desk->hooks.why_not(in.ref()));
}

void serve(const control_call& call, const DrainMember& in, reply_to<Done> reply) {
  if (!call.desk->hooks.drain)
    return reply(of_no_cluster());
  if (in.node() != call.desk->node)
    return reply(make_error(ec::invalid_argument, "this is node " + call.desk->node + ", not " + in.node()));
  if (auto failed = call.desk->hooks.drain(in.drain()))
    return reply(std::move(failed));
  reply(Done{});
}

void serve(const control_call& call, const ListWorkers&, reply_to<WorkerList> reply) {
  if (!call.desk->hooks.workers)
    return reply(make_error(ec::unavailable, "this node has no door for workers: see [worker_api] address"));
  reply(call.desk->hooks.workers());
}

} // namespace troupe
