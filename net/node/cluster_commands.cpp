// CLUSTER COMMANDS: who belongs to the cluster, who is reachable, who owns which shards.

#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

caf::expected<int> members(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.members(); });
}

caf::expected<int> shards(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.shards(); });
}

caf::expected<int> drain(cli_session& at) {
  auto end = at.said().end;
  return tell(at, end ? "takes shards again" : "gives its shards away", [&](control_client& node) {
    DrainMember in;
    in.set_node(at.said().id);
    in.set_drain(!end);
    return node.drain(in);
  });
}

// 8 if nobody answers to the ref.
caf::expected<int> why_not(cli_session& at) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  AskWhyNot in;
  in.set_ref(at.said().id);
  auto answer = (*node)->why_not(in);
  if (!answer)
    return std::move(answer.error());
  at.show(*answer, show(*answer, at.how()));
  return answer->reachable() ? 0 : info(ec::unavailable).exit_code;
}

text_tone tone_of(const ShardOwner& owner) {
  return owner.why().empty() ? text_tone::good : text_tone::bad;
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

std::string show(const ShardList& list, const text_look& how) {
  if (list.hash().empty()) {
    text_table table{{"NODE", "SHARDS", "MOVING", "STATE", "EPOCH", "WHY"}};
    for (auto& one : list.owners())
      table.add({printable(one.node()),
                 std::to_string(one.shards()),
                 std::to_string(one.moving()),
                 {printable(one.state()), tone_of(one)},
                 one.epoch() == 0 ? std::string{} : std::to_string(one.epoch()),
                 printable(one.why())});
    return fmt::format("cluster {}, shards move\n\n{}", printable(list.cluster()), table.show(how));
  }
  text_table table{{"NODE", "SHARDS", "STATE", "STORE", "WHY"}};
  for (auto& one : list.owners())
    table.add({printable(one.node()),
               std::to_string(one.shards()),
               {printable(one.state()), tone_of(one)},
               printable(one.store()),
               printable(one.why())});
  return fmt::format("cluster {}, shard map {} ({})\n\n{}", printable(list.cluster()), list.version(),
                     printable(list.hash()), table.show(how));
}

std::string show(const Reachability& answer, const text_look& how) {
  text_table facts{{}};
  facts.add_fact("ref", printable(answer.ref()));
  facts.add_fact("shard", std::to_string(answer.shard()));
  facts.add_fact("node", printable(answer.node()));
  facts.add_fact("answers",
                 answer.reachable() ? text_cell{"yes", text_tone::good} : text_cell{"no", text_tone::bad});
  facts.add_fact("because", printable(answer.reason()));
  return facts.show(how);
}

std::vector<cli_command> cluster_commands() {
  return {
      {"cluster members", "Who belongs to the cluster, and who is reachable", {}, members},
      {"cluster shards", "Who owns how many shards of entities, and who does not answer for his", {}, shards},
      {"cluster why-not",
       "Who answers to a ref, or why nobody does; exit 8 then",
       {{"REF", &cli_arguments::id, "TENANT/KIND/KEY of a run, task, ledger, schedule or workflow", true}},
       why_not,
       "troupe cluster shards"},
      {"cluster drain",
       "Has a node give its shards away, and take none until --end; for clusters whose shards move",
       {{"NODE", &cli_arguments::id, "name of a member", true},
        {"--end", &cli_arguments::end, "It takes shards again"}},
       drain,
       "troupe cluster shards"},
  };
}

} // namespace troupe
