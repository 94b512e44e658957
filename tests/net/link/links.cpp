// A node and its members: one link each, the younger one counts, and whoever is no member or no longer one is refused.
#define CAF_SUITE net.link.links
#include <tests/support/simulated_wire.hpp>
#include <troupe/net/link/handshake.hpp>
#include <troupe/net/link/links.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

// Nodes whose links run under virtual time.
struct three_nodes {
  struct types : caf::actor_system_config {
    types() {
      set("scheduler.policy", caf::atom("testing"));
      add_messages(*this);
    }
  };
  three_nodes() : system{config} {
    office->system = &system;
    office->names = std::make_shared<directory>();
    office->exports = std::make_shared<link_exports>();
    for (auto name : {"a", "b", "c"})
      start(name, 1);
    net.on_tick = [this](std::chrono::milliseconds now) {
      for (auto& [name, node] : nodes)
        node->tick(now);
    };
  }
  ~three_nodes() {
    for (auto& [name, node] : nodes)
      node->stop();
    net.advance(1s);
    net.on_tick = nullptr;
    for (auto& one : ends)
      one->user.reset();
  }

  // A life of a node; its links are told on the list of what was seen.
  void start(const std::string& name, uint64_t incarnation) {
    std::vector<link_member> members;
    for (auto node : {"a", "b", "c"})
      members.push_back({node, "", std::string{"uri:"} + node});
    nodes[name] = std::make_shared<links>(make_hello("blue", name, incarnation), members, office,
                                          [this, name](const std::string& node, const session_ptr& over) {
                                            seen.push_back(name + (over ? " has " : " lost ") + node);
                                          });
  }

  // A wire by which each sees the other's certificate; gives the error of whoever refuses it at once.
  caf::error link(const std::string& one, const std::string& two, const std::string& shown = {}) {
    auto [x, y] = net.connect(one, two);
    ends.push_back(x);
    ends.push_back(y);
    auto at_two = nodes[two]->greet(y, "uri:" + (shown.empty() ? one : shown));
    if (!at_two)
      return at_two.error();
    auto at_one = nodes[one]->greet(x, "uri:" + two);
    if (!at_one)
      return at_one.error();
    users.push_back(*at_one);
    users.push_back(*at_two);
    x->user = *at_one;
    y->user = *at_two;
    (*at_two)->opened();
    (*at_one)->opened();
    net.advance(50ms);
    return {};
  }

  rough_links roads{1, 5ms};
  simulated_net net{roads};
  types config;
  caf::actor_system system;
  std::shared_ptr<link_office> office = std::make_shared<link_office>();
  std::map<std::string, std::shared_ptr<links>> nodes;
  std::vector<std::shared_ptr<simulated_net::end>> ends;
  std::vector<std::shared_ptr<wire_end>> users;
  std::vector<std::string> seen;
};

std::string stands(links& node, size_t index) {
  auto all = node.standing();
  return all.at(index).member.node +
         (all[index].reachable ? " reachable" : " " + describe(all[index].trouble));
}

using texts = std::vector<std::string>;

} // namespace

CAF_TEST(members are reachable over their links and others are told why not ) {
  three_nodes world;
  CAF_CHECK(!world.link("a", "b"));
  auto& a = *world.nodes["a"];
  CAF_CHECK(a.to("b"));
  CAF_CHECK_EQUAL(describe(a.to("c").error()), "unavailable: node c is not reachable now (unavailable: it "
                                               "has not been reached yet); repeat in a second");
  CAF_CHECK_EQUAL(describe(a.to("d").error()), "not_found: no other node of cluster blue is called d");
  CAF_CHECK_EQUAL(stands(a, 0), "b reachable");
  a.failed("c", make_error(ec::unavailable, "connection refused"));
  CAF_CHECK_EQUAL(stands(a, 1), "c unavailable: connection refused");
  auto seen = world.seen;
  std::sort(seen.begin(), seen.end());
  CAF_CHECK_EQUAL(seen, (texts{"a has b", "b has a"}));
}

CAF_TEST(an identity that is no member is refused at once) {
  three_nodes world;
  auto refused = world.link("a", "b", "mallory");
  CAF_CHECK_EQUAL(describe(refused), "permission_denied: uri:mallory is no member of cluster blue on node b");
}

CAF_TEST(a member under the name of another is refused) {
  three_nodes world;
  CAF_CHECK(!world.link("c", "b", "a")); // the certificate of a, the greeting of c
  CAF_CHECK(!world.nodes["b"]->to("a"));
  CAF_CHECK_EQUAL(stands(*world.nodes["c"], 1), "b permission_denied: the other side ends the link: its "
                                                "certificate is of node a, and it says that it is c");
}

CAF_TEST(a younger link takes the place of an older one) {
  three_nodes world;
  world.link("a", "b");
  auto first = world.nodes["b"]->to("a");
  world.seen.clear();
  world.link("a", "b");
  auto second = world.nodes["b"]->to("a");
  CAF_REQUIRE(first && second);
  CAF_CHECK(*first != *second);
  CAF_CHECK(!(*first)->open());
  CAF_CHECK((*second)->open());
  world.net.advance(10s);
  CAF_CHECK(world.nodes["a"]->to("b"));
  CAF_CHECK_EQUAL(std::count(world.seen.begin(), world.seen.end(), "b lost a"), 0);
}

CAF_TEST(a former life of a node is refused after the next one was seen) {
  three_nodes world;
  auto former = world.nodes["a"];
  world.link("a", "b");
  world.start("a", 2);
  world.link("a", "b");
  CAF_CHECK_EQUAL(world.nodes["b"]->standing()[0].incarnation, 2u);
  world.nodes["a"]->stop();
  world.net.advance(100ms);
  CAF_CHECK_EQUAL(stands(*world.nodes["b"], 0), "a unavailable: the other side ends the link: node a stops");
  world.nodes["a"] = former;
  world.link("a", "b");
  CAF_CHECK_EQUAL(stands(*world.nodes["b"], 0), "a stale: incarnation 1 of node a is over: 2 was seen");
  CAF_CHECK_EQUAL(stands(*former, 0),
                  "b stale: the other side ends the link: incarnation 1 of node a is over: 2 was seen");
}

CAF_TEST(a link that is silent is given up and the next one is taken) {
  three_nodes world;
  world.link("a", "b");
  world.roads.cut("a", "b");
  world.roads.cut("b", "a");
  world.net.advance(limits::link_silence + 1s);
  CAF_CHECK(!world.nodes["a"]->to("b"));
  CAF_CHECK(!world.nodes["b"]->to("a"));
  world.roads.heal();
  world.link("a", "b");
  CAF_CHECK(world.nodes["a"]->to("b"));
}

CAF_TEST(a node that stops tells its members and takes no more links) {
  three_nodes world;
  world.link("a", "b");
  world.nodes["b"]->stop();
  world.net.advance(100ms);
  CAF_CHECK_EQUAL(stands(*world.nodes["a"], 0), "b unavailable: the other side ends the link: node b stops");
  CAF_CHECK_EQUAL(describe(world.link("c", "b")), "unavailable: node b stops");
}
