// SPEC READER: YAML or JSON -> a working spec, with the place of every field.
#pragma once

#include <string_view>
#include <troupe/behaviors/workflow_problem.hpp>
#include <troupe/runtime/proto/spec.pb.h>

namespace troupe {

/// What was read. With problems, the spec holds what could be read.
struct spec_text {
  WorkingSpec spec;
  workflow_places places;     ///< as workflow_text has them
  workflow_problems problems; ///< of the form only
};

/// Is this a working spec, rather than a definition? It is if it has a name in `spec`.
bool is_spec(std::string_view text);

/// Reads one, by the rules and within the bounds of read_workflow().
spec_text read_spec(std::string_view text);

} // namespace troupe
