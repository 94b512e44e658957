// What each kind of step asks for: its own fields, without expressions, edges and blocks inside.
#pragma once

#include <string>
#include <troupe/actors/workflow/definition/mistakes.hpp>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe::definitions {

/// What a definition may ask of others.
struct kind_rules {
  const definition_surroundings& around;
  const std::vector<std::string>* allowed =
      nullptr; ///< capabilities, of a block that a task returned; nullptr: any
};

/// The fields of a step and of its kind; `path` is the step's.
void check_kind(const StepDefinition& step, const std::string& path, const kind_rules& rules,
                mistakes& found);

/// Is a number of milliseconds between `least` and limits::workflow_longest?
void check_duration(int64_t ms, int64_t least, const std::string& path, mistakes& found);

/// Is a text not longer than limits::name_bytes? `asked`: it must not be empty either; then `what` says what is
/// missing.
void check_name(const std::string& name, bool asked, std::string_view what, const std::string& path,
                mistakes& found);

} // namespace troupe::definitions
