// Keys, as somebody types for them.
#define CAF_SUITE net.node.key_commands
#include "tests/support/typed.hpp"
#include <troupe/persistence/key_source.hpp>

using namespace troupe;

CAF_TEST(a master key is made and never overwritten) {
  scratch_directory home;
  auto file = home.path + "/master.key";
  auto made = type({"keys", "new", file});
  CAF_CHECK_EQUAL(made.code, 0);
  CAF_CHECK_EQUAL(made.out, "");
  CAF_CHECK(master_key_from_file(file));
  auto again = type({"keys", "new", file});
  CAF_CHECK_EQUAL(again.code, 7);
  CAF_CHECK(again.err.find("keys are never overwritten") != std::string::npos);
}

CAF_TEST(a person is told what to do with a new key) {
  scratch_directory home;
  cli_hooks hooks;
  hooks.terminal = true;
  CAF_CHECK(type({"keys", "new", home.path + "/master.key"}, hooks).err.find("[keys] master_key_file") !=
            std::string::npos);
}

CAF_TEST(without keys the next step is told) {
  control_node node;
  for (auto& words :
       {std::vector<std::string>{"keys", "list"}, {"keys", "rotate"}, {"keys", "shred", "acme", "--yes"}}) {
    auto said = type(node, words);
    CAF_CHECK_EQUAL(said.code, 7);
    CAF_CHECK(said.err.find("next:   troupe keys new FILE") != std::string::npos);
  }
}

CAF_TEST(a tenant is not shredded by a slip of the hand) {
  control_node node;
  auto said = type(node, {"keys", "shred", "acme"});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK(said.err.find("next:   troupe keys shred acme --yes") != std::string::npos);
  CAF_CHECK_EQUAL(type(node, {"keys", "shred"}).code, 2);
}
