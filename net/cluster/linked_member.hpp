// LINKED MEMBER: what every member is, whoever owns the shards: it listens, dials, and knows who is reachable.
#pragma once

#include <troupe/net/cluster/membership.hpp>
#include <troupe/net/cluster/shard_owners.hpp>

namespace troupe {

/// The links of a node to the others of its plan, and the way over them to refs that are not its own; what carries them is left to the
/// caller. Before the tree is planted.
std::shared_ptr<links> link_members(const cluster_plan& plan, caf::actor_system& system, const doors& outside,
                                    uint64_t incarnation, std::shared_ptr<shard_owners> whose);

/// A member with links; who owns which shard is left to those that are made of it.
class linked_member : public membership {
public:
  linked_member(const cluster_plan& plan, uint64_t incarnation, std::shared_ptr<links> all,
                std::shared_ptr<const shard_owners> whose);
  ~linked_member() override;

  /// Listens and dials. Errors: those of open_credentials() and listen_for_links().
  caf::error begin(const logger& log);

  MemberList list() const override;
  caf::expected<Reachability> why_not(const std::string& name) const override;
  caf::error trouble() const override {
    return owners_->trouble(plan_.self.name);
  }
  const std::shared_ptr<links>& all() const override {
    return links_;
  }

protected:
  /// Why a node does not answer; no error if it does.
  caf::error stands(const std::string& node) const;
  /// What the node knows of its cluster.
  const cluster_plan& plan() const {
    return plan_;
  }

private:
  const cluster_plan plan_;
  const uint64_t incarnation_;
  const std::shared_ptr<links> links_;
  const std::shared_ptr<const shard_owners> owners_;
  std::unique_ptr<link_listener> listener_;
  std::vector<std::unique_ptr<link_dialler>> diallers_;
};

} // namespace troupe
