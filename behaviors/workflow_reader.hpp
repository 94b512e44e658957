// WORKFLOW READER: YAML or JSON -> a definition, with the place of every field. The only file that sees yaml-cpp.
#pragma once

#include <string_view>
#include <troupe/behaviors/workflow_problem.hpp>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

/// What was read. With problems, the definition holds what could be read.
struct workflow_text {
  WorkflowDefinition definition;
  workflow_places places;
  workflow_problems
      problems; ///< of the form only: syntax, unknown or repeated fields with the nearest known one, kinds of values,
                ///< durations, sizes, words; never of the meaning, see actors/workflow/definition_check.hpp
};

/// Reads YAML 1.2 without aliases and tags, or JSON. Bounds: limits::definition_bytes, limits::definition_depth.
workflow_text read_workflow(std::string_view text);

/// The same for a Block alone, which a task may return; `definition` then has its steps and its result only.
workflow_text read_block(std::string_view text);

} // namespace troupe
