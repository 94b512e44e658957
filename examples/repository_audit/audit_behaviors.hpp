// The six behaviors of the audit, and the workflow that joins them.
#pragma once

#include <troupe/behaviors/registry.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe::audit {

/// The four checks, in the order of the report; also the ids of their steps and the ends of their capabilities `audit.*`.
inline constexpr const char* checks[] = {"secrets", "dependencies", "risky-code", "infrastructure"};

/// Adds inventory, the checks and report.
void add_audit_behaviors(behavior_registry& behaviors);

/// inventory -> (secrets | dependencies | risky-code | infrastructure) -> report. Inputs of a run: `root`, `out`.
WorkflowDefinition audit_workflow();

/// Value of a `name value` line of the inventory's result; empty if there is none.
std::string inventory_value(const std::string& inventory, std::string_view name);

} // namespace troupe::audit
