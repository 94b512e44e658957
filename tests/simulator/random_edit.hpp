// RANDOM EDIT: another definition of a random workflow, whose runs end as definitely.
#pragma once

#include <functional>
#include <string>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

/// What an edit may do besides giving tasks something else.
struct edit_limits {
  bool undo = true; ///< what nothing undid is undone: not in what is to be retried
  bool grow =
      true; ///< steps come and go: not in what fails for sure, where new ones would be at work when that happens
};

/// Changes steps of the workflow itself for which `is_open` says yes, and what is in them. New steps need some of the others, write no
/// variables, and no join waits for them.
WorkflowDefinition edit_workflow(uint64_t seed, const WorkflowDefinition& of, const edit_limits& may,
                                 const std::function<bool(const std::string& id)>& is_open);

} // namespace troupe
