// troupe: node and command line in one program.

#include <iostream>
#include <sys/ioctl.h>
#include <troupe/net/link/grpc_wire.hpp>
#include <troupe/net/node/cli.hpp>
#include <troupe/net/node/process.hpp>
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
  troupe::prepare_process();
  troupe::silence_grpc(); // what it would say of links, the node's own log says
  troupe::node node{settings};
  troupe::add_standard_behaviors(node.behaviors());
  return troupe::serve(node);
}

} // namespace

int main(int argc, char** argv) {
  troupe::cli_hooks hooks;
  hooks.node_command = run_node;
  hooks.version = troupe::program_version;
  hooks.terminal = isatty(STDOUT_FILENO) == 1;
  if (winsize window{}; hooks.terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0)
    hooks.columns = window.ws_col;
  return troupe::run_cli(argc, argv, hooks);
}
