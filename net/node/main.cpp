// troupe: node and command line in one program.

#include <csignal>
#include <iostream>
#include <troupe/net/node/cli.hpp>
#include <troupe/net/node/node.hpp>
#include <troupe/net/node/standard_behaviors.hpp>
#include <troupe/runtime/version.hpp>
#include <unistd.h>

namespace {

int run_node(const std::string& path, const std::string& data) {
  troupe::config settings;
  if (!path.empty()) {
    auto loaded = troupe::load_config(path);
    if (!loaded) {
      std::cerr << troupe::text_of(loaded.error()) << '\n';
      return troupe::info(troupe::ec::invalid_argument).exit_code;
    }
    settings = std::move(*loaded);
  }
  if (!data.empty())
    settings.node.data_directory = data;
  sigset_t ends; // blocked before any thread begins, so that only sigwait sees them
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  troupe::node node{settings};
  troupe::add_standard_behaviors(node.behaviors());
  if (auto failed = node.listen())
    return node.complain(failed);
  std::cerr << "node '" << settings.node.name << "' runs on " << settings.node.data_directory
            << "; ask it with: troupe status --data " << settings.node.data_directory << '\n';
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  troupe::cli_hooks hooks;
  hooks.node_command = run_node;
  hooks.version = troupe::version;
  hooks.terminal = isatty(STDOUT_FILENO) == 1;
  return troupe::run_cli(argc, argv, hooks);
}
