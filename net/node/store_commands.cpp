// STORE COMMANDS: what the store holds.

#include <troupe/net/node/command.hpp>
#include <troupe/net/node/views.hpp>

namespace troupe {
namespace {

caf::expected<int> usage(cli_session& at) {
  return ask_and_show(at, [&](control_client& node) {
    if (at.said().timeout_s == 0)
      node.set_patience(limits::door_wait); // it reads the whole store
    return node.usage();
  });
}

} // namespace

std::vector<cli_command> store_commands() {
  return {
      {"store usage", "Who takes how much of the store, and what leaves next", {}, usage},
  };
}

} // namespace troupe
