// DEFINITION CHECK: is a definition right? All its mistakes, not only the first. Pure.
#pragma once

#include <caf/error.hpp>
#include <functional>
#include <string>
#include <troupe/behaviors/workflow_problem.hpp>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

/// What the definition may lean on besides itself; what is empty is not asked.
struct definition_surroundings {
  std::function<bool(const std::string&)> knows_capability;
  std::function<bool(const std::string&)> knows_workflow;
};

/// Everything that is wrong, in the order of the text: 1 to limits::workflow_steps steps, ids of [a-z0-9_-] and unique in the whole
/// definition, needs and caught steps that exist in the same block, no cycle (named step by step), nobody unreachable, exactly one
/// kind, what each kind asks for, expressions that compile and read only what there is at their place, types of inputs and
/// variables, compensations that exist and are nothing else, durations and counts within workflow_limits.hpp.
workflow_problems check(const WorkflowDefinition& definition, const definition_surroundings& around = {});

/// The first of them as ec::invalid_workflow, or no error.
caf::error validate(const WorkflowDefinition& definition);

/// The same for a block that a task returned, at this depth; `allowed` are the capabilities its tasks may require.
caf::error validate(const Block& block, size_t depth, const std::vector<std::string>& allowed);

} // namespace troupe
