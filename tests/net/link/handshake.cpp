// Who fits is spoken to in the highest version both can; who does not is told why.
#define CAF_SUITE net.link.handshake
#include <troupe/net/link/handshake.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/link_limits.hpp>
#include <troupe/runtime/proto/link.pb.h>

using namespace troupe;

namespace {

// What is said to a node that differs from a good one in this.
std::string answer(const std::function<void(Hello&)>& differ) {
  auto theirs = make_hello("blue", "b", 7);
  differ(theirs);
  auto spoken = agree(make_hello("blue", "a", 3), theirs);
  return spoken ? std::to_string(*spoken) : describe(spoken.error());
}

} // namespace

CAF_TEST(two nodes of one cluster speak the highest version both can) {
  CAF_CHECK_EQUAL(answer([](Hello&) {}), "1");
  CAF_CHECK_EQUAL(answer([](Hello& h) { h.set_protocol_highest(9); }), "1");
  auto newer = make_hello("blue", "b", 7);
  newer.set_protocol_lowest(1);
  newer.set_protocol_highest(3);
  auto ours = newer;
  ours.set_node("a");
  ours.set_protocol_highest(2);
  auto spoken = agree(ours, newer);
  CAF_REQUIRE(spoken);
  CAF_CHECK_EQUAL(*spoken, 2u);
}

CAF_TEST(nodes of different clusters or with one name are told so) {
  CAF_CHECK_EQUAL(answer([](Hello& h) { h.set_cluster("red"); }),
                  "conflict: node b is of cluster red; node a is of cluster blue");
  CAF_CHECK_EQUAL(answer([](Hello& h) { h.set_node("a"); }), "conflict: both nodes are called a");
}

CAF_TEST(nodes with different shard maps are told so) {
  CAF_CHECK_EQUAL(
      answer([](Hello& h) {
        h.set_map_version(1);
        h.set_map_hash("f00");
      }),
      "conflict: node b has shard map 1 (f00), node a has 0 (): they were not made for the same members");
  CAF_CHECK_EQUAL(answer([](Hello& h) { h.set_store("another"); }), "1");
}

CAF_TEST(without a common version the text says which ones there are) {
  CAF_CHECK_EQUAL(
      answer([](Hello& h) {
        h.set_protocol_lowest(2);
        h.set_protocol_highest(3);
      }),
      "from_future: node b speaks protocol 2 to 3, node a speaks 1 to 1: upgrade one version at a time");
}

CAF_TEST(a greeting without a name or with a huge one or without a window is refused) {
  CAF_CHECK_EQUAL(
      answer([](Hello& h) { h.clear_node(); }),
      "invalid_argument: cluster, node and version of a greeting have 1 to 200 bytes each; one has 0");
  CAF_CHECK_EQUAL(
      answer([](Hello& h) { h.set_node(std::string(201, 'n')); }),
      "invalid_argument: cluster, node and version of a greeting have 1 to 200 bytes each; one has 201");
  CAF_CHECK_EQUAL(answer([](Hello& h) { h.set_window_bytes(0); }),
                  "invalid_argument: node b grants no window");
}
