// MEMBERSHIP: this node among the members that its configuration names: it listens for them, dials them, and knows who is reachable.
#pragma once

#include <troupe/net/link/links.hpp>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/cluster_members.hpp>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/interface/cluster.hpp>
#include <troupe/runtime/proto/cluster.pb.h>

namespace troupe {

/// What a node needs to be a member.
struct cluster_plan {
  std::string id;
  cluster_member self;
  std::vector<cluster_member> others; ///< by name
  link_files files;
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

  /// The links, for whoever speaks to others.
  virtual const std::shared_ptr<links>& all() const = 0;
};

/// Listens and dials: of two members, the one whose name comes first dials the other. `incarnation` is above that of every earlier life of
/// this node. Errors: those of open_credentials() and listen_for_links().
caf::expected<std::unique_ptr<membership>> join_cluster(const cluster_plan& plan, caf::actor_system& system,
                                                        doors_ptr outside, uint64_t incarnation);

/// Starts what lets time pass for links, every limits::link_tick.
link_clock_actor spawn_link_clock(caf::scheduled_actor* parent, std::shared_ptr<links> all);

} // namespace troupe
