// AUDIT PROGRESS: bars and lines.

#include "audit_progress.hpp"
#include "audit_behaviors.hpp"
#include <cstdio>
#include <fmt/format.h>

namespace troupe::audit {
namespace {

constexpr size_t bar_cells = 30;

size_t results_of(const TaskState& task) {
  size_t count = 0;
  for (auto& record : task.records())
    count += record.what_case() == ActionRecord::kOutcome ? 1 : 0;
  return count;
}

} // namespace

void progress::show(const RunState& run, bool as_found) {
  auto batches = std::stoul("0" + inventory_value(run.steps(0).task().outcome().text(), "batches"));
  if (terminal_ && lines_ > 0)
    fmt::print(stderr, "\x1b[{}A", lines_);
  lines_ = run.steps_size();
  for (auto& step : run.steps()) {
    auto& task = step.task();
    auto is_check = step.id() != "inventory" && step.id() != "report";
    auto total = is_check ? std::max<size_t>(1, batches) : 1;
    auto done = task.status() == TASK_COMPLETED ? total : std::min(total, results_of(task));
    if (terminal_) {
      auto cells = bar_cells * done / total;
      fmt::print(stderr, "\x1b[2K  {:<15} [{}{}] {}\n", step.id(), std::string(cells, '#'),
                 std::string(bar_cells - cells, '.'),
                 task.attempt() == 0               ? "waits"
                 : task.status() == TASK_COMPLETED ? "done"
                 : task.status() == TASK_RETRYING  ? "failed, tries again: " + task.reason()
                                                   : fmt::format("{}/{}", done, total));
    } else if (task.status() == TASK_COMPLETED && told_.insert(step.id()).second) {
      fmt::print(stderr, "{} done{}\n", step.id(), as_found ? " before" : "");
    }
  }
  std::fflush(stderr);
}

} // namespace troupe::audit
