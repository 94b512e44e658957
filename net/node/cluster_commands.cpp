// CLUSTER COMMANDS: who belongs to the cluster, and who is reachable.

#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/views.hpp>

namespace troupe {
namespace {

caf::expected<int> members(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.members(); });
}

text_cell state_of(const ClusterMember& member) {
  if (member.self())
    return {"this node", text_tone::good};
  return member.reachable() ? text_cell{"reachable", text_tone::good}
                            : text_cell{"unreachable", text_tone::bad};
}

} // namespace

std::string show(const MemberList& list, const text_look& how) {
  text_table table{{"NODE", "ADDRESS", "STATE", "SINCE", "VERSION", "SENT", "RECEIVED", "WHY"}};
  for (auto& one : list.members()) {
    auto figure = [&](uint64_t count) {
      return one.self() || !one.reachable() ? std::string{} : std::to_string(count);
    };
    table.add({printable(one.node()), printable(one.address()), state_of(one),
               short_time(static_cast<int64_t>(one.incarnation()), how), printable(one.version()),
               figure(one.sent()), figure(one.received()), printable(one.trouble())});
  }
  return fmt::format("cluster {}\n\n{}", printable(list.cluster()), table.show(how));
}

std::vector<cli_command> cluster_commands() {
  return {
      {"cluster members", "Who belongs to the cluster, and who is reachable", {}, members},
  };
}

} // namespace troupe
