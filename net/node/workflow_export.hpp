// WORKFLOW EXPORT: a definition on its way between nodes, signed by whoever hands it over.
#pragma once

#include <caf/expected.hpp>
#include <string>
#include <string_view>
#include <troupe/runtime/proto/definition.pb.h>
#include <vector>

namespace troupe {

/// What was exported, and who vouches for it.
struct imported_workflow {
  WorkflowDefinition definition;
  std::string hash;
  std::string signer; ///< public key, hex in lower case
};

/// A SignedWorkflow as JSON, signed with the key in a file. Errors: those of sign_with().
caf::expected<std::string> export_workflow(const WorkflowDefinition& definition, const std::string& key_file);

/// Reads what export_workflow() has written: the same definition byte by byte, or an error. Errors: ec::invalid_argument (it is no such
/// file, or was changed), ec::from_future.
caf::expected<imported_workflow> import_workflow(std::string_view text);

/// Public keys, hex in lower case: each word is one, or a file with one on each line, `#` begins a comment. Errors:
/// ec::invalid_argument, those of read_text_file().
caf::expected<std::vector<std::string>> trusted_keys(const std::vector<std::string>& words);

} // namespace troupe
