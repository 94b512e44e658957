// What a step holds, and how the paths of it are written.

#include <fmt/format.h>
#include <troupe/actors/workflow/definition/blocks.hpp>

namespace troupe::definitions {

inner_block block_in(const StepDefinition& step) {
  switch (step.kind_case()) {
  case StepDefinition::kParallel:
    return {&step.parallel().steps(), nullptr, "parallel."};
  case StepDefinition::kMap:
    return {&step.map().body().steps(), &step.map().body().result(), "map.body."};
  case StepDefinition::kLoop:
    return {&step.loop().body().steps(), &step.loop().body().result(), "loop.body."};
  default:
    return {};
  }
}

inner_task task_in(const StepDefinition& step) {
  switch (step.kind_case()) {
  case StepDefinition::kTask:
    return {&step.task(), "task"};
  case StepDefinition::kMonitor:
    return {&step.monitor().sample(), "monitor.sample"};
  case StepDefinition::kExpand:
    return {&step.expand().task(), "expand.task"};
  default:
    return {};
  }
}

std::string path_of(const std::string& prefix, size_t n) {
  return fmt::format("{}steps[{}]", prefix, n);
}

} // namespace troupe::definitions
