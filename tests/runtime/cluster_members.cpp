// Members are named with an address each, and an identity where it is not the usual one.
#define CAF_SUITE runtime.cluster_members
#include <troupe/runtime/cluster_members.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

CAF_TEST(members are read with name and address and identity) {
  auto read = parse_cluster_members(" a 10.0.0.1:7800;b [::1]:7801  spiffe://prod/b ");
  CAF_REQUIRE(read);
  CAF_REQUIRE_EQUAL(read->size(), 2u);
  CAF_CHECK_EQUAL((*read)[0].name, "a");
  CAF_CHECK_EQUAL((*read)[0].address, "10.0.0.1:7800");
  CAF_CHECK_EQUAL((*read)[0].identity, "");
  CAF_CHECK_EQUAL((*read)[1].address, "[::1]:7801");
  CAF_CHECK_EQUAL((*read)[1].identity, "spiffe://prod/b");
  CAF_CHECK_EQUAL(usual_identity("blue", "a"), "troupe://blue/a");
}

CAF_TEST(no text is no members) {
  auto read = parse_cluster_members("  ");
  CAF_REQUIRE(read);
  CAF_CHECK(read->empty());
  CAF_CHECK(!check_cluster_members(""));
}

CAF_TEST(what is wrong is said with what is allowed) {
  auto wrong = [](std::string_view text) { return check_cluster_members(text).value_or("nothing"); };
  CAF_CHECK_EQUAL(
      wrong("a"),
      "'a' is no member: NAME HOST:PORT, and the URI in its certificate if it is not the usual one");
  CAF_CHECK_EQUAL(wrong("a b:1 c:d e"), "'a b:1 c:d e' is no member: NAME HOST:PORT, and the URI in its "
                                        "certificate if it is not the usual one");
  CAF_CHECK_EQUAL(
      wrong("a/b h:1"),
      "'a/b h:1' is no member: NAME HOST:PORT, and the URI in its certificate if it is not the usual one");
  for (auto address : {"host", "host:", "host:0", "host:65536", "host:1x", ":1", "::1:7800"})
    CAF_CHECK_EQUAL(wrong(std::string{"a "} + address),
                    std::string{"a: '"} + address + "' is no HOST:PORT with a port from 1 to 65535");
  CAF_CHECK_EQUAL(wrong("a h:1 uri"), "a: 'uri' is no URI of at most 200 bytes");
  CAF_CHECK_EQUAL(wrong("a h:1; a h:2"), "a: its name, address or identity is there twice");
  CAF_CHECK_EQUAL(wrong("a h:1; b h:1"), "b: its name, address or identity is there twice");
}
