// Two thousand runs, and the node restarts twice among them: every record, every log line and every entry of a ledger is linked to its
// run by its trace. TROUPE_TRACED_RUNS=10000 makes it ten thousand.
#define CAF_SUITE journey.trace
#include "tests/support/platform.hpp"
#include "tests/support/served.hpp"
#include <cstdlib>
#include <set>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/log.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/trace.hpp>
#include <unordered_map>

namespace troupe {
namespace {

using namespace std::chrono_literals;

int how_many() {
  auto* wanted = std::getenv("TROUPE_TRACED_RUNS");
  return wanted ? std::atoi(wanted) / 4 * 4 : 2'000;
}

const int runs = how_many();
const int restart_every = runs * 7 / 20;

// Where a line of the log says so: `"name":"value"`.
std::string value_in(const std::string& line, std::string_view name) {
  auto begin = line.find("\"" + std::string{name} + "\":\"");
  if (begin == std::string::npos)
    return {};
  begin += name.size() + 4;
  return line.substr(begin, line.find('"', begin) - begin);
}

// Counts what it is told, and keeps nothing but what is wrong.
struct log_reader final : log_sink {
  std::unordered_map<std::string, std::string> expected; // ref of a run or task -> its trace id
  std::set<std::string> traces;
  uint64_t of_runs = 0, of_tasks = 0, of_ledgers = 0;
  std::vector<std::string> unlinked;

  bool write(std::string_view text) override {
    std::string line{text};
    auto entity = value_in(line, "entity");
    auto trace = trace_id(value_in(line, "trace"));
    auto kind = entity.empty() ? std::string{} : parse_ref(entity)->kind;
    if (kind == "run" || kind == "task") {
      (kind == "run" ? of_runs : of_tasks) += 1;
      auto whose = entity.substr(entity.rfind('/') + 1);
      auto known = expected.find("default/run/" +
                                 whose.substr(0, whose.find('.'))); // children are named after their parents
      require(known != expected.end() && known->second == trace, line);
    } else if (kind == "ledger" && line.find("limit_set") == std::string::npos) {
      ++of_ledgers;
      require(traces.contains(trace), line);
    }
    return true;
  }
  void require(bool linked, const std::string& line) {
    if (!linked)
      unlinked.push_back(line);
  }
};

std::shared_ptr<agent_parts> crew() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "worker", "work", [](const Task&) { return finish(R"({"cost":2})"); });
  teach(*parts, "asker", "ask", [](const Task&) {
    return call_agent("work", {}).then([](const Result&) { return finish("done"); });
  });
  teach(*parts, "clumsy", "try", [](const Task&) { return fail(ec::tool_failed, "not yet"); });
  return parts;
}

struct listener {
  std::shared_ptr<virtual_clock> clock = std::make_shared<virtual_clock>();
  log_reader* reader = new log_reader; // the logger owns it
  std::shared_ptr<platform_wishes> wishes = [this] {
    auto made = std::make_shared<platform_wishes>();
    made->log = logger{std::unique_ptr<log_sink>{reader}, log_level::debug, *clock};
    return made;
  }();
};

struct traced : listener, with_desk<platform> {
  traced() : with_desk<platform>{crew(), wishes} {
    hire("w1", "worker", {"work"}, 50);
    hire("a1", "asker", {"ask"}, 50);
    hire("c1", "clumsy", {"try"}, 50);
    SetLedgerLimit cmd;
    cmd.set_amount(1'000'000'000);
    cmd.set_unit("usd-micro");
    request<LedgerState>("default/ledger/purse", cmd);
    PublishWorkflow published;
    *published.mutable_definition() = read_workflow(R"(
name: inner
steps:
  - {id: work, task: {required: [work]}}
)")
                                          .definition;
    request<WorkflowRevision>("default/workflow/inner", published);
  }

  // Four kinds of runs take turns: timers and attempts, a child, a task that asks for another one, a loop with a budget.
  static const WorkflowDefinition& definition(int i) {
    static const std::vector<WorkflowDefinition> all = [] {
      std::vector<WorkflowDefinition> made;
      for (auto* steps : {R"(
  - {id: pause, wait: {for: 10m}}
  - {id: try, needs: [pause], may_fail: true, task: {required: [try], retry: {max_retries: 1, initial_delay: 1m}}}
)",
                          R"(
  - {id: inner, child: {workflow: inner}}
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

  static std::string ref_of(int i) {
    return "default/run/r" + std::to_string(i);
  }

  StartWorkflow begins(int i) {
    StartWorkflow cmd;
    *cmd.mutable_definition() = definition(i);
    auto trace = trace_of("door " + std::to_string(i));
    reader->expected[ref_of(i)] = trace_id(trace);
    reader->traces.insert(trace_id(trace));
    cmd.mutable_context()->set_trace(trace);
    cmd.mutable_context()->set_principal("ada");
    return cmd;
  }
};

} // namespace
} // namespace troupe

using namespace troupe;

CAF_TEST_FIXTURE_SCOPE(trace_tests, traced)

CAF_TEST(all of many runs are linked across restarts) {
  for (int i = 0; i < runs; ++i) {
    if (i % restart_every == restart_every - 1) { // in the middle of what this one does
      post<WorkflowAccepted>(ref_of(i), begins(i), [](caf::expected<WorkflowAccepted>) {});
      for (int step = 0; step < 25; ++step)
        node->step();
      crash_and_recover();
    }
    request<WorkflowAccepted>(ref_of(i), begins(i));
  }
  node->settle();
  node->advance(3h);
  for (size_t i = 0; i < std::min<size_t>(reader->unlinked.size(), 5); ++i)
    CAF_MESSAGE("not linked: " << reader->unlinked[i]);
  CAF_CHECK_EQUAL(reader->unlinked.size(), 0u);
  CAF_MESSAGE(reader->of_runs << " lines of runs, " << reader->of_tasks << " of tasks, " << reader->of_ledgers
                              << " of ledgers");
  CAF_CHECK(reader->of_runs > static_cast<uint64_t>(runs) * 5);
  CAF_CHECK(reader->of_tasks > static_cast<uint64_t>(runs) / 4);
  CAF_CHECK(reader->of_ledgers >= static_cast<uint64_t>(runs));

  // Every run has ended, and its row has the trace it was begun with; so have those it began.
  std::unordered_map<std::string, std::string> rows_of;
  for (unsigned shard = 0; shard < limits::shards; ++shard)
    for (auto table : {index_table::runs, index_table::tasks})
      CAF_REQUIRE(!rows->scan(space::index, index_begin(static_cast<uint8_t>(shard), table),
                              index_end(static_cast<uint8_t>(shard), table), [&](auto, auto value) {
                                WorkSummary work;
                                work.ParseFromArray(value.data(), static_cast<int>(value.size()));
                                if (work.status() == "completed")
                                  rows_of[work.ref()] = trace_id(work.trace());
                                return true;
                              }));
  CAF_CHECK_EQUAL(rows_of.size(), static_cast<size_t>(runs + runs / 4 + runs / 4));
  size_t linked = 0;
  for (auto& [name, trace] : rows_of) {
    auto key = name.substr(name.rfind('/') + 1);
    linked += reader->expected.at("default/run/" + key.substr(0, key.find('.'))) == trace;
  }
  CAF_CHECK_EQUAL(linked, rows_of.size());

  // Every entry of the ledger names its run, and the trace of that run.
  auto id = identify("default/ledger/purse", rows->naming_key());
  size_t entries = 0, of_runs = 0;
  CAF_REQUIRE(!rows->scan(space::journal, journal_key(id, 1), entity_end(id), [&](auto, auto stored) {
    std::string_view payload;
    CAF_REQUIRE(unwrap(stored, payload));
    JournalRecord record;
    record.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
    LedgerEvent event;
    event.ParseFromString(record.event());
    auto& grant = event.has_settled() ? event.settled().grant() : event.reserved();
    entries += event.has_settled() || event.has_reserved();
    auto known = reader->expected.find(grant.run());
    of_runs += known != reader->expected.end() && known->second == trace_id(grant.trace());
    return true;
  }));
  CAF_CHECK_EQUAL(entries, static_cast<size_t>(runs)); // two rounds each, reserved and settled
  CAF_CHECK_EQUAL(of_runs, entries);

  // From the id of a trace to the whole story.
  for (int i = 0; i < 8; ++i) {
    GetStory in;
    in.set_id(reader->expected.at(ref_of(i)));
    auto story = answered(call<Story>(in));
    CAF_CHECK_EQUAL(std::string{story.ref()}, ref_of(i));
    CAF_CHECK_EQUAL(std::string{story.trace()}, in.id());
    CAF_CHECK_EQUAL(story.costs().runs(), i % 4 == 1 || i % 4 == 2 ? 2u : 1u);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
