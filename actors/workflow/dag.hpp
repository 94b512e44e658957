// DAG: is a definition a valid graph, and which steps may start? Pure.
#pragma once

#include <caf/error.hpp>
#include <string>
#include <troupe/runtime/proto/run.pb.h>
#include <vector>

namespace troupe::dag {

/// No error, or ec::invalid_workflow naming step and rule: 1 to limits::workflow_steps steps, ids of [a-z0-9_-] and unique, needs
/// that exist, no cycle (named step by step), at least one required capability, an existing result step.
caf::error validate(const WorkflowDefinition& definition);

/// Indices of steps that have not begun and whose needs have all completed, in the definition's order. A state of an attempt of 0
/// has not begun. Cost: steps + edges.
std::vector<int> ready(const RunState& run);

/// Index of the step whose result is the run's.
int result_step(const WorkflowDefinition& definition);

} // namespace troupe::dag
