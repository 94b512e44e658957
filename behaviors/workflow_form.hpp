// WORKFLOW FORM: a definition as YAML, as JSON, and as a hash. docs/reference/workflow.md has the rules.
#pragma once

#include <string>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

/// As YAML or as JSON, indented by two; read_workflow() gives the same definition again, byte by byte. That holds for what a text
/// can say: UTF-8 in texts and bytes, finite numbers, known words of enums, `inputs`, `with` and `set` sorted by names that differ,
/// nothing unknown, within the bounds of the reader.
std::string to_yaml(const WorkflowDefinition& definition);
std::string to_json(const WorkflowDefinition& definition);

/// BLAKE2b-256 (RFC 7693) of the canonical bytes, in hex: equal for equal definitions, whatever they were read from. Canonical:
/// protobuf's deterministic form, fields of `inputs`, `with` and `set` sorted by name, unknown fields left out.
std::string content_hash(const WorkflowDefinition& definition);

} // namespace troupe
