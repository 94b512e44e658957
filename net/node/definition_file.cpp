// DEFINITION FILE: bytes -> a definition or its mistakes.

#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/net/node/definition_file.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {

caf::expected<WorkflowDefinition> read_definition_file(const std::string& path) {
  auto text = read_text_file(path, limits::definition_bytes);
  if (!text)
    return std::move(text.error());
  auto read = read_workflow(*text);
  if (read.problems.empty())
    return std::move(read.definition);
  auto mistakes = to_string(read.problems, path);
  return make_error(ec::invalid_workflow, mistakes.substr(0, mistakes.find_last_not_of('\n') + 1));
}

} // namespace troupe
