// fleet: ten agents over the nodes of a cluster, and thirty tasks split over them.
// Run:    build/dev/examples/fleet/fleet DATA_DIRECTORY [GOAL]   of any node that runs, see README.md
// Prints: 10 agents at 3 nodes: 30 done, 0 failed
#include <fmt/format.h>
#include <set>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/api/fleet.hpp>
#include <troupe/runtime/error.hpp>

namespace {

int complain(const caf::error& why) {
  fmt::print(stderr, "error: {}\n", troupe::describe(why));
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  std::string data = argc > 1 ? argv[1] : "./troupe-data";
  auto tokens = troupe::token_list::read(troupe::control_tokens(data));
  if (!tokens)
    return complain(tokens.error());
  troupe::control_client node{troupe::control_socket(data), tokens->first()};

  troupe::Placement spread;
  spread.set_how("spread");
  auto fleet = troupe::spawn_fleet(node, "echoes", "echo", 10, spread); // the same again changes nothing
  if (!fleet)
    return complain(fleet.error());

  troupe::fleet_goal goal;
  goal.capability = "troupe.echo";
  goal.id = argc > 2 ? argv[2] : ""; // with an id of ours, a repeat finds the goal that there is
  for (int i = 0; i < 30; ++i)
    goal.items.push_back({{"text", fmt::format("part {}", i)}});
  auto id = troupe::distribute_goal(node, "echoes", goal);
  if (!id)
    return complain(id.error());

  std::set<std::string> nodes;
  auto all =
      troupe::collect_results(node, *id, [&](const troupe::GoalResult& one) { nodes.insert(one.node()); });
  if (!all)
    return complain(all.error());
  if (!all->complete)
    return complain(all->trouble); // what has come is in all->done; ask again for the rest
  fmt::print("{} agents at {} nodes: {} done, {} failed\n", fleet->size(), nodes.size(), all->done.size(),
             all->failed.size());
}
