// SHARD ROUTE: messages to entities of other nodes' shards go over the links.
#pragma once

#include <troupe/net/cluster/shard_owners.hpp>
#include <troupe/net/link/links.hpp>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {

/// The way over these links. Refs of the kinds that `exports` offers belong to the owner of their shard, a desk to the node it names; all
/// others to this node. It does not keep the links alive.
std::shared_ptr<ref_route> make_shard_route(std::shared_ptr<const shard_owners> whose,
                                            std::shared_ptr<const link_exports> exports,
                                            std::shared_ptr<links> over, const doors& outside);

/// Offers the kinds of entities that travel, and the desk of a node.
void offer_all(link_exports& exports);

} // namespace troupe
