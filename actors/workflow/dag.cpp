// DAG: what is ready, and whose result counts.

#include <algorithm>
#include <map>
#include <string>
#include <troupe/actors/workflow/dag.hpp>

namespace troupe::dag {

std::vector<int> ready(const RunState& run) {
  std::map<std::string, bool> completed;
  for (auto& step : run.steps())
    completed[step.id()] = step.task().status() == TASK_COMPLETED;
  std::vector<int> result;
  for (int i = 0; i < run.definition().steps_size(); ++i) {
    auto& needs = run.definition().steps(i).needs();
    if (run.steps(i).task().attempt() == 0 &&
        std::all_of(needs.begin(), needs.end(), [&](const std::string& need) { return completed[need]; }))
      result.push_back(i);
  }
  return result;
}

int result_step(const WorkflowDefinition& definition) {
  for (int i = 0; i < definition.steps_size(); ++i)
    if (definition.steps(i).id() == definition.result())
      return i;
  return definition.steps_size() - 1;
}

} // namespace troupe::dag
