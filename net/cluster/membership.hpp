// MEMBERSHIP: this node among the members that its configuration names: it listens for them, dials them, and knows who is reachable.
#pragma once

#include <troupe/net/cluster/territory.hpp>
#include <troupe/net/link/links.hpp>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/cluster_members.hpp>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/interface/cluster.hpp>
#include <troupe/runtime/proto/cluster.pb.h>
#include <troupe/runtime/proto/shards.pb.h>

namespace troupe {

/// What a node needs to be a member.
struct cluster_plan {
  std::string id;
  cluster_member self;
  std::vector<cluster_member> others; ///< by name
  link_files files;
  std::vector<std::string> founders; ///< who gets shards when the cluster is created, by name
};

/// What the configuration says of the cluster; nothing if it names no members. Errors: ec::invalid_argument, what is missing or does
/// not fit.
caf::expected<std::optional<cluster_plan>> plan_cluster(const config& settings);

/// A member at work. Its destructor ends the links.
class membership {
public:
  virtual ~membership() = default;

  /// All members, as this one sees them now.
  virtual MemberList list() const = 0;

  /// Who owns the shards, and how they stand.
  virtual ShardList shards() const = 0;

  /// Who answers to a ref, or why nobody does. Error: ec::invalid_argument for what is no ref.
  virtual caf::expected<Reachability> why_not(const std::string& name) const = 0;

  /// Why this node takes no work; no error if it does: members know another store of it, or it has no lease. Error: ec::unavailable.
  virtual caf::error trouble() const = 0;

  /// Gives this node's shards away and takes none, until it is told otherwise, over restarts. Error: ec::unavailable if the shards of this
  /// cluster do not move.
  virtual caf::error drain(bool drained);

  /// Starts what takes the shards of this node and gives them up; null = they do not move.
  virtual caf::actor spawn_tenure(caf::scheduled_actor* parent);

  /// The links, for whoever speaks to others.
  virtual const std::shared_ptr<links>& all() const = 0;
};

/// The links of a node, and whose shards are whose.
struct cluster_links {
  std::shared_ptr<territory> whose;
  std::shared_ptr<links> all;
};

/// Opens or makes the shard map and sets the way to refs of other nodes; what carries the links is left to the caller. Before the tree is
/// planted. Errors: those of open_shard_map() and territory::open().
caf::expected<cluster_links> wire_cluster(const cluster_plan& plan, caf::actor_system& system,
                                          const doors& outside, uint64_t incarnation);

/// As wire_cluster(); then listens and dials: of two members, the one whose name comes first dials the other. `incarnation` is above that of
/// every earlier life of this node. Errors: also those of open_credentials() and listen_for_links().
caf::expected<std::unique_ptr<membership>> join_cluster(const cluster_plan& plan, caf::actor_system& system,
                                                        doors_ptr outside, uint64_t incarnation);

/// Starts what lets time pass for links, every limits::link_tick.
link_clock_actor spawn_link_clock(caf::scheduled_actor* parent, std::shared_ptr<links> all);

} // namespace troupe
