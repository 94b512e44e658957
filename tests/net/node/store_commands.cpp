// The store's use is asked of the node and shown as it answers.
#define CAF_SUITE net.node.store_commands
#include "tests/support/typed.hpp"

using namespace troupe;

CAF_TEST(a usage is told to people and programs) {
  control_node node;
  add_name(*node.rows, "default/run/r1");
  RunEvent event;
  event.mutable_started()->set_principal("ada");
  add_event(*node.rows, "default/run/r1", 1, event);
  auto said = type(node, {"store", "usage"});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK(said.out.find("default  run   1      1, ") != std::string::npos);
  auto json = type(node, {"store", "usage", "--json"});
  CAF_CHECK_EQUAL(json.code, 0);
  CAF_CHECK(json.out.find("\"ref\": \"default/run/r1\"") != std::string::npos);
  auto viewer = write_file(node.home.path + "/viewer", "vera viewer " + std::string{control_node::view});
  CAF_CHECK_EQUAL(type(node, {"store", "usage", "--token-file", viewer}).code, 0);
}

CAF_TEST(without a node the next step is told) {
  scratch_directory home;
  auto said = type({"store", "usage", "--data", home.path + "/none"});
  CAF_CHECK_EQUAL(said.code, 8);
  CAF_CHECK(said.err.find("next:   troupe node --data ") != std::string::npos);
}
