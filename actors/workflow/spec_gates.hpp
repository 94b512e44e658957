// SPEC GATES: does what implements a working spec keep what the spec says? Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <troupe/behaviors/spec_reader.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <vector>

namespace troupe {

/// A file of definitions that a spec names.
struct spec_workflow {
  std::string file;
  workflow_text read;  ///< mistakes of the form among its problems
  std::string trouble; ///< why it could not be read; empty = it was
};

/// What the catalog has under the name of a workflow.
struct published_label {
  std::string version; ///< label of the current revision
  std::string hash;    ///< of its content
};

/// Everything the gates look at.
struct spec_material {
  std::string file; ///< of the spec
  spec_text read;
  std::vector<spec_workflow> workflows; ///< in the order of implement.workflows
  std::map<std::string, std::string>
      pages; ///< text of those of document.pages that could be read, by their name there
  /// Of the workflows that are published, by name; nothing if nobody could be asked, and why.
  std::optional<std::map<std::string, published_label>> published;
  std::string not_asked;
};

/// Asks every gate, in the order of the phases; a gate that fails is there once for each reason.
SpecReport run_gates(const spec_material& material);

} // namespace troupe
