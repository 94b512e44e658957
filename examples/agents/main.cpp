// specialised_agents: a node with a code generator, a test runner, a security auditor and a deployer, for the templates.
// Run:    build/dev/examples/agents/specialised_agents [--data DIR] [--workspace DIR] [--fakes]
// Then:   troupe run start --template development --input name=shop --input requirements='["greets a customer"]' --wait

#include "skills.hpp"

#include <cstdio>
#include <string_view>
#include <troupe/net/node/process.hpp>
#include <troupe/net/node/standard_behaviors.hpp>

int main(int argc, char** argv) {
  troupe::config settings;
  std::filesystem::path place = "troupe-workspace";
  auto fakes = false;
  for (int i = 1; i < argc; ++i) {
    std::string_view word{argv[i]};
    if (word == "--fakes") {
      fakes = true;
    } else if ((word == "--data" || word == "--workspace") && i + 1 < argc) {
      if (word == "--data")
        settings.node.data_directory = argv[++i];
      else
        place = argv[++i];
    } else {
      std::fprintf(stderr, "usage: specialised_agents [--data DIR] [--workspace DIR] [--fakes]\n");
      return 2;
    }
  }
  troupe::prepare_process();
  troupe::node node{settings};
  troupe::add_standard_behaviors(node.behaviors());
  troupe::crew::add_agents(node.behaviors(), node.tools(),
                           fakes ? nullptr : std::make_shared<troupe::crew::workspace>(place));
  return troupe::serve(node);
}
