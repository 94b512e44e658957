// Five nodes that share a store: they crash, stand still until their leases are over, are cut off from each other and from the coordinator,
// drain and come back. Every run ends as on one node that nothing happens to, nothing is spent twice, no shard is open on two nodes under
// its newest epoch, and soon after all is well all agree. TROUPE_AVAILABLE_SEEDS=1000 makes it as many stories.
#define CAF_SUITE journey.available_nodes
#include <cstdlib>
#include <random>
#include <tests/support/simulated_cluster.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/ledger.pb.h>

namespace troupe {
namespace {

using namespace std::chrono_literals;

constexpr int runs = 16, kinds_of_runs = 4;

uint64_t how_many() {
  auto* wanted = std::getenv("TROUPE_AVAILABLE_SEEDS");
  return wanted ? static_cast<uint64_t>(std::atoll(wanted)) : 2;
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
  world(size_t nodes, uint64_t seed)
      : simulated_cluster{nodes, crew(), {}, seed, std::make_shared<shared_world>(seed)}, chance{seed} {
    watch = [this] { check_owners(); };
    settle_down();
    hire("w1", "worker", {"work"});
    hire("a1", "asker", {"ask"});
    hire("c1", "clumsy", {"try"});
    SetLedgerLimit limit;
    limit.set_amount(1'000'000);
    limit.set_unit("usd-micro");
    if (auto made = ask<LedgerState>("a", "default/ledger/purse", limit); !made)
      CAF_FAIL("there is no purse: " << describe(made.error()));
    PublishWorkflow published;
    *published.mutable_definition() = read_workflow(R"(
name: inner
steps:
  - {id: work, task: {required: [work]}}
)")
                                          .definition;
    if (auto made = ask<WorkflowRevision>("a", "default/workflow/inner", published); !made)
      CAF_FAIL("nothing is published: " << describe(made.error()));
  }

  size_t pick(size_t below) {
    return static_cast<size_t>(chance() % below);
  }
  std::string some_node() {
    return std::string(1, static_cast<char>('a' + pick(members().size())));
  }
  bool is_up(const std::string& name) {
    return at(name).node && !at(name).frozen;
  }

  // No epoch is open on two nodes.
  void check_owners() {
    std::map<std::pair<unsigned, uint64_t>, std::string> owners;
    for (auto& one : members())
      for (unsigned shard = 0; one->shared && shard < limits::shards; ++shard)
        if (auto epoch = one->shared->tenure.epochs->of(static_cast<uint8_t>(shard)); epoch != 0)
          if (auto [other, is_new] = owners.emplace(std::pair{shard, epoch}, one->name); !is_new)
            CAF_ERROR("epoch " << epoch << " of shard " << shard << " is open on " << other->second << " and "
                               << one->name);
  }

  // Whether each shard is open where it is to be, and nowhere else.
  bool agree() {
    auto& truth = shared->service.truth();
    auto wanted = wanted_owners(truth);
    for (unsigned i = 0; i < limits::shards; ++i)
      for (auto& one : members()) {
        auto shard = static_cast<uint8_t>(i);
        if (!one->node || (one->shared->tenure.epochs->of(shard) != 0) != (wanted[i] == one->name))
          return false;
        auto seen = one->shared->wired.tenure.whose->owner(shard);
        if (seen != (wanted[i] == one->name ? std::string{} : wanted[i]))
          return false;
      }
    return truth.members.size() == members().size();
  }
  // So long it takes until all agree.
  milliseconds settle_down() {
    milliseconds passed{0};
    for (; !agree() && passed < 60s; passed += 100ms)
      pass(100ms);
    return passed;
  }

  void want(int i) {
    auto from = some_node();
    if (begun.count(i) > 0 || !is_up(from))
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
    switch (pick(9)) {
    case 0:
      if (one != two)
        cut(one, two);
      break;
    case 1:
      roads.cut(one, two);
      break;
    case 2:
    case 3:
      if (is_up(one)) {
        crash(one);
        ++crashes;
      }
      break;
    case 4:
      if (is_up(one)) {
        freeze(one);
        ++freezes;
      }
      break;
    case 5:
      shared->service.cut(one);
      break;
    case 6: // from everybody
      shared->service.cut(one);
      isolate(one);
      break;
    case 7:
      if (is_up(one))
        drain_member(at(one).shared->wired, *at(one).outside, pick(2) == 0);
      break;
    default:
      break;
    }
  }

  void recover(bool all) {
    for (auto& one : members()) {
      if (all || pick(4) == 0)
        thaw(one->name);
      if (!one->node && (all || pick(4) == 0))
        start(one->name);
      if (all && at(one->name).node)
        drain_member(at(one->name).shared->wired, *at(one->name).outside, false);
    }
    for (auto& one : members())
      for (auto& two : members())
        if (one->name < two->name && is_up(one->name) && is_up(two->name) &&
            !is_linked(one->name, two->name) && (all || pick(3) == 0))
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
    shared->service.heal();
    recover(true);
    longest = std::max(longest, settle_down());
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
      if (pick(5) == 0) {
        roads.heal();
        shared->service.heal();
      }
      pass(milliseconds{20 + pick(1500)});
    }
    come_to_rest();
  }

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
  LedgerState purse() {
    auto purse = ask<LedgerState>("a", "default/ledger/purse", GetLedger{});
    return purse ? *purse : LedgerState{};
  }
  // All entities that are shared; when a child was begun, its name says too.
  std::set<std::string> population() {
    std::set<std::string> all;
    for (auto& name : entities_of("a"))
      all.insert(name.substr(0, name.find('-')));
    return all;
  }

  std::mt19937_64 chance;
  std::set<int> begun;
  int crashes = 0, freezes = 0;
  milliseconds longest{0};
};

} // namespace
} // namespace troupe

using namespace troupe;

CAF_TEST(whatever happens to nodes that share a store runs end as on one and nothing is done twice) {
  world alone{1, 1};
  alone.come_to_rest();
  auto expected = alone.ends();
  auto population = alone.population();
  auto spent = alone.purse().spent();
  CAF_CHECK_EQUAL(spent, runs / kinds_of_runs * 4);
  for (auto& line : expected)
    if (line.find("RUN_COMPLETED") == std::string::npos)
      CAF_ERROR(line);
  int crashes = 0, freezes = 0;
  uint64_t deposed = 0;
  std::chrono::milliseconds longest{0};
  for (uint64_t seed = 1; seed <= how_many(); ++seed) {
    world many{5, seed};
    many.live();
    crashes += many.crashes;
    freezes += many.freezes;
    deposed += many.shared->deposed;
    longest = std::max(longest, many.longest);
    auto ends = many.ends();
    for (size_t i = 0; i < ends.size(); ++i)
      if (ends[i] != expected[i])
        CAF_ERROR("seed " << seed << ": " << ends[i] << ", and it should be " << expected[i]);
    auto purse = many.purse();
    if (purse.spent() != spent)
      CAF_ERROR("seed " << seed << ": " << purse.spent() << " was spent instead of " << spent);
    CAF_CHECK_EQUAL(purse.reserved(), 0);
    CAF_CHECK(many.population() == population);
  }
  CAF_MESSAGE(crashes << " crashes, " << freezes << " freezes, " << deposed
                      << " writes refused; all agreed within " << longest.count() << " ms");
  CAF_CHECK(crashes > 1);
  CAF_CHECK(freezes > 1);
  CAF_CHECK(longest <= 10s);
}

CAF_TEST(a node that stood still until it was replaced writes nothing any more) {
  world many{3, 3};
  auto name = many.ref_at("b", "ledger", "mine");
  SetLedgerLimit limit;
  limit.set_amount(100);
  limit.set_unit("usd");
  CAF_REQUIRE((many.ask<LedgerState>("a", name, limit)));
  ChargeLedger charge;
  charge.set_amount(10);
  charge.set_purpose("a test");
  CAF_REQUIRE((many.ask<LedgerState>("a", name, charge)));
  // It takes a command, and stands still before it has written it.
  auto answer = std::make_shared<std::string>("none");
  many.freeze("b");
  many.post<LedgerState>("b", name, charge, [=](caf::expected<LedgerState> done) {
    *answer = done ? "done" : describe(done.error());
  });
  many.pass(12s);
  many.roads.heal();
  many.link("a", "c");
  CAF_REQUIRE((many.ask<LedgerState>("a", name, charge, 1s))); // its new owner
  auto epochs = many.at("b").shared->tenure.epochs;
  CAF_CHECK(epochs->of(shard_of(name)) != 0); // it does not know yet
  auto before = many.shared->deposed;
  many.thaw("b");
  many.pass(15s);
  CAF_CHECK(many.shared->deposed > before || *answer != "done");
  CAF_CHECK(*answer != "done");
  many.recover(true);
  many.settle_down();
  auto state = many.ask<LedgerState>("a", name, GetLedger{}, 1s);
  CAF_REQUIRE(state);
  CAF_CHECK_EQUAL(state->spent(), 20);
}

CAF_TEST(a node that drains gives all its shards away and runs go on) {
  world many{3, 5};
  for (int i = 0; i < runs; ++i)
    many.want(i);
  drain_member(many.at("b").shared->wired, *many.at("b").outside, true);
  many.pass(20s);
  for (unsigned shard = 0; shard < limits::shards; ++shard)
    CAF_CHECK_EQUAL(many.at("b").shared->tenure.epochs->of(static_cast<uint8_t>(shard)), 0u);
  many.come_to_rest();
  for (auto& line : many.ends())
    if (line.find("RUN_COMPLETED") == std::string::npos)
      CAF_ERROR(line);
}
