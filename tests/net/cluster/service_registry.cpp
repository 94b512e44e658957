// Each node knows the agents of all others, as long as these answer.
#define CAF_SUITE net.cluster.service_registry
#include <tests/support/simulated_cluster.hpp>
#include <troupe/runtime/fleet_limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<agent_parts> writers() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "writer", "write", [](const Task&) { return finish("done"); });
  teach(*parts, "asker", "ask", [](const Task&) { return ask_human("somebody", "go on?"); });
  return parts;
}

struct three : simulated_cluster {
  three() : simulated_cluster{3, writers()} {}

  void hire_at(const std::string& node, const std::string& id, const std::string& behavior = "writer",
               const std::string& capability = "write") {
    RegisterAgent cmd;
    cmd.mutable_request()->set_id(id);
    cmd.mutable_request()->set_behavior(behavior);
    cmd.mutable_request()->add_capabilities(capability);
    CAF_CHECK((ask<AgentRecord>(node, std::string{services::registry}, cmd, 50ms)));
  }
  // `agent@node` of all that pass, as a node knows them.
  std::string seen_at(const std::string& node, const std::string& can = "write", bool all = false) {
    FindServices wish;
    wish.add_can(can);
    wish.set_all(all);
    auto list = call<ServiceList>(node, wish, 50ms);
    CAF_REQUIRE(list);
    std::string text;
    for (auto& one : list->services())
      text += (text.empty() ? "" : " ") + one.row().agent() + "@" + one.node();
    return text;
  }
  // Its desk takes every call and answers none.
  void hang(const std::string& node) {
    auto& life = *at(node).node;
    auto mute = life.system().spawn([root = life.root()](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      self->link_to(root);
      auto kept = std::make_shared<std::vector<caf::response_promise>>();
      return {[=](const ForwardCall&) -> caf::result<CallDone> {
        kept->push_back(self->make_response_promise());
        return caf::delegated<CallDone>{};
      }};
    });
    life.outside()->names->put(desk_ref(node), mute);
  }
  std::string state_at(const std::string& node, const std::string& of) {
    auto list = call<ServiceList>(node, FindServices{}, 50ms);
    CAF_REQUIRE(list);
    for (auto& one : list->nodes())
      if (one.node() == of)
        return one.state();
    return "unknown";
  }
};

} // namespace

CAF_TEST(all nodes know all agents after one interval) {
  three nodes;
  for (auto node : {"a", "b", "c"})
    nodes.hire_at(node, std::string{"w"} + node);
  nodes.pass(limits::health_check + limits::health_tick);
  for (auto node : {"a", "b", "c"}) {
    CAF_CHECK_EQUAL(nodes.seen_at(node), "wa@a wb@b wc@c");
    CAF_CHECK_EQUAL(nodes.seen_at(node, "fly"), "");
  }
  UnregisterAgent retire;
  retire.set_id("wb");
  CAF_CHECK((nodes.ask<AgentRecord>("b", std::string{services::registry}, retire, 50ms)));
  nodes.pass(limits::health_check + limits::health_tick);
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "wa@a wc@c");
}

CAF_TEST(those that do not pass are found only if they are wanted) {
  three nodes;
  nodes.hire_at("b", "wb");
  SetAgentStatus off;
  off.set_id("wb");
  off.set_status(AGENT_OFFLINE);
  CAF_CHECK((nodes.ask<AgentRecord>("b", std::string{services::registry}, off, 50ms)));
  nodes.pass(limits::health_check + limits::health_tick);
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "");
  CAF_CHECK_EQUAL(nodes.seen_at("a", "write", true), "wb@b");
}

CAF_TEST(load is told with the agents) {
  three nodes;
  nodes.hire_at("b", "q", "asker", "ask");
  StartRun start;
  auto task = nodes.ref_at("b", "task");
  start.set_id(task.substr(task.rfind('/') + 1));
  start.mutable_task()->add_required("fly"); // nobody can: it waits
  CAF_CHECK((nodes.call<RunStarted>("b", start)));
  FindServices wish;
  wish.set_fresh(true);
  auto list = nodes.call<ServiceList>("a", wish);
  CAF_REQUIRE(list);
  CAF_REQUIRE_EQUAL(list->nodes_size(), 3);
  CAF_CHECK_EQUAL(list->nodes(1).queued(), 1u);
  CAF_REQUIRE_EQUAL(list->services_size(), 1);
  CAF_CHECK_EQUAL(list->services(0).row().free(), limits::agent_slots);
}

CAF_TEST(a fresh look knows who was hired just now) {
  three nodes;
  nodes.pass(limits::health_check + limits::health_tick);
  nodes.hire_at("c", "wc");
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "");
  FindServices wish;
  wish.set_fresh(true);
  auto list = nodes.call<ServiceList>("a", wish);
  CAF_REQUIRE(list);
  CAF_REQUIRE_EQUAL(list->services_size(), 1);
  CAF_CHECK_EQUAL(list->services(0).node(), "c");
}

CAF_TEST(agents of a node whose link ends are gone at once and back when it is back) {
  three nodes;
  nodes.hire_at("b", "wb");
  nodes.pass(limits::health_check + limits::health_tick);
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "wb@b");
  nodes.cut("a", "b");
  nodes.pass(20ms);
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "");
  CAF_CHECK_EQUAL(nodes.state_at("a", "b"), "unreachable");
  CAF_CHECK_EQUAL(nodes.seen_at("c"), "wb@b");
  nodes.link("a", "b");
  nodes.pass(limits::health_tick + 200ms);
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "wb@b");
  CAF_CHECK_EQUAL(nodes.state_at("a", "b"), "passing");
}

// Row P2: within one interval and the timeout, though the link looks well.
CAF_TEST(agents of a node that does not answer are gone after an interval and the timeout) {
  three nodes;
  nodes.hire_at("b", "wb");
  nodes.pass(limits::health_check + limits::health_tick);
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "wb@b");
  nodes.hang("b");
  nodes.pass(limits::health_check + limits::health_answer);
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "");
  CAF_CHECK_EQUAL(nodes.state_at("a", "b"), "silent");
  CAF_CHECK_EQUAL(nodes.state_at("a", "c"), "passing");
}

CAF_TEST(a crashed node comes back with the agents its store has) {
  three nodes;
  nodes.hire_at("b", "wb");
  nodes.pass(limits::health_check + limits::health_tick);
  nodes.crash("b");
  nodes.pass(20ms);
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "");
  nodes.start("b");
  nodes.pass(limits::health_tick + 200ms);
  for (auto node : {"a", "b", "c"})
    CAF_CHECK_EQUAL(nodes.seen_at(node), "wb@b");
}

CAF_TEST(after a partition all agree within one interval) {
  three nodes;
  nodes.pass(limits::health_check + limits::health_tick);
  nodes.cut("a", "b");
  nodes.cut("a", "c");
  nodes.hire_at("a", "wa");
  nodes.hire_at("c", "wc");
  nodes.pass(1min);
  CAF_CHECK_EQUAL(nodes.seen_at("a"), "wa@a");
  CAF_CHECK_EQUAL(nodes.seen_at("b"), "wc@c");
  nodes.link("a", "b");
  nodes.link("a", "c");
  nodes.pass(limits::health_check);
  for (auto node : {"a", "b", "c"})
    CAF_CHECK_EQUAL(nodes.seen_at(node), "wa@a wc@c");
}
