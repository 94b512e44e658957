// DAG: which steps of a run may start? Pure.
#pragma once

#include <troupe/runtime/proto/run.pb.h>
#include <vector>

namespace troupe::dag {

/// Indices of steps that have not begun and whose needs have all completed, in the definition's order. A state of an attempt of 0
/// has not begun. Cost: steps + edges.
std::vector<int> ready(const RunState& run);

/// Index of the step whose result is the run's.
int result_step(const WorkflowDefinition& definition);

} // namespace troupe::dag
