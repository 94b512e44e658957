// SPEC CASE: one case of a working spec, rehearsed. Pure.
#pragma once

#include <string>
#include <troupe/runtime/proto/definition.pb.h>
#include <troupe/runtime/proto/spec.pb.h>
#include <vector>

namespace troupe {

/// Lives through the run of a case as run_rehearsal does, and tells what did not come out as expected; nothing = it passes. A task
/// that is begun and has no fake is such a thing.
std::vector<std::string> rehearse(const SpecCase& one, const WorkflowDefinition& definition);

} // namespace troupe
