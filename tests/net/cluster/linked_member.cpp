// Two members find each other over their links, and one that is alone says why.
#define CAF_SUITE net.cluster.linked_member
#include <tests/support/certificates.hpp>
#include <tests/support/tcp_relay.hpp>
#include <troupe/net/cluster/membership.hpp>
#include <troupe/persistence/memory_store.hpp>
#include <troupe/runtime/actor.hpp>

#include <caf/test/dsl.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

config member_config(const std::string& node, const std::string& members,
                     const link_files& files = {"c.pem", "k.pem", "a.pem"}) {
  config settings;
  settings.node.name = node;
  settings.cluster.id = "blue";
  settings.cluster.members = members;
  settings.cluster.certificate = files.certificate;
  settings.cluster.key = files.key;
  settings.cluster.authority = files.authority;
  return settings;
}

struct types : caf::actor_system_config {
  types() {
    add_messages(*this);
    set("scheduler.max-threads", size_t{2});
  }
};

// A member that has joined.
struct member {
  member(const std::string& node, const std::string& members, const link_files& files) : system{actors} {
    silence_grpc();
    doors parts;
    parts.time = std::make_shared<system_clock>();
    parts.names = std::make_shared<directory>();
    parts.rows = open_memory(static_cast<uint64_t>(node[0]));
    auto plan = plan_cluster(member_config(node, members, files));
    CAF_REQUIRE(plan && *plan);
    auto joined = join_cluster(**plan, system, std::make_shared<const doors>(std::move(parts)), 7);
    if (!joined)
      CAF_FAIL(describe(joined.error()));
    one = std::move(*joined);
  }
  types actors;
  caf::actor_system system;
  std::unique_ptr<membership> one;
};

} // namespace

CAF_TEST(two members find each other and each lists both) {
  certificates blue;
  auto members =
      "a 127.0.0.1:" + std::to_string(free_port()) + "; b 127.0.0.1:" + std::to_string(free_port());
  member a{"a", members, blue.sign("a", usual_identity("blue", "a"))};
  member b{"b", members, blue.sign("b", usual_identity("blue", "b"))};
  while (!a.one->all()->to("b") || !b.one->all()->to("a"))
    std::this_thread::yield();
  auto list = b.one->list();
  CAF_CHECK_EQUAL(list.cluster(), "blue");
  CAF_REQUIRE_EQUAL(list.members_size(), 2);
  CAF_CHECK_EQUAL(list.members(0).node(), "a");
  CAF_CHECK(list.members(0).reachable());
  CAF_CHECK_EQUAL(list.members(0).incarnation(), 7u);
  CAF_CHECK(list.members(1).self());
  CAF_CHECK_EQUAL(list.members(1).identity(), "troupe://blue/b");
}

CAF_TEST(a member without the others says why they are not reachable) {
  certificates blue;
  auto members =
      "a 127.0.0.1:" + std::to_string(free_port()) + "; b 127.0.0.1:" + std::to_string(free_port());
  member b{"b", members, blue.sign("b", usual_identity("blue", "b"))};
  auto list = b.one->list();
  CAF_REQUIRE_EQUAL(list.members_size(), 2);
  CAF_CHECK(!list.members(0).reachable());
  CAF_CHECK_EQUAL(list.members(0).trouble(), "unavailable: it has not been reached yet");
}
