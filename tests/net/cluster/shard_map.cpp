// A map is made once: the same on every member, kept over restarts, and refused where it does not fit what a store holds.
#define CAF_SUITE net.cluster.shard_map
#include <caf/test/unit_test.hpp>
#include <map>
#include <tests/support/control_node.hpp>
#include <troupe/net/cluster/shard_map.hpp>
#include <troupe/net/cluster/shard_route.hpp>

using namespace troupe;

namespace {

using names = std::vector<std::string>;

std::map<std::string, int> shares(const shard_map& map) {
  std::map<std::string, int> all;
  for (unsigned shard = 0; shard < limits::shards; ++shard)
    ++all[map.owner(static_cast<uint8_t>(shard))];
  return all;
}

caf::expected<shard_map> open_at(store& rows, const std::string& self, names founders,
                                 const std::string& cluster = "blue") {
  return open_shard_map(rows, cluster, self, std::move(founders), is_sharded);
}

} // namespace

CAF_TEST(every shard has an owner and shares are about equal) {
  auto map = shard_map::create("blue", {"c", "a", "b"});
  CAF_CHECK_EQUAL(map.nodes(), (names{"a", "b", "c"}));
  auto all = shares(map);
  CAF_CHECK_EQUAL(all.size(), 3u);
  for (auto& [node, count] : all)
    CAF_CHECK(count > 60 && count < 111);
}

CAF_TEST(the same members make the same map for ever and others another) {
  auto map = shard_map::create("blue", {"a", "b", "c"});
  CAF_CHECK_EQUAL(map.hash(), shard_map::create("blue", {"b", "c", "a", "a"}).hash());
  CAF_CHECK_EQUAL(map.hash(), "941ff137e6fbd3e8"); // clusters that exist have it
  CAF_CHECK_NOT_EQUAL(map.hash(), shard_map::create("blue", {"a", "b"}).hash());
  CAF_CHECK_NOT_EQUAL(map.hash(), shard_map::create("red", {"a", "b", "c"}).hash());
}

CAF_TEST(with one member more only what goes to it moves) {
  auto three = shard_map::create("blue", {"a", "b", "c"}),
       four = shard_map::create("blue", {"a", "b", "c", "d"});
  for (unsigned shard = 0; shard < limits::shards; ++shard) {
    auto at = static_cast<uint8_t>(shard);
    CAF_CHECK(four.owner(at) == three.owner(at) || four.owner(at) == "d");
  }
}

CAF_TEST(bytes are read back and damaged ones are refused) {
  auto map = shard_map::create("blue", {"a", "b"});
  auto again = shard_map::read(map.bytes());
  CAF_REQUIRE(again);
  CAF_CHECK_EQUAL(again->hash(), map.hash());
  CAF_CHECK_EQUAL(code_of(shard_map::read("x").error()), ec::corrupt);
  CAF_CHECK_EQUAL(code_of(shard_map::read("").error()), ec::corrupt);
}

CAF_TEST(a store keeps its map whatever the configuration says later) {
  auto rows = open_memory(1);
  auto first = open_at(*rows, "a", {"a", "b"});
  CAF_REQUIRE(first);
  rows->crash();
  auto later = open_at(*rows, "a", {"a", "b", "c"});
  CAF_REQUIRE(later);
  CAF_CHECK_EQUAL(later->hash(), first->hash());
  CAF_CHECK_EQUAL(code_of(open_at(*rows, "a", {"a", "b"}, "red").error()), ec::conflict);
}

CAF_TEST(a store with entities joins only a cluster that gives it their shards) {
  auto rows = open_memory(1);
  add_name(*rows, "default/agent/one"); // agents are of their node, wherever it is
  for (int i = 0; i < 20; ++i)
    add_name(*rows, "default/run/r" + std::to_string(i));
  auto refused = open_at(*rows, "a", {"a", "b"});
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::conflict);
  CAF_CHECK(text_of(refused.error()).find("founders = \"a\"") != std::string::npos);
  auto founded = open_at(*rows, "a", {"a"});
  CAF_REQUIRE(founded);
  CAF_CHECK_EQUAL(shares(*founded)["a"], 256);
}

CAF_TEST(agents alone keep nobody from joining) {
  auto rows = open_memory(1);
  for (int i = 0; i < 20; ++i)
    add_name(*rows, "default/agent/a" + std::to_string(i));
  CAF_CHECK(open_at(*rows, "a", {"a", "b"}));
}
