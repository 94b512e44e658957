// A status is told whatever is broken; the rest of the node's methods ask one service each.
#define CAF_SUITE net.api.node_methods
#include "tests/support/served.hpp"
#include <troupe/net/api/asking.hpp>

CAF_TEST_FIXTURE_SCOPE(node_method_tests, troupe::desk_house)

using namespace troupe;

CAF_TEST(a status gathers the numbers of services and store) {
  play(std::string{services::registry}, [](const GetRegistryStats&) {
    RegistryStats stats;
    stats.set_agents(3);
    return stats;
  });
  play(std::string{services::scheduler}, [](const GetSchedulerStats&) {
    SchedulerStats stats;
    stats.set_queued(4);
    stats.set_running(2);
    return stats;
  });
  play(std::string{services::shard_host}, [](const ListQuarantined&) {
    QuarantineList list;
    list.add_entities();
    return list;
  });
  play(std::string{services::watchdog}, [](const GetStuck&) {
    StuckList list;
    list.add_actors()->set_path("root/hog");
    return list;
  });
  play("default/task/c", [](const Ping&) { return Done{}; });
  WorkSummary running, ended;
  ended.set_ended_ms(1);
  add_row(*rows, "default/run/a", index_table::runs, running);
  add_row(*rows, "default/run/b", index_table::runs, ended);
  add_row(*rows, "default/task/c", index_table::tasks, running);
  add_row(*rows, "default/run/b", index_table::dead_letters, DeadLetter{});
  desk.hooks.complete_status = [](NodeStatus& status) { status.set_store_generation(9); };
  auto status = answered(call<NodeStatus>(GetStatus{}));
  CAF_CHECK_EQUAL(status.node(), "n1");
  CAF_CHECK_EQUAL(status.version(), "0.1.0");
  CAF_CHECK_EQUAL(status.store(), rows->id());
  CAF_CHECK_EQUAL(status.started_ms(), 1'600'000'000'000);
  CAF_CHECK_EQUAL(status.now_ms(), time->now_ms());
  CAF_CHECK_EQUAL(status.entities_awake(), 1u);
  CAF_CHECK_EQUAL(status.agents(), 3u);
  CAF_CHECK_EQUAL(status.tasks_queued(), 4u);
  CAF_CHECK_EQUAL(status.tasks_running(), 2u);
  CAF_CHECK_EQUAL(status.runs_running(), 1u);
  CAF_CHECK_EQUAL(status.dead_letters(), 2u);
  CAF_CHECK_EQUAL(status.store_generation(), 9u);
  CAF_CHECK_EQUAL(status.silent_size(), 0);
  CAF_REQUIRE_EQUAL(status.stuck_size(), 1);
  CAF_CHECK_EQUAL(status.stuck(0).path(), "root/hog");
}

CAF_TEST(a status names the services that are silent or absent) {
  play(std::string{services::scheduler}, [](const GetSchedulerStats&) -> caf::result<SchedulerStats> {
    return caf::delegated<SchedulerStats>{}; // and never an answer
  });
  auto status = answered(call<NodeStatus>(GetStatus{}, true));
  CAF_REQUIRE_EQUAL(status.silent_size(), 4);
  CAF_CHECK_EQUAL(status.silent(0), "shard_host");
  CAF_CHECK_EQUAL(status.silent(1), "registry");
  CAF_CHECK_EQUAL(status.silent(2), "watchdog");
  CAF_CHECK_EQUAL(status.silent(3), "scheduler");
}

CAF_TEST(no agent is registered while no new work is taken) {
  play(std::string{services::registry}, [](const RegisterAgent&) { return AgentRecord{}; });
  auto full = true;
  desk.hooks.refuse_work = [&] { return full ? make_error(ec::disk_full, "no room") : caf::error{}; };
  CAF_CHECK_EQUAL(refused(call<AgentRecord>(RegisterAgent{})), ec::disk_full);
  full = false;
  answered(call<AgentRecord>(RegisterAgent{}));
}

CAF_TEST(a tree comes from the root and agents from the registry) {
  play("system/service/root", [](const GetTree& in) {
    TreeNode tree;
    tree.set_id(in.context().principal());
    return tree;
  });
  play(
      std::string{services::registry}, [](const ListAgents&) { return AgentList{}; },
      [](const UnregisterAgent& in) {
        AgentRecord record;
        record.set_id(in.id());
        return record;
      });
  auto tree = answered(call<TreeNode>(GetTree{}));
  CAF_CHECK_EQUAL(tree.id(), "ada");
  UnregisterAgent retire;
  retire.set_id("reviewer");
  auto record = answered(call<AgentRecord>(retire));
  CAF_CHECK_EQUAL(record.id(), "reviewer");
  CAF_CHECK_EQUAL(refused(call<AgentRecord>(GetAgent{})), ec::invalid_argument); // the stub does not know it
}

CAF_TEST(who does not answer in time and who ends are told apart) {
  play(std::string{services::registry},
       [](const ListAgents&) -> caf::result<AgentList> { return caf::delegated<AgentList>{}; });
  auto late = call<AgentList>(ListAgents{}, true);
  CAF_CHECK_EQUAL(refused(late), ec::timeout);
  CAF_CHECK_EQUAL(text_of(late.error()),
                  "system/service/registry did not answer in time; what it was told to do may still happen");
  auto root = play("system/service/root", [](const GetTree&) { return TreeNode{}; });
  caf::anon_send_exit(root, caf::exit_reason::kill);
  auto gone = call<TreeNode>(GetTree{});
  CAF_CHECK_EQUAL(refused(gone), ec::unavailable);
  CAF_CHECK_EQUAL(text_of(gone.error()), "system/service/root ended before it answered; repeat in a second");
}

CAF_TEST_FIXTURE_SCOPE_END()
