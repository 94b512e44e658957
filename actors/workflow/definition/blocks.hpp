// What a step holds: a block of steps, or a task.
#pragma once

#include <string>
#include <string_view>
#include <troupe/actors/workflow/definition/graph.hpp>

namespace troupe::definitions {

/// The block inside of a step.
struct inner_block {
  const step_list* steps = nullptr;    ///< nullptr: there is none
  const std::string* result = nullptr; ///< nullptr: the block has no result of its own
  std::string_view path;               ///< from the step to its fields: `map.body.`
};

/// The block of a parallel, a map or a loop.
inner_block block_in(const StepDefinition& step);

/// The task of a step.
struct inner_task {
  const TaskSpec* spec = nullptr; ///< nullptr: there is none
  std::string_view path;          ///< from the step to it: `monitor.sample`
};

/// The task of a task, a monitor or an expand.
inner_task task_in(const StepDefinition& step);

/// `steps[2]` of a block whose fields have this prefix: empty, or `steps[0].map.body.`.
std::string path_of(const std::string& prefix, size_t n);

} // namespace troupe::definitions
