// SPEC FILES: a working spec with all the files it names, and what its gates say.
#pragma once

#include <caf/expected.hpp>
#include <string>
#include <troupe/actors/workflow/spec_gates.hpp>
#include <troupe/net/node/command.hpp>

namespace troupe {

/// A spec after its gates were asked.
struct checked_spec {
  spec_material material;
  SpecReport report;
};

/// Reads a spec from its text, and the files it names from beside it; asks the node what is published, if one answers; then asks the
/// gates. What cannot be read is a gate that fails.
checked_spec check_spec(cli_session& at, const std::string& file, const std::string& text);

/// A row for each gate.
std::string show(const SpecReport& report, const text_look& how);

/// How many gates have failed, as ec::invalid_workflow; no error if none.
caf::error refusal_of(const SpecReport& report);

} // namespace troupe
