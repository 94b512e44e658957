// Three nodes whose links are slow, lose frames and break, and which crash: every run ends as it does on one node that nothing happens to,
// nothing is spent twice, and nobody exists twice. TROUPE_CLUSTER_SEEDS=1000 makes it as many stories.
#define CAF_SUITE journey.many_nodes
#include <cstdlib>
#include <random>
#include <tests/support/simulated_cluster.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/ledger.pb.h>
#include <troupe/runtime/proto/schedule.pb.h>

namespace troupe {
namespace {

using namespace std::chrono_literals;

constexpr int runs = 16, kinds_of_runs = 4;

uint64_t how_many() {
  auto* wanted = std::getenv("TROUPE_CLUSTER_SEEDS");
  return wanted ? static_cast<uint64_t>(std::atoll(wanted)) : 12;
}

std::shared_ptr<agent_parts> crew() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "worker", "work", [](const Task&) { return finish(R"({"cost":2})"); });
  teach(*parts, "asker", "ask", [](const Task&) {
    return call_agent("work", {}).then([](const Result& answer) { return finish(answer.text()); });
  });
  teach(*parts, "clumsy", "try", [](const Task& task) {
    return task.attempt() == 1 ? fail(ec::tool_failed, "not yet") : finish("well");
  });
  return parts;
}

// What crosses nodes: a child run of a published workflow, a task that a task asks for, a ledger that a loop draws on; and what does not.
const WorkflowDefinition& definition(int i) {
  static const std::vector<WorkflowDefinition> all = [] {
    std::vector<WorkflowDefinition> made;
    for (auto* steps : {R"(
  - {id: pause, wait: {for: 2s}}
  - {id: try, needs: [pause], task: {required: [try], retry: {max_retries: 2, initial_delay: 1s}}}
)",
                        R"(
  - {id: inner, child: {workflow: inner}}
  - {id: after, needs: [inner], child: {workflow: inner}}
)",
                        R"(
  - {id: ask, task: {required: [ask]}}
)",
                        R"(
  - id: again
    loop:
      until: index >= 2
      max_rounds: 2
      budget: {ledger: purse, per_round: 5, cost: last.cost}
      body: {steps: [{id: work, task: {required: [work]}}]}
)"})
      made.push_back(read_workflow(std::string{"name: outer\nsteps:"} + steps).definition);
    return made;
  }();
  return all[static_cast<size_t>(i) % all.size()];
}

std::string ref_of(int i) {
  return "default/run/r" + std::to_string(i);
}

struct world : simulated_cluster {
  world(size_t nodes, uint64_t seed) : simulated_cluster{nodes, crew(), {}, seed}, chance{seed} {
    hire("w1", "worker", {"work"});
    hire("a1", "asker", {"ask"});
    hire("c1", "clumsy", {"try"});
    SetLedgerLimit limit;
    limit.set_amount(1'000'000);
    limit.set_unit("usd-micro");
    if (!ask<LedgerState>("a", "default/ledger/purse", limit))
      CAF_FAIL("there is no purse");
    PublishWorkflow published;
    *published.mutable_definition() = read_workflow(R"(
name: inner
steps:
  - {id: work, task: {required: [work]}}
)")
                                          .definition;
    if (!ask<WorkflowRevision>("a", "default/workflow/inner", published))
      CAF_FAIL("nothing is published");
  }

  size_t pick(size_t below) {
    return static_cast<size_t>(chance() % below);
  }
  std::string some_node() {
    return std::string(1, static_cast<char>('a' + pick(members().size())));
  }

  // Asked for at any node, again and again, as whoever wants it would.
  void want(int i) {
    auto from = some_node();
    if (begun.count(i) > 0 || !at(from).node)
      return;
    StartWorkflow start;
    *start.mutable_definition() = definition(i);
    start.mutable_context()->set_principal("ada");
    post<WorkflowAccepted>(from, ref_of(i), start, [this, i](caf::expected<WorkflowAccepted> accepted) {
      if (accepted)
        begun.insert(i);
    });
  }

  void befall() {
    auto one = some_node(), two = some_node();
    switch (pick(7)) {
    case 0:
      if (one != two)
        cut(one, two);
      break;
    case 1: // a hole, which is noticed only by silence
      roads.cut(one, two);
      break;
    case 2:
      roads.slow(one, two, milliseconds{pick(800)});
      break;
    case 3:
    case 4:
      if (at(one).node) {
        crash(one);
        ++crashes;
      }
      break;
    default:
      break;
    }
  }

  // Whoever is down comes up, and whoever is not linked dials.
  void recover(bool all) {
    for (auto& one : members())
      if (!one->node && (all || pick(4) == 0))
        start(one->name);
    for (auto& one : members())
      for (auto& two : members())
        if (one->name < two->name && one->node && two->node && !is_linked(one->name, two->name) &&
            (all || pick(3) == 0))
          link(one->name, two->name);
  }

  bool all_ended() {
    for (int i = 0; i < runs; ++i) {
      auto run = ask<RunDescription>("a", ref_of(i), GetRun{}, 60ms);
      if (!run || run->state().ended_ms() == 0)
        return false;
    }
    return true;
  }

  void come_to_rest() {
    roads.heal();
    for (int patience = 0; patience < 40; ++patience) {
      recover(true);
      for (int i = 0; i < runs; ++i)
        want(i);
      pass(30s, 100ms);
      if (begun.size() == runs && all_ended())
        break;
    }
    pass(900s, 500ms); // what was late is told now
  }

  void live() {
    for (int round = 0; round < 60; ++round) {
      want(static_cast<int>(pick(runs)));
      befall();
      if (pick(3) == 0)
        recover(false);
      if (pick(5) == 0)
        roads.heal();
      pass(milliseconds{20 + pick(400)});
    }
    come_to_rest();
  }

  // How every run ended, as far as people see.
  std::vector<std::string> ends() {
    std::vector<std::string> all;
    for (int i = 0; i < runs; ++i) {
      auto run = ask<RunDescription>("a", ref_of(i), GetRun{});
      auto& line = all.emplace_back(ref_of(i));
      if (!run) {
        line += " " + describe(run.error());
        continue;
      }
      line += " " + RunStatus_Name(run->state().status()) + " " + run->state().outcome().text();
      for (auto& step : run->state().steps())
        line += " " + step.id() + "=" + step.task().outcome().text();
    }
    return all;
  }

  int64_t spent() {
    auto purse = ask<LedgerState>("a", "default/ledger/purse", GetLedger{});
    return purse ? purse->spent() : -1;
  }
  int64_t reserved() {
    auto purse = ask<LedgerState>("a", "default/ledger/purse", GetLedger{});
    return purse ? purse->reserved() : -1;
  }

  // All entities but agents, each as often as a store has it.
  std::map<std::string, int> population() {
    std::map<std::string, int> all;
    for (auto& one : members())
      for (auto& name : entities_of(one->name))
        if (name.find("/agent/") == std::string::npos)
          ++all[name.substr(0, name.find('-'))]; // when a child was begun, its name says too
    return all;
  }

  std::mt19937_64 chance;
  std::set<int> begun;
  int crashes = 0;
};

} // namespace
} // namespace troupe

using namespace troupe;

CAF_TEST(whatever happens to nodes and links runs end as on one node and nothing is done twice) {
  world alone{1, 1};
  alone.come_to_rest();
  auto expected = alone.ends();
  auto population = alone.population();
  auto spent = alone.spent();
  CAF_CHECK_EQUAL(spent, runs / kinds_of_runs * 4);
  for (auto& line : expected)
    if (line.find("RUN_COMPLETED") == std::string::npos)
      CAF_ERROR(line);
  int crashes = 0;
  for (uint64_t seed = 1; seed <= how_many(); ++seed) {
    world many{3, seed};
    many.live();
    crashes += many.crashes;
    auto ends = many.ends();
    for (size_t i = 0; i < ends.size(); ++i)
      if (ends[i] != expected[i])
        CAF_ERROR("seed " << seed << ": " << ends[i] << ", and it should be " << expected[i]);
    if (auto more = many.spent(); more != spent)
      CAF_ERROR("seed " << seed << ": " << more << " was spent instead of " << spent);
    CAF_CHECK_EQUAL(many.reserved(), 0);
    auto there = many.population();
    for (auto& [name, count] : there)
      if (count != 1 || population.count(name) == 0)
        CAF_ERROR("seed " << seed << ": " << name << " is there " << count << " times");
    CAF_CHECK_EQUAL(there.size(), population.size());
  }
  CAF_CHECK(crashes > 5);
}

CAF_TEST(runs of a published workflow follow a new revision wherever they are) {
  world many{3, 7};
  SetUpgradePolicy policy;
  policy.set_workflow("default/workflow/inner");
  policy.set_policy(UPGRADE_AUTO);
  CAF_REQUIRE((many.ask<WorkflowSummary>("a", "default/workflow/inner", policy)));
  auto publish = [&](const char* text) {
    PublishWorkflow next;
    *next.mutable_definition() = read_workflow(text).definition;
    return many.ask<WorkflowRevision>("b", "default/workflow/inner", next);
  };
  CAF_REQUIRE(publish("name: inner\nsteps:\n  - {id: pause, wait: {for: 1h}}\n"));
  for (int i = 0; i < 9; ++i) {
    StartPublished start;
    start.set_run("default/run/p" + std::to_string(i));
    CAF_REQUIRE((many.ask<WorkflowAccepted>("a", "default/workflow/inner", start)));
  }
  CAF_REQUIRE(publish("name: inner\nsteps:\n  - {id: pause, wait: {for: 1h}}\n  - {id: work, needs: [pause], "
                      "task: {required: [work]}}\n"));
  many.pass(60s, 100ms);
  std::set<std::string> nodes;
  for (int i = 0; i < 9; ++i) {
    auto name = "default/run/p" + std::to_string(i);
    auto run = many.ask<RunDescription>("c", name, GetRun{});
    CAF_REQUIRE(run);
    CAF_CHECK_EQUAL(run->state().revision(), 3u);
    nodes.insert(many.at("a").wired.whose->map().owner(shard_of(name)));
  }
  CAF_CHECK_EQUAL(nodes.size(), 3u);
}
