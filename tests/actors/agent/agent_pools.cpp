// The best free agent is found without looking at everybody, and is the one that looking at everybody would find.
#define CAF_SUITE actors.agent.agent_pools
#define FAIL CAF_FAIL
#include <algorithm>
#include <caf/test/dsl.hpp>
#include <random>
#include <troupe/actors/agent/agent_pools.hpp>
#include <troupe/runtime/queue_limits.hpp>

using namespace troupe;

namespace {

using words = std::vector<std::string>;
using pool_ids = std::vector<agent_pools::pool_id>;

AgentRecord worker(const std::string& id, const words& capabilities, double success_rate = 1,
                   uint32_t slots = 1) {
  AgentRecord record;
  record.set_id(id);
  for (auto& capability : capabilities)
    record.mutable_request()->add_capabilities(capability);
  record.mutable_request()->mutable_config()->set_max_concurrent(slots);
  record.mutable_metadata()->set_success_rate(success_rate);
  return record;
}

AgentQuery wanted(const words& required, const words& optional = {}) {
  AgentQuery query;
  for (auto& capability : required)
    query.add_required(capability);
  for (auto& capability : optional)
    query.add_optional(capability);
  return query;
}

std::string best_of(const agent_pools& pools, const AgentQuery& query) {
  auto* best = pools.best_free(query);
  return best ? *best : "nobody";
}

} // namespace

CAF_TEST(the best has a free slot and equals go by id) {
  agent_pools pools;
  for (auto& one : {worker("b", {"read"}, 1, 2), worker("a", {"read"}, 1, 2), worker("c", {"read"}, 0.5, 2),
                    worker("w", {"write"})})
    pools.put(one);
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "a");
  pools.set_in_flight("a", 1);
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "b");
  pools.set_in_flight("b", 2);
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "a");
  pools.set_in_flight("a", 2);
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "c");
  pools.set_in_flight("c", 3); // more than its slots
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "nobody");
  pools.set_in_flight("b", 0);
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "b");
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read", "write"})), "nobody");
}

CAF_TEST(optional capabilities and what a query demands of an agent count) {
  agent_pools pools;
  pools.put(worker("plain", {"read"}, 0.9, 2));
  pools.put(worker("fancy", {"read", "fast"}, 0.5, 2));
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "plain");
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"}, {"fast"})), "fancy");
  auto sure = wanted({"read"}, {"fast"});
  sure.set_min_success_rate(0.8);
  CAF_CHECK_EQUAL(best_of(pools, sure), "plain");
  pools.set_in_flight("plain", 1);
  sure.set_max_in_flight(1);
  CAF_CHECK(pools.has_slot("plain"));
  CAF_CHECK(!pools.is_free("plain", sure));
  CAF_CHECK_EQUAL(best_of(pools, sure), "nobody");
  auto other = wanted({"read"});
  other.set_domain("ops");
  CAF_CHECK_EQUAL(best_of(pools, other), "nobody");
}

CAF_TEST(who is silent or out of service gets nothing) {
  agent_pools pools;
  auto ada = worker("ada", {"read"});
  pools.set_silent("ada", true); // before it is known
  pools.put(ada);
  CAF_CHECK(!pools.is_in_service("ada"));
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "nobody");
  pools.set_silent("ada", false);
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "ada");
  for (auto status : {AGENT_OFFLINE, AGENT_ERROR}) {
    ada.set_status(status);
    pools.put(ada);
    CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "nobody");
    CAF_CHECK(!pools.is_in_service("ada"));
  }
  ada.set_status(AGENT_BUSY);
  pools.put(ada);
  CAF_CHECK(pools.is_in_service("ada"));
  ada.set_unregistered(true);
  pools.put(ada);
  CAF_CHECK(!pools.is_in_service("ada"));
  CAF_CHECK_EQUAL(best_of(pools, wanted({"read"})), "nobody");
}

CAF_TEST(agents of equal abilities are one pool) {
  agent_pools pools;
  pools.put(worker("a", {"read", "write"}));
  pools.put(worker("b", {"write", "read"}));
  pools.put(worker("c", {"read"}));
  CAF_CHECK(pools.pool_of("a") == pools.pool_of("b"));
  CAF_CHECK(pools.pool_of("a") != pools.pool_of("c"));
  CAF_CHECK(!pools.pool_of("ghost"));
  CAF_CHECK(pools.take_new() == (pool_ids{1, 2}));
  CAF_CHECK(pools.take_new().empty());
  CAF_CHECK(pools.pools_for(wanted({"read"})) == (pool_ids{1, 2}));
  CAF_CHECK(pools.pools_for(wanted({"write"})) == pool_ids{1});
  pools.remove("a");
  CAF_CHECK(pools.take_closed().empty());
  pools.put(worker("b", {"draw"})); // it moves
  CAF_CHECK(pools.take_closed() == pool_ids{1});
  CAF_CHECK(pools.take_new() == pool_ids{3});
  CAF_CHECK(pools.pools_for(wanted({"write"})).empty());
  CAF_CHECK(pools.can(3, wanted({"draw"})));
  CAF_CHECK(!pools.can(1, wanted({"read"})));
}

CAF_TEST(more queries than are remembered are answered) {
  agent_pools pools;
  pools.put(worker("a", {"read"}));
  for (size_t i = 0; i < limits::known_queries + 10; ++i)
    CAF_REQUIRE_EQUAL(pools.pools_for(wanted({"read"}, {std::to_string(i)})).size(), 1u);
}

CAF_TEST(at random the best is the one that looking at everybody finds) {
  std::mt19937 chance{3};
  auto below = [&](size_t n) { return chance() % n; };
  const words all{"a", "b", "c", "d"};
  agent_pools pools;
  capability_index index;
  std::map<std::string, AgentRecord> records;
  std::map<std::string, uint32_t> busy;
  for (int i = 0; i < 3000; ++i) {
    auto id = "w" + std::to_string(below(8));
    if (below(3) == 0) {
      words some;
      for (auto& one : all)
        if (below(2) == 0)
          some.push_back(one);
      auto record = worker(id, some, static_cast<double>(below(3)) / 2, 1 + static_cast<uint32_t>(below(4)));
      record.set_unregistered(below(6) == 0);
      pools.put(record);
      index.put(record);
      records[id] = record;
    } else {
      busy[id] = static_cast<uint32_t>(below(5));
      pools.set_in_flight(id, busy[id]);
      index.set_in_flight(id, busy[id]);
    }
    auto query = wanted({all[below(4)]}, {all[below(4)]});
    auto matches = index.find(query, 0);
    double best_score = -1;
    for (auto& match : matches.matches())
      if (busy[match.id()] < slots_of(records[match.id()], 0))
        best_score = std::max(best_score, match.score());
    auto found = best_of(pools, query);
    CAF_REQUIRE_EQUAL(found == "nobody", best_score < 0);
    for (auto& match : matches.matches())
      if (match.id() == found)
        CAF_REQUIRE(std::abs(match.score() - best_score) < 1e-9);
  }
}

CAF_TEST(who could do it is counted by why they do not ) {
  agent_pools pools;
  for (auto id : {"a", "b", "c", "d", "e"})
    pools.put(worker(id, {"read"}, id == std::string{"e"} ? 0.1 : 1));
  pools.put(worker("w", {"write"}));
  auto away = worker("b", {"read"});
  away.set_status(AGENT_OFFLINE);
  pools.put(away);
  pools.set_silent("c", true);
  pools.set_in_flight("d", 1);
  auto query = wanted({"read"});
  query.set_min_success_rate(0.5);
  auto all = pools.count(query);
  CAF_CHECK_EQUAL(all.able, 5u);
  CAF_CHECK_EQUAL(all.free, 1u);
  CAF_CHECK_EQUAL(all.out, 1u);
  CAF_CHECK_EQUAL(all.silent, 1u);
  CAF_CHECK_EQUAL(all.busy, 1u);
  CAF_CHECK_EQUAL(all.unfit, 1u);
  CAF_CHECK_EQUAL(all.some.front(), "a");
  CAF_CHECK_EQUAL(pools.count(wanted({"fly"})).able, 0u);
}
