// UPGRADE WORDS: options -> definition.

#include <troupe/net/node/definition_file.hpp>
#include <troupe/net/node/upgrade_words.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

std::vector<cli_option> upgrade_options() {
  return {{"--file", &cli_arguments::definition, "Definition in YAML or JSON"},
          {"--workflow", &cli_arguments::workflow, "Instead: a published one, by name or ref"},
          {"--revision", &cli_arguments::revision, "Of that [the current]"}};
}

caf::expected<UpgradeRun> read_upgrade(cli_session& at) {
  auto& said = at.said();
  if (said.definition.empty() == said.workflow.empty())
    return make_error(ec::invalid_argument, "name a --file with a definition, or a published --workflow");
  UpgradeRun upgrade;
  upgrade.set_check_only(said.check);
  if (!said.definition.empty()) {
    auto definition = read_definition_file(said.definition);
    if (!definition)
      return std::move(definition.error());
    *upgrade.mutable_definition() = std::move(*definition);
    return upgrade;
  }
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  GetWorkflow ask;
  ask.set_workflow(said.workflow);
  ask.set_revision(said.revision);
  auto published = (*node)->workflow(ask);
  if (!published)
    return std::move(published.error());
  *upgrade.mutable_definition() = published->definition();
  upgrade.set_revision(published->revision().number());
  return upgrade;
}

} // namespace troupe
