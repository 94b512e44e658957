// Fleets and goals as somebody types them.
#define CAF_SUITE net.node.fleet_commands
#include <tests/support/typed.hpp>
#include <troupe/runtime/interface/fleet.hpp>

using namespace troupe;

namespace {

struct fleet_node : control_node {
  fleet_node() {
    add_name(*rows, "default/goal/g");
    play(std::string{services::service_registry}, [this](const FindServices& wish) {
      found_by = wish;
      ServiceList list;
      auto* self = list.add_nodes();
      self->set_node("n1");
      self->set_state("this node");
      self->set_agents(1);
      auto* one = list.add_services();
      one->set_node("n1");
      one->mutable_row()->set_agent("f.n1.1");
      one->mutable_row()->set_passing(true);
      one->mutable_row()->set_slots(2);
      one->mutable_row()->set_free(1);
      one->mutable_row()->set_success_rate(0.5);
      one->mutable_row()->add_capabilities("write");
      return list;
    });
    play(
        std::string{services::pool_keeper},
        [this](const ListFleets&) {
          FleetList list;
          if (size > 0) {
            auto* one = list.add_fleets();
            *one->mutable_spec() = spec;
            one->set_size(size);
            auto* pool = one->add_pools();
            pool->set_node("n1");
            pool->set_size(size);
          }
          return list;
        },
        [this](const SizePool& wanted) {
          spec = wanted.spec();
          size = wanted.size();
          Fleet done;
          *done.mutable_spec() = spec;
          done.set_size(size);
          return done;
        });
    play(
        "default/goal/g",
        [this](const SetGoal& set) {
          goal = set.goal();
          GoalSet answer;
          answer.set_id("g");
          return answer;
        },
        [this](const CollectResults& asked) {
          waited = waited || asked.wait();
          GoalProgress page;
          page.set_id("g");
          page.set_items(2);
          auto all = asked.after() > 0 || asked.wait();
          page.set_ended(all ? 2 : 1);
          page.set_failed(all ? 1 : 0);
          page.set_ended_ms(all ? 7 : 0);
          auto* one = page.add_results();
          one->set_item(static_cast<uint32_t>(asked.after()));
          if (asked.after() == 0)
            one->mutable_outcome()->set_text("forty-two");
          else
            one->mutable_outcome()->mutable_failure()->set_text("no number");
          page.set_next(asked.after() + 1);
          return page;
        },
        [this](const CancelGoal& stop) {
          reason = stop.reason();
          return Done{};
        });
    play(std::string{services::registry}, [this](const RegisterAgent& hire) {
      AgentRecord record;
      record.set_id(hire.request().id());
      *record.mutable_request() = hire.request();
      return record;
    });
  }
  FindServices found_by;
  FleetSpec spec;
  uint32_t size = 0;
  DistributeGoal goal;
  bool waited = false;
  std::string reason;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(agents of all nodes are a table) {
  fleet_node node;
  auto found = type(node, {"agents", "find", "--can", "write", "--all"});
  CAF_CHECK_EQUAL(found.code, 0);
  CAF_CHECK(has(found.out, "f.n1.1  n1    1/2   50%      write"));
  CAF_CHECK(has(found.out, "n1    this node  1"));
  CAF_CHECK_EQUAL(node.found_by.can(0), "write");
  CAF_CHECK(node.found_by.all());
}

CAF_TEST(a fleet is spawned scaled listed and retired) {
  fleet_node node;
  auto none = type(node, {"fleet", "list"});
  CAF_CHECK_EQUAL(none.out, "no fleets\n");
  auto spawned = type(node, {"fleet", "spawn", "f", "scribe", "--size", "3", "--can", "write", "--slots", "2",
                             "--floor", "1", "--ceiling", "9", "--place", "spread"});
  CAF_CHECK_EQUAL(spawned.code, 0);
  CAF_CHECK(has(spawned.out, "n1 3"));
  CAF_CHECK_EQUAL(node.spec.scale().ceiling(), 9u);
  CAF_CHECK_EQUAL(node.spec.capabilities(0), "write");
  auto list = type(node, {"fleet", "list"});
  CAF_CHECK(has(list.out, "f      scribe    3       n1 3  1 to 9 a node"));
  CAF_CHECK_EQUAL(type(node, {"fleet", "scale", "f", "--size", "5"}).code, 0);
  CAF_CHECK_EQUAL(node.size, 5u);
  CAF_CHECK_EQUAL(type(node, {"fleet", "scale", "f", "--size", "0"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"fleet", "scale", "g", "--size", "2"}).code, 3);
  CAF_CHECK_EQUAL(type(node, {"fleet", "spawn", "f", "scribe", "--size", "2", "--place", "best"}).code, 7);
  CAF_CHECK_EQUAL(type(node, {"fleet", "retire", "f"}).code, 0);
  CAF_CHECK_EQUAL(node.size, 0u);
}

CAF_TEST(a goal is split into items) {
  fleet_node node;
  auto set = type(node, {"fleet", "goal", "f", "count", "--id", "g", "--input", "unit=m", "--item", "1",
                         "--item", "2", "--each", "number"});
  CAF_CHECK_EQUAL(set.code, 0);
  CAF_CHECK_EQUAL(set.out, "g\n");
  CAF_CHECK_EQUAL(node.goal.fleet(), "f");
  CAF_CHECK_EQUAL(node.goal.inputs(0).value(), "m");
  CAF_REQUIRE_EQUAL(node.goal.items_size(), 2);
  CAF_CHECK_EQUAL(node.goal.items(1).inputs(0).name(), "number");
  CAF_CHECK_EQUAL(node.goal.items(1).inputs(0).value(), "2");
  auto file =
      write_file(node.home.path + "/goal.json", R"({"items": [{"inputs": [{"name": "x", "value": "1"}]}]})");
  CAF_CHECK_EQUAL(type(node, {"fleet", "goal", "f", "count", "--id", "g", "--file", file}).code, 0);
  CAF_REQUIRE_EQUAL(node.goal.items_size(), 1);
  CAF_CHECK_EQUAL(node.goal.items(0).inputs(0).name(), "x");
}

CAF_TEST(results are shown as far as they are and waited for if that is wanted) {
  fleet_node node;
  auto some = type(node, {"fleet", "results", "g"});
  CAF_CHECK_EQUAL(some.code, 0);
  CAF_CHECK(has(some.out, "g: 1 of 2 have ended, 0 of them failed"));
  CAF_CHECK(has(some.out, "forty-two"));
  CAF_CHECK(!node.waited);
  auto all = type(node, {"fleet", "results", "g", "--wait"});
  CAF_CHECK_EQUAL(all.code, 1);
  CAF_CHECK(node.waited);
  CAF_CHECK(has(all.out, "forty-two"));
  CAF_CHECK(has(all.out, "no number"));
  CAF_CHECK_EQUAL(type(node, {"fleet", "results", "h"}).code, 3);
  CAF_CHECK_EQUAL(type(node, {"fleet", "cancel", "g", "--reason", "enough"}).code, 0);
  CAF_CHECK_EQUAL(node.reason, "enough");
}

CAF_TEST(an agent is registered on a node that is named or found) {
  fleet_node node;
  auto file = write_file(node.home.path + "/agent.json",
                         R"({"id": "w", "behavior": "scribe", "capabilities": ["write"]})");
  auto here = type(node, {"agents", "register", file, "--on", "n1"});
  CAF_CHECK_EQUAL(here.code, 0);
  CAF_CHECK(has(here.out, "on node n1"));
  CAF_CHECK(has(type(node, {"agents", "register", file, "--near", "write"}).out, "on node n1"));
  CAF_CHECK(type(node, {"agents", "register", file, "--apart", "write"}).code != 0);
  CAF_CHECK_EQUAL(type(node, {"agents", "register", file, "--on", "n2"}).code, 3);
  CAF_CHECK_EQUAL(type(node, {"agents", "register", file, "--on", "n1", "--place", "pack"}).code, 2);
}
