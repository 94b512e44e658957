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

CAF_TEST(shards are a table and who does not answer says why) {
  control_node node;
  node.server.reset();
  node.hooks.shards = [] {
    ShardList list;
    list.set_cluster("blue");
    list.set_version(1);
    list.set_hash("0123456789abcdef");
    auto* a = list.add_owners();
    a->set_node("a");
    a->set_shards(120);
    a->set_state("this node");
    auto* b = list.add_owners();
    b->set_node("b");
    b->set_shards(136);
    b->set_state("store lost");
    b->set_why("restore it");
    b->set_store("s2");
    return list;
  };
  node.start();
  auto typed = type(node, {"cluster", "shards"});
  CAF_CHECK_EQUAL(typed.code, 0);
  CAF_CHECK_EQUAL(typed.out, "cluster blue, shard map 1 (0123456789abcdef)\n\n"
                             "NODE  SHARDS  STATE       STORE  WHY\n"
                             "a     120     this node\n"
                             "b     136     store lost  s2     restore it\n");
  auto json = type(node, {"cluster", "shards", "--json"});
  CAF_CHECK(json.out.find("\"store lost\"") != std::string::npos);
}

CAF_TEST(shards that move are a table with what moves and the epoch) {
  control_node node;
  node.server.reset();
  node.hooks.shards = [] {
    ShardList list;
    list.set_cluster("blue");
    auto* free = list.add_owners();
    free->set_shards(4);
    free->set_moving(4);
    free->set_state("free");
    auto* a = list.add_owners();
    a->set_node("a");
    a->set_shards(252);
    a->set_state("this node");
    a->set_epoch(7);
    return list;
  };
  node.start();
  CAF_CHECK_EQUAL(type(node, {"cluster", "shards"}).out, "cluster blue, shards move\n\n"
                                                         "NODE  SHARDS  MOVING  STATE      EPOCH\n"
                                                         "      4       4       free\n"
                                                         "a     252     0       this node  7\n");
}

CAF_TEST(a node is told to drain and to take shards again) {
  control_node node;
  node.server.reset();
  std::vector<bool> told;
  node.hooks.drain = [&](bool drained) -> caf::error {
    told.push_back(drained);
    return {};
  };
  node.start();
  auto name = node.options().node;
  auto typed = type(node, {"cluster", "drain", name});
  CAF_CHECK_EQUAL(typed.code, 0);
  CAF_CHECK_EQUAL(typed.out, name + " gives its shards away\n");
  CAF_CHECK_EQUAL(type(node, {"cluster", "drain", name, "--end"}).out, name + " takes shards again\n");
  CAF_CHECK(told == (std::vector<bool>{true, false}));
  CAF_CHECK_EQUAL(type(node, {"cluster", "drain", "nobody"}).code, 2);
}

CAF_TEST(why not says who answers and the exit code whether he does) {
  control_node node;
  node.server.reset();
  node.hooks.why_not = [](const std::string& name) -> caf::expected<Reachability> {
    if (name == "x")
      return make_error(ec::invalid_argument, "'x' is no ref");
    Reachability answer;
    answer.set_ref(name);
    answer.set_node("b");
    answer.set_reachable(name == "default/run/r1");
    answer.set_reason("because");
    return answer;
  };
  node.start();
  auto well = type(node, {"cluster", "why-not", "default/run/r1"});
  CAF_CHECK_EQUAL(well.code, 0);
  CAF_CHECK(well.out.find("because") != std::string::npos);
  CAF_CHECK_EQUAL(type(node, {"cluster", "why-not", "default/run/r2"}).code, 8);
  CAF_CHECK_EQUAL(type(node, {"cluster", "why-not", "x"}).code, 2);
}

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
  CAF_CHECK_EQUAL(type(node, {"cluster", "shards"}).code, 8);
  CAF_CHECK_EQUAL(type(node, {"cluster", "why-not", "default/run/r1"}).code, 8);
}
