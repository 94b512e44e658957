// DAG: validation by depth-first search (Tarjan, Edge-disjoint spanning trees and depth-first search, 1976): a back edge is a cycle.

#include <algorithm>
#include <map>
#include <troupe/actors/workflow/dag.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe::dag {
namespace {

caf::error refuse(const std::string& text) {
  return make_error(ec::invalid_workflow, text);
}

bool is_step_id(const std::string& id) {
  return !id.empty() && id.size() <= limits::name_bytes && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// The cycle that the walk has just closed, as "a -> b -> a".
std::string name_cycle(const WorkflowDefinition& definition, const std::vector<int>& path, int again) {
  std::string text;
  for (auto i = std::find(path.begin(), path.end(), again); i != path.end(); ++i)
    text += definition.steps(*i).id() + " -> ";
  return text + definition.steps(again).id();
}

} // namespace

caf::error validate(const WorkflowDefinition& definition) {
  auto count = definition.steps_size();
  if (count == 0)
    return refuse("the workflow has no steps");
  if (static_cast<size_t>(count) > limits::workflow_steps)
    return refuse("the workflow has " + std::to_string(count) + " steps; at most " +
                  std::to_string(limits::workflow_steps) + " are allowed");
  std::map<std::string, int> by_id;
  for (int i = 0; i < count; ++i) {
    auto& step = definition.steps(i);
    if (!is_step_id(step.id()))
      return refuse("step " + std::to_string(i + 1) + ": '" + step.id() +
                    "' is no step id; allowed are a-z 0-9 _ -");
    if (!by_id.emplace(step.id(), i).second)
      return refuse("step id '" + step.id() + "' is used twice");
    if (step.task().required().empty())
      return refuse("step '" + step.id() + "' requires no capability, so no agent could be chosen");
  }
  std::vector<std::vector<int>> needs(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i)
    for (auto& need : definition.steps(i).needs()) {
      auto found = by_id.find(need);
      if (found == by_id.end())
        return refuse("step '" + definition.steps(i).id() + "' needs '" + need + "', which does not exist");
      needs[static_cast<size_t>(i)].push_back(found->second);
    }
  if (!definition.result().empty() && by_id.count(definition.result()) == 0)
    return refuse("the result step '" + definition.result() + "' does not exist");
  enum class mark : uint8_t { unseen, open, done };
  std::vector<mark> marks(static_cast<size_t>(count), mark::unseen);
  for (int root = 0; root < count; ++root) {
    std::vector<int> path;                                // the open steps, in order
    std::vector<std::pair<int, size_t>> stack{{root, 0}}; // step, next need to look at
    while (!stack.empty()) {
      auto [step, next] = stack.back();
      auto& state = marks[static_cast<size_t>(step)];
      if (next == 0) {
        if (state == mark::done) {
          stack.pop_back();
          continue;
        }
        state = mark::open;
        path.push_back(step);
      }
      auto& all = needs[static_cast<size_t>(step)];
      if (next == all.size()) {
        state = mark::done;
        path.pop_back();
        stack.pop_back();
        continue;
      }
      ++stack.back().second;
      auto need = all[next];
      if (marks[static_cast<size_t>(need)] == mark::open)
        return refuse("the steps form a cycle: " + name_cycle(definition, path, need));
      if (marks[static_cast<size_t>(need)] == mark::unseen)
        stack.emplace_back(need, 0);
    }
  }
  return {};
}

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
