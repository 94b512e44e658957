// WORKFLOW FIELDS: a definition as rows of path and value, in the words of its YAML form. For differences and pictures.
#pragma once

#include <cstdint>
#include <string>
#include <troupe/runtime/proto/definition.pb.h>
#include <vector>

namespace troupe {

/// One field that is set, or one element of a list.
struct workflow_field {
  std::string path;  ///< `task.retry.max_retries`, `with.total`, `decision.cases.large.when`
  std::string value; ///< as a person writes it: `90s`, `high`, `true`, text without quotes
  bool listed;       ///< an element of a list whose path this is, in its order
};
using workflow_fields = std::vector<workflow_field>;

/// One step, wherever in the definition it stands.
struct placed_step {
  const StepDefinition* step;
  std::string inside; ///< id of the step around it and the field there, `review.map.body.steps`; empty = none
  workflow_fields fields; ///< all but its id and the steps inside of it
};

/// The definition's own fields, without its steps.
workflow_fields fields_of(const WorkflowDefinition& definition);

/// All steps, in the order of the text, those inside of a step after it. They point into the definition.
std::vector<placed_step> steps_of(const WorkflowDefinition& definition);

/// The name of the step's kind in YAML, `map`; `nothing` if it has none.
std::string kind_of(const StepDefinition& step);

/// A span of time as a definition writes it: `1500ms`, `90s`, `5m`, `2h`, `3d`, in the largest unit that leaves no rest.
std::string span_text(int64_t ms);

} // namespace troupe
