// Tasks from their creation to their durable end, all parts of a node in between.
//
// client -> task entity (created) -> scheduler -> agent -> behavior -> task entity (ended, durable) -> client. Two synced
// appends per task: created and ended.

#include <fmt/format.h>
#include <tests/bench/bench.hpp>
#include <tests/bench/staffed_node.hpp>

namespace troupe::bench {
namespace {

constexpr size_t in_flight = 1000;
constexpr size_t agents = 16;
constexpr uint32_t slots = 64;
constexpr size_t payload_bytes = 100;
constexpr double window_s = 2;
constexpr unsigned rounds = 3;

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

void run() {
  std::vector<double> rates, p50, p95, cpu;
  for (unsigned round = 0; round <= rounds; ++round) {
    staffed_node over{parts_with<echo>()};
    for (size_t i = 0; i < agents; ++i)
      over.hire(fmt::format("echo_{}", i), "echo", "text.echo", slots);
    auto found =
        measure(over, in_flight, complete_task(over.shared_doors(), "text.echo", payload_bytes), window_s);
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

const benchmark end_to_end{"tasks", "tasks of one action from creation to durable end, 1000 in flight", run};

} // namespace
} // namespace troupe::bench
