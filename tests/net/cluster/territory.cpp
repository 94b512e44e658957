// A member's store is remembered over restarts; one that comes back with another store has lost its shards until the first is back.
#define CAF_SUITE net.cluster.territory
#include <tests/support/fixture.hpp>
#include <troupe/net/cluster/territory.hpp>
#include <troupe/runtime/proto/link.pb.h>

namespace troupe {
namespace {

struct land : house {
  std::shared_ptr<territory> open() {
    auto made = territory::open(shard_map::create("blue", {"a", "b"}), "a", *node->outside());
    if (!made)
      CAF_FAIL(describe(made.error()));
    return *made;
  }
  static Hello from(const std::string& peer, const std::string& store, const std::string& known = {}) {
    Hello hello;
    hello.set_node(peer);
    hello.set_store(store);
    hello.set_known_store(known);
    return hello;
  }
};

} // namespace
} // namespace troupe

CAF_TEST_FIXTURE_SCOPE(territory_tests, troupe::land)

using namespace troupe;

CAF_TEST(a member is remembered and a restart does not forget it) {
  {
    auto whose = open();
    CAF_CHECK_EQUAL(whose->store_of("b"), "");
    CAF_CHECK(!whose->met(from("b", "s1")));
    node->settle();
  }
  crash_and_recover();
  auto whose = open();
  CAF_CHECK_EQUAL(whose->store_of("b"), "s1");
  Hello ours;
  whose->address("b", ours);
  CAF_CHECK_EQUAL(ours.known_store(), "s1");
  CAF_CHECK_EQUAL(ours.store(), rows->id());
  CAF_CHECK_EQUAL(ours.map_hash(), whose->map().hash());
}

CAF_TEST(another store is a lost one until the first is back) {
  auto whose = open();
  whose->met(from("b", "s1"));
  CAF_CHECK(!whose->trouble("b"));
  CAF_CHECK(whose->met(from("b", "s2")));
  CAF_CHECK_EQUAL(code_of(whose->trouble("b")), ec::unavailable);
  CAF_CHECK(text_of(whose->trouble("b")).starts_with("store lost, restore it from a backup"));
  CAF_CHECK(!whose->met(from("b", "s2")));
  CAF_CHECK_EQUAL(whose->store_of("b"), "s1");
  CAF_CHECK(!whose->trouble("a"));
  CAF_CHECK(whose->met(from("b", "s1")));
  CAF_CHECK(!whose->trouble("b"));
}

CAF_TEST(this node learns from members that its own store is another one) {
  auto whose = open();
  whose->met(from("b", "s1", rows->id()));
  CAF_CHECK(!whose->trouble("a"));
  CAF_CHECK(whose->met(from("b", "s1", "earlier")));
  CAF_CHECK(text_of(whose->trouble("a")).starts_with("store lost, restore it from a backup"));
  CAF_CHECK(!whose->trouble("b"));
}

CAF_TEST(a shard has an owner unless it is this node) {
  auto whose = open();
  for (unsigned shard = 0; shard < limits::shards; ++shard) {
    auto at = static_cast<uint8_t>(shard);
    CAF_CHECK_EQUAL(whose->owner(at), whose->map().owner(at) == "a" ? "" : "b");
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
