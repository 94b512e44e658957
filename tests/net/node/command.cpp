// A session finds its node, shows the right token, and keeps hints from scripts.
#define CAF_SUITE net.node.command
#include "tests/support/typed.hpp"
#include <set>
#include <troupe/net/node/command.hpp>

using namespace troupe;

namespace {

const std::string registry{services::registry};

} // namespace

CAF_TEST(a session shows the first token of the file it is given) {
  control_node node;
  node.play(registry, [](const ListAgents&) { return AgentList{}; });
  CAF_CHECK_EQUAL(type(node, {"agents", "list"}).code, 0);
  auto viewer = write_file(node.home.path + "/viewer", "vera viewer " + std::string{control_node::view});
  CAF_CHECK_EQUAL(type(node, {"agents", "list", "--token-file", viewer}).code, 0);
  auto denied = type(node, {"agents", "retire", "x", "--token-file", viewer});
  CAF_CHECK_EQUAL(denied.code, 4);
  CAF_CHECK_EQUAL(denied.err, "troupe: vera is viewer and RetireAgent needs admin\n"
                              "next:   troupe agents retire --token-file FILE\n");
  auto stranger = write_file(node.home.path + "/stranger", "eve admin 99999999999999999999999999999999");
  CAF_CHECK_EQUAL(type(node, {"agents", "list", "--token-file", stranger}).code, 4);
  CAF_CHECK_EQUAL(type(node, {"agents", "list", "--token-file", node.home.path + "/none"}).code, 3);
}

CAF_TEST(a session speaks to the socket it is given) {
  control_node node;
  node.play(registry, [](const ListAgents&) { return AgentList{}; });
  auto tokens = "--token-file=" + control_tokens(node.home.path);
  CAF_CHECK_EQUAL(type({"agents", "list", tokens, "--socket", control_socket(node.home.path)}).code, 0);
  CAF_CHECK_EQUAL(type({"agents", "list", tokens, "--socket", node.home.path + "/nobody"}).code, 8);
}

CAF_TEST(a node that is too slow is a timeout) {
  control_node node;
  node.play(registry,
            [](const ListAgents&) -> caf::result<AgentList> { return caf::delegated<AgentList>{}; });
  CAF_CHECK_EQUAL(type(node, {"agents", "list", "--timeout", "1"}).code, 6);
}

CAF_TEST(commands have distinct words and no word is a command and a group) {
  std::set<std::string_view> words;
  for (auto& known : commands()) {
    CAF_CHECK(words.insert(known.words).second);
    CAF_CHECK(!known.summary.empty());
  }
  for (auto word : words)
    CAF_CHECK(words.count(word.substr(0, word.find(' '))) ==
              (word.find(' ') == std::string_view::npos ? 1 : 0));
}
