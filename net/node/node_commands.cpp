// NODE COMMANDS: the node, its tree, its agents, its log and metrics.

#include <troupe/net/node/command.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

caf::expected<int> run_node(cli_session& at) {
  if (!at.hooks().node_command)
    return make_error(ec::unavailable, "this program contains no node");
  return at.hooks().node_command(at.said().config, at.said().data);
}

caf::expected<int> status(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.status(); });
}

caf::expected<int> tree(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.tree(); });
}

caf::expected<int> list_agents(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.agents(); });
}

caf::expected<int> describe_agent(cli_session& at) {
  GetAgent in;
  in.set_id(at.said().id);
  return ask_and_show(at, [&](control_client& node) { return node.agent(in); });
}

caf::expected<int> register_agent(cli_session& at) {
  RegisterAgent in;
  if (auto failed = read_json_file(at.said().file, *in.mutable_request()))
    return failed;
  return ask_and_show(at, [&](control_client& node) { return node.register_agent(in); });
}

caf::expected<int> retire_agent(cli_session& at) {
  UnregisterAgent in;
  in.set_id(at.said().id);
  return ask_and_show(at, [&](control_client& node) { return node.retire_agent(in); });
}

caf::expected<int> set_log_level(cli_session& at) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  SetLogLevel in;
  in.set_level(at.said().level);
  auto done = (*node)->set_log_level(in);
  if (!done)
    return std::move(done.error());
  return at.show(*done, "the log begins at " + in.level() + "\n");
}

caf::expected<int> metrics(cli_session& at) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  auto text = (*node)->metrics();
  if (!text)
    return std::move(text.error());
  return at.show(*text, printable(text->text(), true));
}

caf::expected<int> version(cli_session& at) {
  NodeStatus self; // the field that a status has, too
  self.set_version(at.hooks().version);
  if (at.said().json)
    at.out() << to_json(self, {.pretty = true, .defaults = false}) << '\n';
  else
    at.out() << "troupe " << at.hooks().version << '\n';
  return 0;
}

} // namespace

std::vector<cli_command> node_commands() {
  return {
      {"node",
       "Run a node until it is told to stop",
       {{"--config", &cli_arguments::config, "TOML file; every key is optional"}},
       run_node},
      {"status", "How the node is doing", {}, status},
      {"tree", "Who supervises whom", {}, tree},
      {"agents list", "Agents and what they can do", {}, list_agents},
      {"agents describe",
       "One agent: what it is for and how it did",
       {{"ID", &cli_arguments::id, "Id of the agent", true}},
       describe_agent,
       "troupe agents list"},
      {"agents register",
       "Create an agent",
       {{"FILE", &cli_arguments::file, "AgentCreationRequest in JSON", true}},
       register_agent,
       "troupe agents list"},
      {"agents retire",
       "Give an agent no more tasks",
       {{"ID", &cli_arguments::id, "Id of the agent", true}},
       retire_agent,
       "troupe agents list"},
      {"log level",
       "Change what is logged, at once",
       {{"LEVEL", &cli_arguments::level, "trace, debug, info, warning, error or off", true}},
       set_log_level},
      {"metrics", "All metrics, in the Prometheus text format", {}, metrics},
      {"version", "The version of this program", {}, version},
  };
}

} // namespace troupe
