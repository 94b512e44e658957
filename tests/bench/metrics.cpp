// What it costs to count a task: all that a node records between its creation and its end, with one call of a tool.

#include <tests/bench/bench.hpp>
#include <troupe/runtime/node_metrics.hpp>

namespace troupe::bench {
namespace {

constexpr size_t tasks = 100'000;

void run() {
  node_metrics meters;
  std::vector<double> took_ms;
  took_ms.reserve(tasks);
  auto began = thread_cpu_s();
  for (size_t i = 0; i < tasks; ++i) {
    auto since = thread_cpu_s();
    meters.tasks_created.add();
    for (int change = 0; change < 3; ++change) { // queued, placed, free
      meters.queued_tasks.record(1);
      meters.placed_tasks.record(1);
    }
    for (auto* change : {"task", "agent"}) // the task's wake, and its agent's
      meters.entities_awake.with({change}).add();
    meters.entity_wakes.with({"task"}).add();
    meters.tool_calls.with({"fs/read_file", "ok"}).add();
    meters.tool_seconds.with({"fs/read_file"}).record(0.002);
    meters.tasks_ended.with({"completed", "reviewer"}).add();
    meters.task_seconds.with({"reviewer"}).record(0.05);
    meters.agents.with({"idle"}).add(-1);
    meters.agents.with({"idle"}).add(+1);
    took_ms.push_back(1e3 * (thread_cpu_s() - since));
  }
  auto mean = 1e3 * (thread_cpu_s() - began) / static_cast<double>(tasks);
  metric("metrics.per_task.mean", mean, "ms");
  target("metrics.per_task.mean", mean, "<", 0.005);
  metric("metrics.per_task.p99", quantile(took_ms, 0.99), "ms");
  target("metrics.per_task.p99", quantile(took_ms, 0.99), "<", 1);
}

const benchmark per_task{"metrics", "what a node records of one task", run};

} // namespace
} // namespace troupe::bench
