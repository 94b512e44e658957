// Runs of workflows: steps per second, how long a start takes, what an open run costs and how soon a node is back with many of them.
//
// Ten tasks in a row, each an agent's action with a result of 100 bytes. A step costs the run one append; beside it, the
// bare group-commit loop's events of the same size.

#include <algorithm>
#include <fmt/format.h>
#include <tests/bench/bare_journal.hpp>
#include <tests/bench/bench.hpp>
#include <tests/bench/machine.hpp>
#include <tests/bench/staffed_node.hpp>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe::bench {
namespace {

constexpr size_t steps = 10;
constexpr size_t result_bytes = 100;
constexpr uint32_t slots = 1024;
constexpr double window_s = 2;
constexpr unsigned rounds = 3;
constexpr size_t starts = 1000;
constexpr size_t waiting_runs = 1000;
constexpr size_t open_runs = 100'000;
constexpr size_t starting_at_once = 500;

// Finishes with a text of result_bytes.
class say final : public behavior {
public:
  manifest describe() const override {
    return manifest{"say"}.can("say");
  }
  action run(const Task&) override {
    return finish("\"" + std::string(result_bytes - 2, 'x') + "\"");
  }
};

WorkflowDefinition in_a_row(size_t count) {
  workflow_builder made{"row"};
  for (size_t i = 0; i < count; ++i) {
    auto step = made.step(fmt::format("s{}", i), "say");
    if (i > 0)
      step.needs({fmt::format("s{}", i - 1)});
  }
  return made.definition();
}

WorkflowDefinition waiting() {
  workflow_builder made{"waiting"};
  made.step("said").signal("go");
  made.step("after", "say").needs({"said"});
  return made.definition();
}

// Starts a run and waits for its end, or only until it is accepted; tells its ref, if somebody wants it.
turn run_one(doors_ptr outside, std::shared_ptr<const WorkflowDefinition> definition, bool to_the_end,
             std::shared_ptr<std::string> ref_text = {}) {
  return [=](caf::event_based_actor* self, std::function<void(caf::error)> over) {
    auto id = outside->ids->next(outside->time->now_ms());
    auto ref = "default/run/" + id;
    if (ref_text)
      *ref_text = ref;
    StartWorkflow cmd;
    cmd.mutable_context()->set_command_id(id);
    *cmd.mutable_definition() = *definition;
    ask_once<WorkflowAccepted>(self, *outside, ref, std::move(cmd), [=](const caf::error& failed) {
      if (failed || !to_the_end)
        return over(failed);
      ask_once<RunDescription>(self, *outside, ref, AwaitRun{}, over, [](const RunDescription& end) {
        return end.state().status() == RUN_COMPLETED;
      });
    });
  };
}

std::shared_ptr<const WorkflowDefinition> kept(WorkflowDefinition definition) {
  return std::make_shared<const WorkflowDefinition>(std::move(definition));
}

// One after another or many at once; the bare loop takes turns with it.
void rates() {
  auto row = kept(in_a_row(steps));
  bare_journal bare;
  for (size_t at_once : {1, 16, 128, 1000}) {
    std::vector<double> p50, p99, cpu;
    auto ours = [&] {
      staffed_node over{parts_with<say>()};
      over.hire("sayer", "say", "say", slots);
      auto found = measure(over, at_once, run_one(over.shared_doors(), row, true), window_s);
      p50.push_back(1e3 * quantile(found.latencies_s, 0.5));
      p99.push_back(1e3 * quantile(found.latencies_s, 0.99));
      cpu.push_back(found.cpu_us / steps);
      return found.per_s * steps;
    };
    auto found = compare(rounds, ours, [&] {
      return bare.run(bare_journal::mode::one_by_one, at_once, result_bytes, window_s);
    });
    auto name = fmt::format("runs.steps.{}", at_once);
    report(name, found, "steps_per_s", at_once == 128 ? 0.25 : 0);
    metric(name + ".p50", median(p50), "ms_per_run");
    metric(name + ".p99", median(p99), "ms_per_run");
    metric(name + ".cpu", median(cpu), "us_per_step");
    if (at_once == 1) {
      auto write_ms = 1e3 / bare.run(bare_journal::mode::sync_each, 1, result_bytes, window_s);
      metric("runs.one", median(p50) / write_ms, "synced_writes");
      target("runs.one", median(p50) / write_ms, "<=", 15);
    }
    if (at_once == 128) {
      target(name, found.ours, ">=", 30'000);
      target(name + ".cpu", median(cpu), "<=", 50);
    }
  }
  metric("runs.memory", resident_bytes() / 1e6, "MB");
}

// Until the run of a large definition is accepted, one at a time.
void start() {
  staffed_node over{parts_with<say>()};
  auto seen = std::make_shared<tally>();
  start_clients(over, seen, {run_one(over.shared_doors(), kept(in_a_row(200)), false)}, starts);
  seen->done.get_future().wait();
  metric("runs.start_200.p50", 1e3 * quantile(seen->latencies_s, 0.5), "ms");
  metric("runs.start_200.p99", 1e3 * quantile(seen->latencies_s, 0.99), "ms");
  target("runs.start_200.p99", 1e3 * quantile(seen->latencies_s, 0.99), "<", 10);
}

// Bytes of all rows, keys too, as the store sees them: before compression.
double stored_bytes(const store& rows) {
  double bytes = 0;
  for (auto in : {space::meta, space::journal, space::snapshot, space::index})
    ensure(!rows.scan(in, "", std::string(64, '\xff'),
                      [&](std::string_view key, std::string_view value) {
                        bytes += static_cast<double>(key.size() + value.size());
                        return true;
                      }),
           "the rows are read");
  return bytes;
}

void start_some(node& over, const WorkflowDefinition& definition, size_t count, bool to_the_end) {
  auto seen = std::make_shared<tally>();
  std::vector<turn> starters(std::min(count, starting_at_once),
                             run_one(over.shared_doors(), kept(definition), to_the_end));
  start_clients(over, seen, std::move(starters), count);
  seen->done.get_future().wait();
}

// What is on disk of a run that waits, and of one that has ended, by step.
void space_taken() {
  staffed_node over{parts_with<say>()};
  over.hire("sayer", "say", "say", slots);
  auto& rows = *over.outside().rows;
  auto before = stored_bytes(rows);
  start_some(over, waiting(), waiting_runs, false);
  auto each = (stored_bytes(rows) - before) / waiting_runs;
  metric("runs.waiting.disk", each, "bytes");
  target("runs.waiting.disk", each, "<=", 2048);
  before = stored_bytes(rows);
  start_some(over, in_a_row(steps), waiting_runs, true);
  auto ten = (stored_bytes(rows) - before) / waiting_runs;
  before = stored_bytes(rows);
  start_some(over, in_a_row(2 * steps), waiting_runs, true);
  auto twenty = (stored_bytes(rows) - before) / waiting_runs;
  metric("runs.history", (twenty - ten) / steps, "bytes_per_step");
}

// Many runs whose first task waits for an agent; the node is built again, with one, and the first of them is waited for.
void restart() {
  test::scratch place;
  auto kept_in = (place.path() / "store").string();
  auto first = std::make_shared<std::string>();
  {
    staffed_node over{parts_with<say>(), kept_in};
    auto remember = run_one(over.shared_doors(), kept(in_a_row(1)), false, first);
    auto seen = std::make_shared<tally>();
    start_clients(over, seen, {remember}, 1);
    seen->done.get_future().wait();
    start_some(over, in_a_row(1), open_runs, false);
    metric("runs.open.memory", resident_bytes() / 1e6, "MB");
  }
  auto began = now_s();
  staffed_node over{parts_with<say>(), kept_in};
  over.hire("sayer", "say", "say", slots);
  metric("runs.restart.up", now_s() - began, "s");
  auto seen = std::make_shared<tally>();
  auto outside = over.shared_doors();
  auto await_first = [=](caf::event_based_actor* self, std::function<void(caf::error)> done) {
    ask_once<RunDescription>(self, *outside, *first, AwaitRun{}, std::move(done));
  };
  start_clients(over, seen, {await_first}, 1);
  seen->done.get_future().wait();
  metric("runs.restart.progress", now_s() - began, "s");
  target("runs.restart.progress", now_s() - began, "<=", 5);
}

const benchmark all_rates{"runs", "runs of ten steps in a row, 1 to 1000 at once", rates};
const benchmark one_start{"runs_start", "until the run of a 200-step definition is accepted", start};
const benchmark one_space{"runs_space", "bytes of a run that waits and of a step that has ended",
                          space_taken};
const benchmark one_restart{"runs_restart", "100 000 open runs: from the restart to the first end of one",
                            restart};

} // namespace
} // namespace troupe::bench
