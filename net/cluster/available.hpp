// AVAILABLE: a member of a cluster whose shards move by themselves, over a store that all share.
#pragma once

#include <troupe/net/cluster/membership.hpp>
#include <troupe/net/cluster/tenure_keeper.hpp>

namespace troupe {

/// The links of such a node, what its keeper works with, and whether it drains.
struct available_links {
  tenure_parts tenure;
  std::shared_ptr<links> all;
  presence as;
};

/// Sets the way to refs of other nodes, and takes a lease; what carries the links is left to the caller. Before the tree is planted, and
/// before the keeper is started. Of `parts` the holdings are made here; whoever starts the journal has given it epochs and inbox.
/// Errors: those of store::get().
caf::expected<available_links> wire_available_cluster(const cluster_plan& plan, tenure_parts parts,
                                                      caf::actor_system& system, const doors& outside,
                                                      uint64_t incarnation);

/// As wire_available_cluster(); then listens and dials as join_cluster() does. Its end leaves the lease alone: whoever has the coordinator
/// ends that when the tree is gone and nobody writes any more. Errors: also those of open_credentials() and listen_for_links().
caf::expected<std::unique_ptr<membership>> join_available_cluster(const cluster_plan& plan,
                                                                  tenure_parts parts,
                                                                  caf::actor_system& system,
                                                                  doors_ptr outside, uint64_t incarnation);

/// Announces that a node drains, or does not any more, and writes it down for its next life. `outside` as above.
void drain_member(const available_links& wired, const doors& outside, bool drained);

/// Who holds how many shards, and how those stand: `stands` says why a node does not answer.
ShardList list_holdings(const cluster_plan& plan, const holdings& whose,
                        const std::function<caf::error(const std::string& node)>& stands);

} // namespace troupe
