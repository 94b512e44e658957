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

// On the node that was named, or on the one that is placed best.
caf::expected<int> hire_agent(cli_session& at, const AgentCreationRequest& request) {
  auto& said = at.said();
  if (!said.on.empty() && (!said.place.empty() || !said.near.empty() || !said.apart.empty()))
    return make_error(ec::invalid_argument, "say --on NODE, or how to --place it, not both");
  HireAgent in;
  *in.mutable_request() = request;
  in.set_node(said.on);
  in.mutable_place()->set_how(said.place);
  in.mutable_place()->mutable_near()->Assign(said.near.begin(), said.near.end());
  in.mutable_place()->mutable_apart()->Assign(said.apart.begin(), said.apart.end());
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  auto hired = (*node)->hire(in);
  if (!hired)
    return std::move(hired.error());
  return at.show(*hired, "on node " + printable(hired->node()) + "\n" + show(hired->record(), at.how()));
}

caf::expected<int> register_agent(cli_session& at) {
  RegisterAgent in;
  if (auto failed = read_json_file(at.said().file, *in.mutable_request()))
    return failed;
  auto& said = at.said();
  if (!said.on.empty() || !said.place.empty() || !said.near.empty() || !said.apart.empty())
    return hire_agent(at, in.request());
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
       {{"FILE", &cli_arguments::file, "AgentCreationRequest in JSON", true},
        {"--on", &cli_arguments::on, "Node of the cluster that gets it"},
        {"--place", &cli_arguments::place, "least-load, spread or pack: on the node that suits best"},
        {"--near", &cli_arguments::near, "Only on a node that has this agent or capability; may be repeated"},
        {"--apart", &cli_arguments::apart, "Only on a node that has it not; may be repeated"}},
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
