// What operators ask about the node, typed against a node of stubs.
#define CAF_SUITE net.node.node_commands
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

const std::string registry{services::registry};

} // namespace

CAF_TEST(a node is run by the hook with its configuration and data) {
  std::string seen;
  cli_hooks hooks;
  hooks.node_command = [&](const std::string& config, const std::string& data) {
    seen = config + "|" + data;
    return 7;
  };
  CAF_CHECK_EQUAL(type({"node", "--config", "troupe.toml", "--data", "d"}, hooks).code, 7);
  CAF_CHECK_EQUAL(seen, "troupe.toml|d");
  type({"node"}, hooks);
  CAF_CHECK_EQUAL(seen, "|");
  CAF_CHECK_EQUAL(type({"node"}).code, 8);
}

CAF_TEST(a status is shown to people and to programs) {
  control_node node;
  auto text = type(node, {"status"});
  CAF_CHECK_EQUAL(text.code, 0);
  CAF_CHECK(text.out.find("node      n1, troupe 0.1.0\n") == 0);
  auto json = type(node, {"status", "--json"});
  CAF_CHECK(json.out.find("\"startedMs\": \"2023-11-14T22:13:20.000Z\"") != std::string::npos);
}

CAF_TEST(the tree is drawn) {
  control_node node;
  node.play("system/service/root", [](const GetTree&) {
    TreeNode tree;
    tree.set_id("root");
    tree.add_children()->set_id("core");
    return tree;
  });
  CAF_CHECK_EQUAL(type(node, {"tree"}).out, "root\n└── core\n");
}

CAF_TEST(an agent is registered from a file and described and retired) {
  control_node node;
  auto record = [](const std::string& id, bool retired) {
    AgentRecord made;
    made.set_id(id);
    made.set_unregistered(retired);
    return made;
  };
  node.play(
      registry, [=](const RegisterAgent& in) { return record(in.request().id(), false); },
      [=](const UnregisterAgent& in) { return record(in.id(), true); },
      [=](const GetAgent& in) -> caf::result<AgentRecord> {
        if (in.id() != "reviewer")
          return make_error(ec::not_found, "there is no agent " + in.id());
        return record(in.id(), false);
      });
  auto file =
      write_file(node.home.path + "/agent.json", R"({"id": "reviewer", "capabilities": ["code.review"]})");
  CAF_CHECK(type(node, {"agents", "register", file}).out.find("agent        reviewer\n") == 0);
  CAF_CHECK(type(node, {"agents", "describe", "reviewer"}).out.find("agent        reviewer\n") == 0);
  CAF_CHECK(type(node, {"agents", "retire", "reviewer"}).out.find("retired") != std::string::npos);
  auto unknown = type(node, {"agents", "describe", "x"});
  CAF_CHECK_EQUAL(unknown.code, 3);
  CAF_CHECK_EQUAL(unknown.err, "troupe: there is no agent x\nnext:   troupe agents list\n");
}

CAF_TEST(log level and metrics reach the hooks of the node) {
  control_node node;
  node.server.reset();
  std::string level;
  node.hooks.set_log_level = [&](const std::string& name) {
    level = name;
    return caf::error{};
  };
  node.hooks.metrics = [] { return "troupe_up 1\n"; };
  node.start();
  auto log = type(node, {"log", "level", "debug"});
  CAF_CHECK_EQUAL(log.out, "the log begins at debug\n");
  CAF_CHECK_EQUAL(level, "debug");
  CAF_CHECK_EQUAL(type(node, {"metrics"}).out, "troupe_up 1\n");
}

CAF_TEST(the version needs no node) {
  CAF_CHECK_EQUAL(type({"version"}).out, "troupe 0.1.0\n");
  CAF_CHECK_EQUAL(type({"--version"}).out, "troupe 0.1.0\n");
  CAF_CHECK_EQUAL(type({"version", "--json"}).out, "{\n  \"version\": \"0.1.0\"\n}\n");
}
