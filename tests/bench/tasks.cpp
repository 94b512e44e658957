// Tasks from their creation to their durable end, all parts of a node in between.
//
// client -> task entity (created) -> scheduler -> agent -> behavior -> task entity (ended, durable) -> client. Two synced
// appends per task: created and ended.

#include <algorithm>
#include <fmt/format.h>
#include <tests/bench/bench.hpp>
#include <tests/bench/machine.hpp>
#include <tests/bench/staffed_node.hpp>

namespace troupe::bench {
namespace {

constexpr size_t in_flight = 800;
constexpr size_t agents = 16;
constexpr uint32_t slots = 64;
constexpr size_t payload_bytes = 100;
constexpr double window_s = 2;
constexpr unsigned rounds = 3;
constexpr double minute_s = 60;
constexpr unsigned minutes = 5;

// One action: it finishes with its input.
class echo final : public behavior {
public:
  manifest describe() const override {
    return manifest{"echo"}.can("text.echo");
  }
  action run(const Task& task) override {
    return finish(std::string{task.input("text")});
  }
};

struct office : staffed_node {
  office() : staffed_node{parts_with<echo>()} {
    for (size_t i = 0; i < agents; ++i)
      hire(fmt::format("echo_{}", i), "echo", "text.echo", slots);
  }
  pace work(double seconds) {
    return measure(*this, in_flight, complete_task(shared_doors(), "text.echo", payload_bytes), seconds);
  }
};

void run() {
  std::vector<double> rates, p50, p95, cpu;
  for (unsigned round = 0; round <= rounds; ++round) {
    office over;
    auto found = over.work(window_s);
    if (round == 0)
      continue;
    rates.push_back(found.per_s);
    cpu.push_back(found.cpu_us);
    p50.push_back(1e3 * quantile(found.latencies_s, 0.5));
    p95.push_back(1e3 * quantile(found.latencies_s, 0.95));
  }
  metric("tasks.rate", median(rates), "tasks_per_s");
  target("tasks.rate", median(rates), ">=", 10'000);
  metric("tasks.p50", median(p50), "ms");
  metric("tasks.p95", median(p95), "ms");
  target("tasks.p95", median(p95), "<", 100);
  metric("tasks.cpu", median(cpu), "us_per_task");
}

// One node for five minutes. The first minute fills memory: what has ended stays awake for a minute.
void steady() {
  office over;
  std::vector<double> rates, p95, bytes;
  for (unsigned minute = 0; minute < minutes; ++minute) {
    auto found = over.work(minute_s);
    rates.push_back(found.per_s);
    p95.push_back(1e3 * quantile(found.latencies_s, 0.95));
    bytes.push_back(resident_bytes());
  }
  auto slowest = *std::min_element(rates.begin(), rates.end()),
       longest = *std::max_element(p95.begin(), p95.end());
  metric("tasks.steady.slowest_minute", slowest, "tasks_per_s");
  target("tasks.steady.slowest_minute", slowest, ">=", 10'000);
  metric("tasks.steady.longest_p95", longest, "ms");
  target("tasks.steady.longest_p95", longest, "<", 100);
  metric("tasks.steady.memory", bytes.back() / 1e6, "MB");
  metric("tasks.steady.growth", bytes.back() / bytes[1], "x");
  target("tasks.steady.growth", bytes.back() / bytes[1], "<=", 1.1);
}

const benchmark end_to_end{"tasks", "tasks of one action from creation to durable end, 800 in flight", run};
const benchmark five_minutes{"tasks.steady", "the same for five minutes: slowest minute, longest p95, memory",
                             steady};

} // namespace
} // namespace troupe::bench
