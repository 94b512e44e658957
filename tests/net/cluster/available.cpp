// A member whose shards move: what it shows of them, and that draining outlives it.
#define CAF_SUITE net.cluster.available
#include <tests/support/fixture.hpp>
#include <tests/support/simulated_coordinator.hpp>
#include <troupe/net/cluster/available.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

cluster_plan plan_of_a() {
  cluster_plan plan;
  plan.id = "blue";
  plan.self = {"a", "", "troupe://blue/a"};
  plan.others = {{"b", "", "troupe://blue/b"}, {"c", "", "troupe://blue/c"}};
  return plan;
}

struct member_house : house {
  ~member_house() {
    wired = {};
    node.reset();
  }
  void join() {
    tenure_parts parts;
    parts.leases = service.speak([this] { return time->elapsed_us() / 1000; });
    parts.epochs = std::make_shared<shard_epochs>();
    parts.inbox = std::make_shared<tenure_inbox>();
    auto made = wire_available_cluster(plan_of_a(), parts, node->system(), *node->outside(), 1);
    CAF_REQUIRE(made);
    wired = std::move(*made);
    node->settle();
  }
  ShardList list() {
    return list_holdings(plan_of_a(), *wired.tenure.whose, [&](const std::string& name) {
      return name == "c" ? make_error(ec::unavailable, "no link") : wired.tenure.whose->trouble(name);
    });
  }
  simulated_coordinator service;
  available_links wired;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(available_tests, member_house)

CAF_TEST(a member takes a lease and reads what it has said of draining in its next life) {
  join();
  service.advance(100ms);
  CAF_REQUIRE_EQUAL(service.truth().members.count("a"), 1u);
  CAF_CHECK(!service.truth().members.at("a").draining);
  drain_member(wired, *node->outside(), true);
  node->settle();
  service.advance(100ms);
  CAF_CHECK(service.truth().members.at("a").draining);
  wired = {};
  crash_and_recover();
  service.advance(100ms);
  join();
  service.advance(100ms);
  CAF_CHECK(service.truth().members.at("a").draining);
  drain_member(wired, *node->outside(), false);
  node->settle();
  wired = {};
  crash_and_recover();
  join();
  service.advance(100ms);
  CAF_CHECK(!service.truth().members.at("a").draining);
}

CAF_TEST(shards are shown with their holders and what moves) {
  join();
  cluster_view view;
  view.members = {{"a", {1, false}}, {"b", {1, true}}};
  std::array<std::string, limits::shards> wanted;
  wanted.fill("a");
  for (size_t shard = 0; shard < limits::shards; ++shard)
    view.holders[shard] = shard < 100 ? "a" : shard < 150 ? "b" : "";
  auto& whose = *wired.tenure.whose;
  whose.saw(view, wanted);
  whose.doubt({});
  for (uint8_t shard = 0; shard < 90; ++shard)
    whose.open(shard, 5 + shard % 2);
  auto shown = list();
  CAF_REQUIRE_EQUAL(shown.owners_size(), 4);
  auto& free = shown.owners(0);
  auto& a = shown.owners(1);
  auto& b = shown.owners(2);
  auto& c = shown.owners(3);
  CAF_CHECK_EQUAL(free.state(), "free");
  CAF_CHECK_EQUAL(free.shards(), 106u);
  CAF_CHECK_EQUAL(free.moving(), 106u);
  CAF_CHECK_EQUAL(a.state(), "this node");
  CAF_CHECK_EQUAL(a.shards(), 100u);
  CAF_CHECK_EQUAL(a.moving(), 10u);
  CAF_CHECK_EQUAL(a.epoch(), 6u);
  CAF_CHECK_EQUAL(b.state(), "draining");
  CAF_CHECK_EQUAL(b.moving(), 50u);
  CAF_CHECK_EQUAL(c.state(), "no lease");
  CAF_CHECK_EQUAL(c.why(), "no link");
  CAF_CHECK(shown.hash().empty());
}

CAF_TEST(the shards of other modes do not drain) {
  struct fixed : membership {
    MemberList list() const override {
      return {};
    }
    ShardList shards() const override {
      return {};
    }
    caf::expected<Reachability> why_not(const std::string&) const override {
      return Reachability{};
    }
    caf::error trouble() const override {
      return {};
    }
    const std::shared_ptr<links>& all() const override {
      return none;
    }
    std::shared_ptr<links> none;
  };
  CAF_CHECK_EQUAL(code_of(fixed{}.drain(true)), ec::unavailable);
  CAF_CHECK(!fixed{}.spawn_tenure(nullptr));
}

CAF_TEST_FIXTURE_SCOPE_END()
