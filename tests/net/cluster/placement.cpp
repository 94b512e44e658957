// Who is fit and who is best; turns by weight; keys that stay where they are when a node comes.
#define CAF_SUITE net.cluster.placement
#define FAIL CAF_FAIL
#include <algorithm>
#include <caf/test/dsl.hpp>
#include <map>
#include <troupe/net/cluster/placement.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

place_candidate at(const std::string& node, uint64_t busy = 0, std::set<std::string> has = {}) {
  place_candidate one;
  one.node = node;
  one.has = std::move(has);
  one.slots = 10;
  one.free = 10 - busy;
  return one;
}

Placement wish(const std::string& how, std::vector<std::string> near = {},
               std::vector<std::string> apart = {}) {
  Placement place;
  place.set_how(how);
  place.mutable_near()->Assign(near.begin(), near.end());
  place.mutable_apart()->Assign(apart.begin(), apart.end());
  return place;
}

std::string chosen(std::vector<place_candidate> nodes, const Placement& place_wish, uint32_t count) {
  auto nodes_chosen = place(std::move(nodes), place_wish, count);
  if (!nodes_chosen)
    return std::string{to_string(code_of(nodes_chosen.error()))};
  std::string text;
  for (auto& one : *nodes_chosen)
    text += one;
  return text;
}

} // namespace

CAF_TEST(the least load gets the next one and what was placed counts) {
  CAF_CHECK_EQUAL(chosen({at("a", 4), at("b", 1), at("c", 2)}, wish(""), 1), "b");
  CAF_CHECK_EQUAL(chosen({at("a", 4), at("b", 1), at("c", 2)}, wish("least-load"), 5), "bcbcb");
  auto queue = at("b");
  queue.queued = 7;
  CAF_CHECK_EQUAL(chosen({at("a", 4), queue}, wish(""), 1), "a");
  auto ill = at("b", 2);
  ill.health = 0.25; // two tasks there are as eight elsewhere
  CAF_CHECK_EQUAL(chosen({at("a", 4), ill}, wish(""), 1), "a");
}

CAF_TEST(spread evens out members and pack keeps them together) {
  auto a = at("a"), b = at("b"), c = at("c", 5);
  a.members = 2;
  b.members = 1;
  CAF_CHECK_EQUAL(chosen({a, b, c}, wish("spread"), 4), "cbca");
  CAF_CHECK_EQUAL(chosen({a, b, c}, wish("pack"), 3), "aaa");
}

CAF_TEST(the order of the candidates does not matter) {
  std::vector<place_candidate> nodes{at("c", 3), at("a", 1), at("b", 1)};
  auto first = chosen(nodes, wish("spread"), 7);
  std::sort(nodes.begin(), nodes.end(), [](auto& x, auto& y) { return x.node < y.node; });
  CAF_CHECK_EQUAL(chosen(nodes, wish("spread"), 7), first);
}

CAF_TEST(near and apart hold whatever the load) {
  std::vector<place_candidate> nodes{at("a", 9, {"gpu", "scribe.1"}), at("b", 0, {"scribe.2"}),
                                     at("c", 0, {"gpu"})};
  CAF_CHECK_EQUAL(chosen(nodes, wish("", {"gpu"}), 1), "c");
  CAF_CHECK_EQUAL(chosen(nodes, wish("", {"gpu", "scribe.1"}), 2), "aa");
  CAF_CHECK_EQUAL(chosen(nodes, wish("", {}, {"gpu"}), 2), "bb");
  auto nobody = place(nodes, wish("", {"gpu"}, {"gpu"}), 1);
  CAF_REQUIRE(!nobody);
  CAF_CHECK_EQUAL(code_of(nobody.error()), ec::no_agent);
  CAF_CHECK_EQUAL(text_of(nobody.error()), "no node is fit: a has gpu, b has no gpu, c has gpu");
  CAF_CHECK_EQUAL(chosen({}, wish(""), 1), "no_agent");
  CAF_CHECK_EQUAL(chosen(nodes, wish("best"), 1), "invalid_argument");
}

CAF_TEST(candidates are the nodes that pass with what passes there) {
  ServiceList known;
  auto node = [&](const std::string& name, const std::string& state) {
    auto* one = known.add_nodes();
    one->set_node(name);
    one->set_state(state);
    one->set_queued(3);
  };
  node("a", "this node");
  node("b", "passing");
  node("c", "silent");
  auto agent = [&](const std::string& name, const std::string& id, bool passing) {
    auto* one = known.add_services();
    one->set_node(name);
    one->mutable_row()->set_agent(id);
    one->mutable_row()->add_capabilities("x");
    one->mutable_row()->set_passing(passing);
    one->mutable_row()->set_slots(4);
    one->mutable_row()->set_free(1);
    one->mutable_row()->set_success_rate(id == "a2" ? 0.5 : 1);
  };
  agent("a", "a1", true);
  agent("a", "a2", true);
  agent("a", "a3", false);
  agent("c", "c1", true);
  auto found = candidates_of(known, "x");
  CAF_REQUIRE_EQUAL(found.size(), 2u);
  CAF_CHECK_EQUAL(found[0].node, "a");
  CAF_CHECK_EQUAL(found[0].slots, 8u);
  CAF_CHECK_EQUAL(found[0].free, 2u);
  CAF_CHECK_EQUAL(found[0].members, 2u);
  CAF_CHECK_EQUAL(found[0].health, 0.75);
  CAF_CHECK_EQUAL(found[0].has.count("a3"), 0u);
  CAF_CHECK_EQUAL(found[1].agents, 0u);
  CAF_CHECK_EQUAL(found[1].queued, 3u);
}

CAF_TEST(a fleet shrinks where it has the most) {
  std::vector<FleetPool> pools(2);
  pools[0].set_node("a");
  pools[0].set_size(3);
  pools[1].set_node("b");
  pools[1].set_size(2);
  auto gone = shrink(pools, 3);
  CAF_CHECK_EQUAL(gone, (std::vector<std::string>{"a", "b", "a"}));
  CAF_CHECK_EQUAL(shrink(pools, 9).size(), 5u);
}

CAF_TEST(turns follow the weights and are spread) {
  std::vector<weighted_node> nodes{{"a", 5}, {"b", 1}, {"c", 1}};
  CAF_CHECK_EQUAL(take_turns(nodes, 7), (std::vector<size_t>{0, 0, 1, 0, 2, 0, 0})); // the example of nginx
  std::map<size_t, int> counts;
  for (auto at_node : take_turns({{"a", 0.5}, {"b", 1.5}}, 1000))
    ++counts[at_node];
  CAF_CHECK_EQUAL(counts[0], 250);
  CAF_CHECK_EQUAL(counts[1], 750);
  CAF_CHECK(take_turns({}, 3).empty());
}

// Row P3: at most 1/k + 10 % of the keys move, and only to the node that came.
CAF_TEST(one more node takes its share of the keys and moves no other) {
  constexpr int keys = 5000;
  for (int k = 2; k <= 8; ++k) {
    std::vector<std::string> before, after;
    for (int i = 0; i < k; ++i)
      after.push_back("node-" + std::to_string(i));
    before.assign(after.begin(), after.end() - 1);
    int moved = 0;
    std::map<std::string, int> shares;
    for (int key = 0; key < keys; ++key) {
      auto text = "task.type." + std::to_string(key);
      auto& old_node = node_for_key(text, before);
      auto& new_node = node_for_key(text, after);
      ++shares[new_node];
      if (old_node != new_node) {
        ++moved;
        CAF_CHECK_EQUAL(new_node, after.back());
      }
    }
    CAF_CHECK(moved <= keys / k + keys / 10);
    CAF_CHECK(moved > 0);
    for (auto& [node, share] : shares)
      CAF_CHECK(share > keys / k / 2);
  }
}
