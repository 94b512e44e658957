// The node, its tree and its agents as people see them.
#define CAF_SUITE net.node.node_views
#include <caf/test/unit_test.hpp>
#include <cstdlib>
#include <ctime>
#include <troupe/net/node/views.hpp>

using namespace troupe;

namespace {

constexpr int64_t now = 1'700'000'000'000; // 2023-11-14 22:13:20 UTC
constexpr text_look plain{.colour = false, .now_ms = now};

struct utc {
  utc() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

AgentRecord reviewer() {
  AgentRecord agent;
  agent.set_id("reviewer");
  agent.set_status(AGENT_BUSY);
  agent.mutable_request()->set_behavior("review");
  agent.mutable_request()->set_behavior_version("1.0.0");
  agent.mutable_request()->add_capabilities("code.review");
  agent.mutable_request()->add_capabilities("code.read");
  agent.mutable_metadata()->set_completed(3);
  agent.mutable_metadata()->set_failed(1);
  agent.mutable_metadata()->set_success_rate(0.75);
  agent.mutable_metadata()->set_average_response_ms(2500);
  agent.mutable_metadata()->set_last_active_ms(now - 1000);
  return agent;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(node_view_tests, utc)

CAF_TEST(a status in good health is short and a poor one says what to look at) {
  NodeStatus status;
  status.set_node("n1");
  status.set_version("0.1.0");
  status.set_store("S");
  status.set_store_generation(2);
  status.set_started_ms(now - 125'000);
  status.set_now_ms(now);
  status.set_agents(3);
  status.set_tasks_running(2);
  status.set_tasks_queued(4);
  status.set_runs_running(1);
  status.set_entities_awake(7);
  CAF_CHECK_EQUAL(show(status, plain), "node      n1, troupe 0.1.0\n"
                                       "up        2 min 5 s, since 22:11:15\n"
                                       "store     S, generation 2\n"
                                       "agents    3\n"
                                       "tasks     2 running, 4 queued\n"
                                       "runs      1 running\n"
                                       "entities  7 awake\n");
  status.set_store_trouble("no room");
  CAF_CHECK(show(status, plain)
                .find("store     S, generation 2\n"
                      "trouble   no room\n") != std::string::npos);
  status.set_dead_letters(1);
  status.set_notes_dropped(2);
  status.add_silent("registry");
  auto* hog = status.add_stuck();
  hog->set_path("agent");
  hog->set_ref("default/agent/hog");
  hog->set_handling(true);
  hog->set_message("troupe::RunTask");
  hog->set_for_ms(2000);
  hog->set_mailbox(3);
  auto* mute = status.add_stuck();
  mute->set_path("root/mute");
  mute->set_for_ms(5000);
  auto text = show(status, plain);
  CAF_CHECK(text.find("dead      1 dead letter: troupe dlq list\n"
                      "dropped   2 notes to services that were away\n"
                      "silent    registry: troupe tree\n"
                      "stuck     default/agent/hog handles troupe::RunTask for 2.0 s, 3 messages waiting\n"
                      "stuck     root/mute has not answered for 5.0 s\n") != std::string::npos);
}

CAF_TEST(a tree shows states and restarts and failures) {
  TreeNode root;
  root.set_id("root");
  root.set_strategy("rest_for_one");
  auto* core = root.add_children();
  core->set_id("store");
  core->set_state("running");
  auto* agents = root.add_children();
  agents->set_id("agents");
  agents->set_state("restarting");
  agents->set_restarts(2);
  agents->set_mailbox(1);
  agents->set_last_failure("boom\x1b");
  CAF_CHECK_EQUAL(show(root, plain),
                  "root (rest_for_one)\n"
                  "├── store running\n"
                  "└── agents restarting (2 restarts, 1 message waiting, last failure: boom\uFFFD)\n");
}

CAF_TEST(agents are listed with what they can do) {
  CAF_CHECK_EQUAL(show(AgentList{}, plain), "no agents\n");
  AgentList list;
  *list.add_agents() = reviewer();
  auto* retired = list.add_agents();
  retired->set_id("old");
  retired->set_unregistered(true);
  CAF_CHECK_EQUAL(show(list, plain), "ID        STATUS   CAPABILITIES            DONE  FAILED  LAST ACTIVE\n"
                                     "reviewer  busy     code.review, code.read  3     1       22:13:19\n"
                                     "old       retired                          0     0       -\n");
}

CAF_TEST(an agent is described by what is known) {
  CAF_CHECK_EQUAL(show(reviewer(), plain), "agent         reviewer\n"
                                           "status        busy\n"
                                           "behavior      review 1.0.0\n"
                                           "capabilities  code.review, code.read\n"
                                           "tasks         3 completed, 1 failed, 75% succeed\n"
                                           "takes         2.5 s on average\n"
                                           "created       -\n"
                                           "last active   22:13:19\n");
}

CAF_TEST_FIXTURE_SCOPE_END()
