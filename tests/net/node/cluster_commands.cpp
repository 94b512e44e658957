// Members in a table: who, where, and why somebody is not reachable.
#define CAF_SUITE net.node.cluster_commands
#include <tests/support/typed.hpp>

using namespace troupe;

namespace {

MemberList three() {
  MemberList list;
  list.set_cluster("blue");
  for (auto name : {"a", "b", "c"}) {
    auto* one = list.add_members();
    one->set_node(name);
    one->set_address(std::string{"10.0.0.1:780"} + name[0]);
    one->set_version("0.1.0");
  }
  list.mutable_members(0)->set_self(true);
  list.mutable_members(1)->set_reachable(true);
  list.mutable_members(1)->set_sent(12);
  list.mutable_members(1)->set_received(7);
  list.mutable_members(2)->set_trouble("unavailable: connection refused");
  list.mutable_members(2)->clear_version();
  return list;
}

} // namespace

CAF_TEST(members are a table with what is wrong at its end) {
  control_node node;
  node.server.reset();
  node.hooks.members = three;
  node.start();
  auto typed = type(node, {"cluster", "members"});
  CAF_CHECK_EQUAL(typed.code, 0);
  CAF_CHECK_EQUAL(
      typed.out,
      "cluster blue\n\n"
      "NODE  ADDRESS        STATE        SINCE  VERSION  SENT  RECEIVED  WHY\n"
      "a     10.0.0.1:780a  this node    -      0.1.0\n"
      "b     10.0.0.1:780b  reachable    -      0.1.0    12    7\n"
      "c     10.0.0.1:780c  unreachable  -                               unavailable: connection refused\n");
}

CAF_TEST(members are JSON for programs) {
  control_node node;
  node.server.reset();
  node.hooks.members = three;
  node.start();
  auto typed = type(node, {"cluster", "members", "--json"});
  CAF_CHECK_EQUAL(typed.code, 0);
  CAF_CHECK(typed.out.find("\"cluster\"") != std::string::npos);
  CAF_CHECK(typed.out.find("connection refused") != std::string::npos);
}

CAF_TEST(a node that is alone says so) {
  control_node node;
  auto typed = type(node, {"cluster", "members"});
  CAF_CHECK_EQUAL(typed.code, 8);
  CAF_CHECK(typed.err.find("names no members") != std::string::npos);
}
