// Work is split over a fleet where its agents are, and what has come of it is told by any node.
#define CAF_SUITE net.api.goal_methods
#include <tests/support/simulated_cluster.hpp>
#include <troupe/runtime/fleet_limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<agent_parts> counters() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "counter", "count", [](const Task& task) {
    return task.input("text") == "bad" ? fail(ec::invalid_argument, "no number") : finish(task.input("text"));
  });
  return parts;
}

struct counting : simulated_cluster {
  counting() : simulated_cluster{3, counters()} {}

  void spawn(uint32_t size, const std::string& how = "spread") {
    SpawnFleet in;
    in.set_name("f");
    in.set_behavior("counter");
    in.set_size(size);
    in.mutable_place()->set_how(how);
    auto fleet = call<Fleet>("a", in, 3s);
    if (!fleet)
      CAF_FAIL(describe(fleet.error()));
  }
  DistributeGoal goal(size_t items, const std::string& id = "g") {
    DistributeGoal in;
    in.set_id(id);
    in.set_fleet("f");
    in.set_capability("count");
    in.mutable_retry()->set_no_retry(true);
    for (size_t i = 0; i < items; ++i) {
      auto* input = in.add_items()->add_inputs();
      input->set_name("text");
      input->set_value(std::to_string(i));
    }
    return in;
  }
  GoalSet distribute(const std::string& node, const DistributeGoal& in) {
    auto set = call<GoalSet>(node, in, 3s);
    if (!set)
      CAF_FAIL(describe(set.error()));
    return *set;
  }
  GoalProgress collect(const std::string& node, uint32_t limit = 1000, const std::string& id = "g") {
    CollectResults in;
    in.set_id(id);
    in.set_limit(limit);
    auto progress = call<GoalProgress>(node, in);
    if (!progress)
      CAF_FAIL(describe(progress.error()));
    return *progress;
  }
  static std::map<std::string, int> by_node(const GoalProgress& progress) {
    std::map<std::string, int> counts;
    for (auto& one : progress.results())
      ++counts[one.node()];
    return counts;
  }
  std::set<std::string> all_tasks() {
    std::set<std::string> tasks;
    for (auto& one : members())
      for (auto& name : entities_of(one->name))
        if (name.starts_with("default/task/"))
          tasks.insert(name);
    return tasks;
  }
};

} // namespace

CAF_TEST(items become tasks at the nodes that have agents as these have slots) {
  counting nodes;
  nodes.spawn(6);
  CAF_CHECK_EQUAL(nodes.distribute("b", nodes.goal(30)).items(), 30u);
  nodes.pass(10s);
  for (auto node : {"a", "b", "c"}) {
    auto all = nodes.collect(node);
    CAF_CHECK_EQUAL(all.ended(), 30u);
    CAF_CHECK_EQUAL(all.failed(), 0u);
    CAF_CHECK(all.ended_ms() > 0);
    CAF_CHECK_EQUAL(nodes.by_node(all), (std::map<std::string, int>{{"a", 10}, {"b", 10}, {"c", 10}}));
    for (auto& one : all.results())
      CAF_CHECK_EQUAL(one.outcome().text(), std::to_string(one.item()));
  }
}

CAF_TEST(nodes without agents of the fleet get nothing) {
  counting nodes;
  nodes.spawn(4, "pack");
  nodes.distribute("c", nodes.goal(12));
  nodes.pass(10s);
  CAF_CHECK_EQUAL(nodes.by_node(nodes.collect("c")), (std::map<std::string, int>{{"a", 12}}));
}

CAF_TEST(without items there is one task for each agent) {
  counting nodes;
  nodes.spawn(5);
  CAF_CHECK_EQUAL(nodes.distribute("a", nodes.goal(0)).items(), 5u);
}

CAF_TEST(items with one key go to one node) {
  counting nodes;
  nodes.spawn(6);
  auto in = nodes.goal(40);
  for (int i = 0; i < in.items_size(); ++i)
    in.mutable_items(i)->set_key("type" + std::to_string(i % 8));
  nodes.distribute("a", in);
  nodes.pass(10s);
  std::map<uint32_t, std::set<std::string>> homes;
  auto all = nodes.collect("a");
  CAF_CHECK_EQUAL(all.ended(), 40u);
  for (auto& one : all.results())
    homes[one.item() % 8].insert(one.node());
  for (auto& [key, where] : homes)
    CAF_CHECK_EQUAL(where.size(), 1u);
  CAF_CHECK(nodes.by_node(all).size() > 1);
}

CAF_TEST(a repeat at another node begins nothing twice) {
  counting nodes;
  nodes.spawn(6);
  nodes.distribute("a", nodes.goal(20));
  nodes.pass(10s);
  ScaleFleet scale; // now it would be planned in another way
  scale.set_name("f");
  scale.set_size(2);
  CAF_CHECK((nodes.call<Fleet>("a", scale, 3s)));
  CAF_CHECK_EQUAL(nodes.distribute("b", nodes.goal(20)).items(), 20u);
  scale.set_size(0);
  CAF_CHECK((nodes.call<Fleet>("a", scale, 3s)));
  CAF_CHECK_EQUAL(nodes.distribute("c", nodes.goal(20)).items(), 20u);
  nodes.pass(10s);
  CAF_CHECK_EQUAL(nodes.all_tasks().size(), 20u);
  auto refused = nodes.call<GoalSet>("a", nodes.goal(21), 3s);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::already_exists);
}

CAF_TEST(a goal without a fleet that can do it is refused with the reason) {
  counting nodes;
  auto refused_with = [&](const DistributeGoal& in) {
    auto answer = nodes.call<GoalSet>("a", in, 3s);
    return answer ? ec{} : code_of(answer.error());
  };
  CAF_CHECK_EQUAL(refused_with(nodes.goal(2)), ec::no_agent);
  nodes.spawn(2);
  auto other = nodes.goal(2);
  other.set_capability("fly");
  CAF_CHECK_EQUAL(refused_with(other), ec::no_agent);
  other.set_capability("");
  CAF_CHECK_EQUAL(refused_with(other), ec::invalid_argument);
  CAF_CHECK_EQUAL(refused_with(nodes.goal(limits::goal_items + 1)), ec::invalid_argument);
  CAF_CHECK_EQUAL(refused_with(nodes.goal(1, std::string(180, 'x'))), ec::invalid_argument);
  CollectResults nobody;
  nobody.set_id("h");
  auto missing = nodes.call<GoalProgress>("a", nobody);
  CAF_REQUIRE(!missing);
  CAF_CHECK_EQUAL(code_of(missing.error()), ec::not_found);
}

CAF_TEST(failures are told apart and who waits hears of what comes) {
  counting nodes;
  nodes.spawn(3);
  auto in = nodes.goal(6);
  in.mutable_items(2)->mutable_inputs(0)->set_value("bad");
  nodes.distribute("a", in);
  CollectResults wait;
  wait.set_id("g");
  wait.set_wait(true);
  wait.set_after(5);
  auto last = nodes.call<GoalProgress>("b", wait, 10s);
  CAF_REQUIRE(last);
  CAF_CHECK_EQUAL(last->ended(), 6u);
  CAF_CHECK_EQUAL(last->failed(), 1u);
  CAF_CHECK_EQUAL(last->results_size(), 1);
  auto all = nodes.collect("c");
  for (auto& one : all.results())
    CAF_CHECK_EQUAL(one.outcome().has_failure(), one.item() == 2);
}

// The node that was asked, that of the goal and that of some tasks: each dies at some time, and nothing is lost or done twice.
CAF_TEST(a goal survives crashes of all nodes) {
  for (auto victim : {"a", "b", "c"})
    for (auto after : {0ms, 15ms, 400ms}) {
      counting nodes;
      nodes.spawn(6);
      nodes.distribute("a", nodes.goal(30));
      nodes.pass(after);
      nodes.crash(victim);
      nodes.pass(2s);
      nodes.start(victim);
      nodes.pass(limits::redelivery_first + 10s);
      auto all = nodes.collect("a");
      CAF_CHECK_EQUAL(all.ended(), 30u);
      CAF_CHECK_EQUAL(all.failed(), 0u);
      std::set<uint32_t> items;
      for (auto& one : all.results())
        items.insert(one.item());
      CAF_CHECK_EQUAL(items.size(), 30u);
      CAF_CHECK_EQUAL(nodes.all_tasks().size(), 30u);
    }
}
