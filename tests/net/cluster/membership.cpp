// A node among the members of its configuration: what the configuration must say, whose the shards are, time for its links.
#define CAF_SUITE net.cluster.membership
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

std::string wrong(const config& settings) {
  auto plan = plan_cluster(settings);
  return plan ? "nothing" : describe(plan.error());
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

struct virtual_time : caf::actor_system_config {
  virtual_time() {
    add_messages(*this);
  }
};

// A wire that only remembers how it ended.
struct dead_wire final : wire {
  void send(Frame&&) override {}
  void finish() override {}
  void cancel() override {
    cancelled = true;
  }
  bool cancelled = false;
};

} // namespace

CAF_TEST(without members a node is alone) {
  auto plan = plan_cluster(config{});
  CAF_REQUIRE(plan);
  CAF_CHECK(!plan->has_value());
}

CAF_TEST(a plan has this node and the others with their identities) {
  auto plan = plan_cluster(member_config("b", "c h:3; a h:1 spiffe://x/a; b h:2"));
  CAF_REQUIRE(plan && *plan);
  CAF_CHECK_EQUAL((*plan)->self.address, "h:2");
  CAF_CHECK_EQUAL((*plan)->self.identity, "troupe://blue/b");
  CAF_REQUIRE_EQUAL((*plan)->others.size(), 2u);
  CAF_CHECK_EQUAL((*plan)->others[0].identity, "spiffe://x/a");
  CAF_CHECK_EQUAL((*plan)->others[1].name, "c");
}

CAF_TEST(what is missing is said) {
  CAF_CHECK_EQUAL(wrong(member_config("d", "a h:1; b h:2")),
                  "invalid_argument: [cluster] members do not name this node, d: see [node] name");
  CAF_CHECK_EQUAL(wrong(member_config("a", "a h:1", {"", "k", "a"})),
                  "invalid_argument: [cluster] has members and no certificate: links need certificates");
  auto nameless = member_config("a", "a h:1");
  nameless.cluster.id = "";
  CAF_CHECK_EQUAL(wrong(nameless), "invalid_argument: [cluster] has members and no id");
}

CAF_TEST(founders are members and all of them if nobody is named) {
  auto plan = plan_cluster(member_config("a", "a h:1; b h:2"));
  CAF_REQUIRE(plan && *plan);
  CAF_CHECK_EQUAL((*plan)->founders, (std::vector<std::string>{"a", "b"}));
  auto one = member_config("a", "a h:1; b h:2");
  one.cluster.founders = " b ";
  plan = plan_cluster(one);
  CAF_REQUIRE(plan && *plan);
  CAF_CHECK_EQUAL((*plan)->founders, std::vector<std::string>{"b"});
  one.cluster.founders = "b c";
  CAF_CHECK_EQUAL(wrong(one), "invalid_argument: [cluster] founders: c is no member");
}

CAF_TEST(shards are shown with who owns them and a ref with who answers to it) {
  certificates blue;
  auto members =
      "a 127.0.0.1:" + std::to_string(free_port()) + "; b 127.0.0.1:" + std::to_string(free_port());
  member b{"b", members, blue.sign("b", usual_identity("blue", "b"))};
  auto list = b.one->shards();
  CAF_CHECK_EQUAL(list.cluster(), "blue");
  CAF_CHECK_EQUAL(list.version(), 1u);
  CAF_REQUIRE_EQUAL(list.owners_size(), 2);
  CAF_CHECK_EQUAL(list.owners(0).node(), "a");
  CAF_CHECK_EQUAL(list.owners(0).state(), "unreachable");
  CAF_CHECK(!list.owners(0).why().empty());
  CAF_CHECK_EQUAL(list.owners(1).state(), "this node");
  CAF_CHECK_EQUAL(list.owners(0).shards() + list.owners(1).shards(), 256u);
  int here = 0;
  for (int i = 0; i < 40; ++i) {
    auto found = b.one->why_not("default/run/r" + std::to_string(i));
    CAF_REQUIRE(found);
    here += found->reachable();
    CAF_CHECK_EQUAL(found->reachable(), found->node() == "b");
  }
  CAF_CHECK(here > 5 && here < 35);
  auto agent = b.one->why_not("default/agent/x");
  CAF_REQUIRE(agent);
  CAF_CHECK(agent->reachable());
  CAF_CHECK_EQUAL(code_of(b.one->why_not("nonsense").error()), ec::invalid_argument);
}

CAF_TEST(files that are missing keep a node from joining) {
  types actors;
  caf::actor_system system{actors};
  auto plan = plan_cluster(member_config("a", "a 127.0.0.1:1", {"nowhere.pem", "k.pem", "a.pem"}));
  CAF_REQUIRE(plan && *plan);
  doors parts;
  parts.names = std::make_shared<directory>();
  parts.rows = open_memory(1);
  auto joined = join_cluster(**plan, system, std::make_shared<const doors>(std::move(parts)), 1);
  CAF_REQUIRE(!joined);
  CAF_CHECK_EQUAL(code_of(joined.error()), ec::not_found);
}

CAF_TEST_FIXTURE_SCOPE(clock_tests, test_coordinator_fixture<virtual_time>)

CAF_TEST(the clock lets time pass for links) {
  auto office = std::make_shared<link_office>();
  office->system = &sys;
  office->names = std::make_shared<directory>();
  office->exports = std::make_shared<link_exports>();
  Hello hello;
  hello.set_node("a");
  auto all =
      std::make_shared<links>(hello, std::vector<link_member>{{"b", "", "uri:b"}}, office, links::listener{});
  auto parent = sys.spawn([all](caf::event_based_actor* one) -> caf::behavior {
    spawn_link_clock(one, all);
    return {[](int) {}};
  });
  sched.run();
  sched.advance_time(limits::link_tick);
  sched.run();
  auto over = std::make_shared<dead_wire>();
  auto speaker = all->greet(over, "uri:b");
  CAF_REQUIRE(speaker);
  (*speaker)->opened();
  for (auto passed = 0ms; passed < limits::link_silence + 1s; passed += limits::link_tick) {
    sched.advance_time(limits::link_tick);
    sched.run();
  }
  CAF_CHECK(over->cancelled);
  caf::anon_send_exit(parent, caf::exit_reason::kill);
  sched.run();
  sched.clock().cancel_all();
}

CAF_TEST_FIXTURE_SCOPE_END()
