// What it costs to count a task: the records a task makes from its creation to its end, half of them by name.

#include <tests/bench/bench.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/metrics.hpp>

namespace troupe::bench {
namespace {

constexpr size_t tasks = 100'000;

void run() {
  metrics all;
  auto created = all.family({"bench_tasks_created_total", metric_kind::counter, "Tasks.", {"capability"}})
                     .with({"code.review"});
  auto running = all.family({"bench_tasks_running", metric_kind::gauge, "Tasks.", {}}).with({});
  auto waited = all.family({"bench_task_wait_seconds", metric_kind::histogram, "Time.", {}}).with({});
  all.family({"bench_task_seconds", metric_kind::histogram, "Time.", {"agent", "capability"}});
  all.family({"bench_tasks_ended_total", metric_kind::counter, "Tasks.", {"agent", "status"}});
  all.family({"bench_actions_total", metric_kind::counter, "Actions.", {"tool"}});
  std::vector<double> took_ms;
  took_ms.reserve(tasks);
  auto began = thread_cpu_s();
  for (size_t i = 0; i < tasks; ++i) {
    auto since = thread_cpu_s();
    created.add();
    running.add(1);
    waited.record(0.002);
    auto failed = all.record_metric("bench_actions_total", 1, {{"tool", "fs/read_file"}});
    running.add(-1);
    auto failed_too = all.record_metric("bench_task_seconds", 0.05,
                                        {{"agent", "reviewer_1"}, {"capability", "code.review"}});
    auto failed_three =
        all.record_metric("bench_tasks_ended_total", 1, {{"agent", "reviewer_1"}, {"status", "completed"}});
    took_ms.push_back(1e3 * (thread_cpu_s() - since));
    ensure(!failed && !failed_too && !failed_three, "the metrics exist");
  }
  auto mean = 1e3 * (thread_cpu_s() - began) / static_cast<double>(tasks);
  metric("metrics.per_task.mean", mean, "ms");
  target("metrics.per_task.mean", mean, "<", 1);
  metric("metrics.per_task.p99", quantile(took_ms, 0.99), "ms");
  target("metrics.per_task.p99", quantile(took_ms, 0.99), "<", 1);
}

const benchmark per_task{"metrics", "seven records of one task, three of them by name and labels", run};

} // namespace
} // namespace troupe::bench
