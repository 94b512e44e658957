// Pools become as large as they are told, after crashes too, and follow their tasks if their fleet says so.
#define CAF_SUITE actors.agent.pool_keeper
#include <tests/support/held_workers.hpp>
#include <tests/support/platform.hpp>
#include <troupe/actors/agent/pool_keeper.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <troupe/runtime/proto/fleet.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct pool_house : house {
  pool_house() : pool_house{crew(), std::make_shared<held_workers>()} {}
  pool_house(std::shared_ptr<agent_parts> parts, std::shared_ptr<held_workers> given_hands)
      : house{[=](caf::scheduled_actor* root, doors_ptr given) {
          auto outside = std::make_shared<doors>(*given);
          outside->hands = given_hands;
          auto name = [&](std::string_view ref_text, const auto& handle) {
            outside->names->put(std::string{ref_text}, caf::actor_cast<caf::actor>(handle));
          };
          name(services::shard_host, spawn_shard_host(root, outside, {agent_kind(parts), task_kind()}));
          name(services::timers, spawn_timers(root, outside));
          name(services::registry, spawn_agent_registry(root, outside, parts));
          name(services::scheduler, spawn_task_scheduler(root, outside));
          name(services::pool_keeper, spawn_pool_keeper(root, outside, parts, "n1"));
        }},
        hands{std::move(given_hands)} {}

  ~pool_house() override {
    hands->release();
    node.reset();
  }

  static std::shared_ptr<agent_parts> crew() {
    auto made = std::make_shared<agent_parts>();
    made->tools.add({"toil", "takes its time",
                     [](const tool_call&) { return caf::expected<std::string>{"done"}; }, true});
    teach(*made, "toiler", "work", [](const Task&) { return call_tool("toil"); });
    return made;
  }
  static SizePool wish(uint32_t size, uint32_t floor = 0, uint32_t ceiling = 0) {
    SizePool wanted;
    wanted.mutable_spec()->set_name("f");
    wanted.mutable_spec()->set_behavior("toiler");
    wanted.mutable_spec()->set_slots(1);
    if (ceiling > 0) {
      wanted.mutable_spec()->mutable_scale()->set_floor(floor);
      wanted.mutable_spec()->mutable_scale()->set_ceiling(ceiling);
      wanted.mutable_spec()->mutable_scale()->set_up_after_ms(5000);
      wanted.mutable_spec()->mutable_scale()->set_down_after_ms(10'000);
      wanted.mutable_spec()->mutable_scale()->set_cooldown_ms(2000);
    }
    wanted.set_size(size);
    return wanted;
  }
  const std::string keeper{services::pool_keeper};

  uint32_t size() {
    auto list = request<FleetList>(keeper, ListFleets{});
    return list.fleets().empty() ? 0 : list.fleets(0).size();
  }
  std::shared_ptr<held_workers> hands;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_keeper_tests, pool_house)

CAF_TEST(a pool grows and shrinks to the size it is told) {
  auto grown = request<Fleet>(keeper, wish(5));
  CAF_CHECK_EQUAL(grown.size(), 5u);
  CAF_REQUIRE_EQUAL(grown.pools_size(), 1);
  CAF_CHECK_EQUAL(grown.pools(0).node(), "n1");
  CAF_CHECK_EQUAL(size(), 5u);
  GetAgent first;
  first.set_id("f.n1.1");
  CAF_CHECK_EQUAL(request<AgentRecord>(std::string{services::registry}, first).request().behavior(),
                  "toiler");
  request<Fleet>(keeper, wish(2));
  CAF_CHECK_EQUAL(size(), 2u);
  request<Fleet>(keeper, wish(3)); // an id that was retired is used again
  CAF_CHECK_EQUAL(size(), 3u);
  request<Fleet>(keeper, wish(0));
  CAF_CHECK_EQUAL(request<FleetList>(keeper, ListFleets{}).fleets_size(), 0);
}

CAF_TEST(a repeat changes nothing and another spec is refused) {
  request<Fleet>(keeper, wish(3));
  request<Fleet>(keeper, wish(3));
  CAF_CHECK_EQUAL(size(), 3u);
  auto other = wish(4);
  other.mutable_spec()->set_slots(7);
  CAF_CHECK_EQUAL(refusal<Fleet>(keeper, other), ec::already_exists);
  auto nobody = wish(1);
  nobody.mutable_spec()->set_name("g");
  nobody.mutable_spec()->set_behavior("singer");
  CAF_CHECK_EQUAL(refusal<Fleet>(keeper, nobody), ec::not_found);
  CAF_CHECK_EQUAL(refusal<Fleet>(keeper, wish(limits::fleet_agents + 1)), ec::invalid_argument);
  CAF_CHECK_EQUAL(size(), 3u);
}

CAF_TEST(wishes that come together are done one after the other) {
  std::vector<uint32_t> sizes;
  for (uint32_t wanted : {200u, 7u, 90u})
    post<Fleet>(keeper, wish(wanted), [&](caf::expected<Fleet> done) {
      CAF_REQUIRE(done);
      sizes.push_back(done->size());
    });
  node->settle();
  CAF_CHECK_EQUAL(sizes, (std::vector<uint32_t>{200, 7, 90}));
  CAF_CHECK_EQUAL(size(), 90u);
}

CAF_TEST(a crash in the middle leaves what a repeat completes) {
  auto incomplete = 0;
  for (int steps : {10, 40, 70, 100, 130, 160, 190}) {
    post<Fleet>(keeper, wish(40), [](const caf::expected<Fleet>&) {});
    for (int i = 0; i < steps; ++i)
      node->step();
    crash_and_recover();
    incomplete += size() < 40;
    request<Fleet>(keeper, wish(40));
    CAF_CHECK_EQUAL(size(), 40u);
    crash_and_recover();
    CAF_CHECK_EQUAL(size(), 40u);
    request<Fleet>(keeper, wish(0));
  }
  CAF_CHECK(incomplete > 0);
}

CAF_TEST(a pool follows its tasks up to the ceiling and back to the floor) {
  request<Fleet>(keeper, wish(1, 1, 4));
  for (int i = 0; i < 12; ++i) {
    CreateTask job;
    job.mutable_spec()->add_required("work"); // as a goal asks
    job.mutable_spec()->add_required(fleet_capability("f"));
    request<TaskAccepted>("default/task/t" + std::to_string(i), job);
  }
  node->advance(3s);
  CAF_CHECK_EQUAL(size(), 1u); // they have not waited long enough
  node->advance(3s);
  CAF_CHECK_EQUAL(size(), 2u);
  node->advance(20s);
  CAF_CHECK_EQUAL(size(), 4u);
  auto metrics = node->outside()->meters.all.render();
  CAF_CHECK(metrics.find("troupe_pool_changes_total{direction=\"up\"} 2") != std::string::npos);
  for (int i = 0; i < 4; ++i) {
    hands->release();
    node->advance(1s);
  }
  CAF_CHECK_EQUAL(size(), 4u);
  node->advance(2min);
  CAF_CHECK_EQUAL(size(), 1u);
}

CAF_TEST(after a restart a pool follows its tasks as before) {
  request<Fleet>(keeper, wish(3, 1, 4));
  crash_and_recover();
  CAF_CHECK_EQUAL(size(), 3u);
  node->advance(2min);
  CAF_CHECK_EQUAL(size(), 1u);
}

CAF_TEST(a pool without a scale keeps its size) {
  request<Fleet>(keeper, wish(3));
  node->advance(1h);
  CAF_CHECK_EQUAL(size(), 3u);
}

CAF_TEST_FIXTURE_SCOPE_END()
