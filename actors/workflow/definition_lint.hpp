// DEFINITION LINT: definitions that are right, and still ask for trouble (row AB8). Pure.
#pragma once

#include <troupe/behaviors/workflow_problem.hpp>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

/// A warning for each rule that is not kept: `single-responsibility`, `idempotency`, `resource-limits`, `health-reporting`,
/// `granularity`, `timeouts`, `checkpoints`, `error-handlers`. The text says what may happen and what to write instead.
workflow_problems lint(const WorkflowDefinition& definition);

} // namespace troupe
