// Agents of a fleet say whose they are; who comes and who goes follows from a size alone.
#define CAF_SUITE actors.agent.pool_members
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/improvised.hpp>
#include <troupe/actors/agent/pool_members.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

behavior_registry known() {
  behavior_registry behaviors;
  CAF_CHECK(!behaviors.add(manifest{"scribe"}.can("write").can("read"),
                           [] { return std::make_unique<improvised>("scribe", "write", nullptr); }));
  return behaviors;
}

FleetSpec scribes() {
  FleetSpec spec;
  spec.set_name("scribes");
  spec.set_behavior("scribe");
  spec.set_slots(2);
  return spec;
}

AgentList registered(const std::vector<AgentCreationRequest>& wishes) {
  AgentList list;
  for (auto& wish : wishes) {
    auto* one = list.add_agents();
    one->set_id(wish.id());
    *one->mutable_request() = wish;
  }
  return list;
}

} // namespace

CAF_TEST(a pool is read from what its agents were registered with) {
  auto behaviors = known();
  auto wishes = wanted_agents({scribes(), {}}, "n1", 12, behaviors);
  CAF_REQUIRE_EQUAL(wishes.size(), 12u);
  CAF_CHECK_EQUAL(wishes[0].id(), "scribes.n1.1");
  CAF_CHECK_EQUAL(wishes[0].capabilities_size(), 3);
  CAF_CHECK_EQUAL(wishes[0].capabilities(0), "fleet.scribes");
  CAF_CHECK_EQUAL(wishes[0].config().max_concurrent(), 2u);
  auto all = registered(wishes);
  all.add_agents()->set_id("alone");
  all.mutable_agents(3)->set_unregistered(true);
  auto pools = pools_of(all);
  CAF_REQUIRE_EQUAL(pools.size(), 1u);
  CAF_CHECK(equal(pools[0].spec, scribes()));
  CAF_REQUIRE_EQUAL(pools[0].agents.size(), 11u);
  CAF_CHECK_EQUAL(pools[0].agents[8], "scribes.n1.10"); // by number, and 4 has left
}

CAF_TEST(who lacks is wished with the lowest free numbers and a repeat wishes the same) {
  auto behaviors = known();
  fleet_pool pool{scribes(), {"scribes.n1.1", "scribes.n1.3"}};
  auto wishes = wanted_agents(pool, "n1", 4, behaviors);
  CAF_REQUIRE_EQUAL(wishes.size(), 2u);
  CAF_CHECK_EQUAL(wishes[0].id(), "scribes.n1.2");
  CAF_CHECK_EQUAL(wishes[1].id(), "scribes.n1.4");
  CAF_CHECK(equal(wanted_agents(pool, "n1", 4, behaviors)[1], wishes[1]));
  CAF_CHECK(wanted_agents(pool, "n1", 2, behaviors).empty());
}

CAF_TEST(the idle leave first and then the youngest) {
  fleet_pool pool{scribes(), {"s.n.1", "s.n.2", "s.n.3", "s.n.4"}};
  CAF_CHECK_EQUAL(surplus_agents(pool, 2, {"s.n.1"}), (std::vector<std::string>{"s.n.1", "s.n.4"}));
  CAF_CHECK_EQUAL(surplus_agents(pool, 3, {"s.n.2", "s.n.3"}), (std::vector<std::string>{"s.n.3"}));
  CAF_CHECK(surplus_agents(pool, 4, {}).empty());
}

CAF_TEST(named capabilities take the place of those of the behavior) {
  auto spec = scribes();
  spec.add_capabilities("write.poems");
  auto wishes = wanted_agents({spec, {}}, "n1", 1, known());
  CAF_REQUIRE_EQUAL(wishes[0].capabilities_size(), 2);
  CAF_CHECK_EQUAL(wishes[0].capabilities(1), "write.poems");
}

CAF_TEST(what is no fleet is refused with the reason) {
  auto behaviors = known();
  CAF_CHECK(!check_fleet(scribes(), behaviors));
  auto bad = [&](auto change) {
    auto spec = scribes();
    change(spec);
    return code_of(check_fleet(spec, behaviors));
  };
  CAF_CHECK_EQUAL(bad([](auto& spec) { spec.set_name("a.b"); }), ec::invalid_argument);
  CAF_CHECK_EQUAL(bad([](auto& spec) { spec.set_name(""); }), ec::invalid_argument);
  CAF_CHECK_EQUAL(bad([](auto& spec) { spec.set_behavior("singer"); }), ec::not_found);
  CAF_CHECK_EQUAL(bad([](auto& spec) { spec.mutable_scale()->set_floor(2); }), ec::invalid_argument);
}
