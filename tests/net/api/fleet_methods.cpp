// Agents are hired on any node, and a fleet is spread over all of them, whoever is asked.
#define CAF_SUITE net.api.fleet_methods
#include <tests/support/simulated_cluster.hpp>
#include <troupe/runtime/fleet_limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<agent_parts> scribes() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "scribe", "write", [](const Task&) { return finish("done"); });
  return parts;
}

struct three_nodes : simulated_cluster {
  three_nodes() : simulated_cluster{3, scribes()} {}

  HireAgent hire_wish(const std::string& id, const std::string& node = {}) {
    HireAgent in;
    in.mutable_request()->set_id(id);
    in.mutable_request()->set_behavior("scribe");
    in.mutable_request()->add_capabilities("write");
    in.set_node(node);
    return in;
  }
  SpawnFleet fleet_wish_of(uint32_t size, const std::string& how = {}) {
    SpawnFleet in;
    in.set_name("f");
    in.set_behavior("scribe");
    in.set_size(size);
    in.mutable_place()->set_how(how);
    return in;
  }
  template <class Out, class In>
  Out done(const std::string& node, const In& in) {
    auto answer = call<Out>(node, in, 3s);
    if (!answer)
      CAF_FAIL(describe(answer.error()));
    return *answer;
  }
  template <class Out, class In>
  ec refused_with(const std::string& node, const In& in) {
    auto answer = call<Out>(node, in, 3s);
    return answer ? ec{} : code_of(answer.error());
  }
  // `NODE COUNT` of each pool, with those that are silent.
  std::string pools_seen(const std::string& node) {
    std::string text;
    auto list = done<FleetList>(node, ListFleets{});
    for (auto& fleet : list.fleets())
      for (auto& pool : fleet.pools())
        text += pool.node() + std::to_string(pool.size()) + " ";
    for (auto& silent : list.silent())
      text += "!" + silent;
    return text;
  }
};

} // namespace

CAF_TEST(an agent is hired on the node that is named with errors from there) {
  three_nodes nodes;
  auto hired = nodes.done<HiredAgent>("a", nodes.hire_wish("w", "b"));
  CAF_CHECK_EQUAL(hired.node(), "b");
  CAF_CHECK_EQUAL(hired.record().id(), "w");
  GetAgent known;
  known.set_id("w");
  CAF_CHECK((nodes.ask<AgentRecord>("b", std::string{services::registry}, known)));
  CAF_CHECK(!(nodes.ask<AgentRecord>("a", std::string{services::registry}, known)));
  auto other = nodes.hire_wish("w", "b");
  other.mutable_request()->add_capabilities("sing");
  CAF_CHECK_EQUAL(nodes.refused_with<HiredAgent>("a", other), ec::already_exists);
  other.mutable_request()->set_behavior("singer");
  CAF_CHECK_EQUAL(nodes.refused_with<HiredAgent>("a", other), ec::not_found);
  CAF_CHECK_EQUAL(nodes.refused_with<HiredAgent>("a", nodes.hire_wish("w", "z")), ec::unavailable);
  nodes.crash("b");
  nodes.pass(20ms);
  CAF_CHECK_EQUAL(nodes.refused_with<HiredAgent>("a", nodes.hire_wish("v", "b")), ec::unavailable);
}

CAF_TEST(an agent is placed by what there is and a repeat finds it) {
  three_nodes nodes;
  nodes.done<HiredAgent>("a", nodes.hire_wish("w", "b"));
  auto near = nodes.hire_wish("x");
  near.mutable_place()->add_near("w");
  CAF_CHECK_EQUAL(nodes.done<HiredAgent>("c", near).node(), "b");
  auto apart = nodes.hire_wish("y");
  apart.mutable_place()->add_apart("write");
  CAF_CHECK_EQUAL(nodes.done<HiredAgent>("c", apart).node(), "a");
  CAF_CHECK_EQUAL(nodes.done<HiredAgent>("b", apart).node(), "a"); // though a can write by now
  auto nowhere = nodes.hire_wish("z");
  nowhere.mutable_place()->add_near("fly");
  CAF_CHECK_EQUAL(nodes.refused_with<HiredAgent>("a", nowhere), ec::no_agent);
}

CAF_TEST(a fleet is spread over the nodes and a repeat changes nothing) {
  three_nodes nodes;
  auto fleet = nodes.done<Fleet>("a", nodes.fleet_wish_of(10, "spread"));
  CAF_CHECK_EQUAL(fleet.size(), 10u);
  CAF_CHECK_EQUAL(nodes.pools_seen("b"), "a4 b3 c3 ");
  nodes.done<Fleet>("c", nodes.fleet_wish_of(10, "spread"));
  CAF_CHECK_EQUAL(nodes.pools_seen("a"), "a4 b3 c3 ");
  auto other = nodes.fleet_wish_of(10);
  other.set_slots(9);
  CAF_CHECK_EQUAL(nodes.refused_with<Fleet>("a", other), ec::already_exists);
  auto unknown = nodes.fleet_wish_of(3);
  unknown.set_name("g");
  unknown.set_behavior("singer");
  CAF_CHECK_EQUAL(nodes.refused_with<Fleet>("a", unknown), ec::not_found);
  CAF_CHECK_EQUAL(nodes.refused_with<Fleet>("a", nodes.fleet_wish_of(0)), ec::invalid_argument);
  CAF_CHECK_EQUAL(nodes.refused_with<Fleet>("a", nodes.fleet_wish_of(limits::fleet_agents + 1)),
                  ec::invalid_argument);
}

CAF_TEST(a fleet is scaled and retired from any node) {
  three_nodes nodes;
  ScaleFleet scale;
  scale.set_name("f");
  scale.set_size(4);
  CAF_CHECK_EQUAL(nodes.refused_with<Fleet>("a", scale), ec::not_found);
  nodes.done<Fleet>("a", nodes.fleet_wish_of(10, "spread"));
  CAF_CHECK_EQUAL(nodes.done<Fleet>("b", scale).size(), 4u);
  CAF_CHECK_EQUAL(nodes.pools_seen("c"), "a2 b1 c1 ");
  scale.set_size(7);
  scale.mutable_place()->set_how("pack");
  nodes.done<Fleet>("c", scale);
  CAF_CHECK_EQUAL(nodes.pools_seen("a"), "a5 b1 c1 ");
  scale.set_size(0);
  CAF_CHECK_EQUAL(nodes.done<Fleet>("a", scale).size(), 0u);
  CAF_CHECK_EQUAL(nodes.pools_seen("a"), "");
}

CAF_TEST(a fleet outlives its nodes and who does not answer is named) {
  three_nodes nodes;
  nodes.done<Fleet>("a", nodes.fleet_wish_of(6, "spread"));
  nodes.crash("a");
  nodes.crash("b");
  nodes.pass(20ms);
  CAF_CHECK_EQUAL(nodes.pools_seen("c"), "c2 !a!b");
  nodes.start("a");
  nodes.start("b");
  nodes.pass(1s);
  CAF_CHECK_EQUAL(nodes.pools_seen("a"), "a2 b2 c2 ");
}

CAF_TEST(a fleet of a thousand agents lives on three nodes) {
  three_nodes nodes;
  auto fleet = nodes.call<Fleet>("a", nodes.fleet_wish_of(1000, "spread"), 15s);
  CAF_REQUIRE(fleet);
  CAF_CHECK_EQUAL(nodes.pools_seen("b"), "a334 b333 c333 ");
}
