// AVAILABLE: membership where shards move.
// Invariant: what the operator has said of draining is in the node's own store.

#include <troupe/net/cluster/available.hpp>
#include <troupe/net/cluster/linked_member.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/keys.hpp>

namespace troupe {
namespace {

const std::string drain_row = store_key("cluster/drain");

// The doors to what stays with the node.
const doors& own_doors(const doors& outside) {
  return outside.own ? *outside.own : outside;
}

class available_membership final : public linked_member {
public:
  available_membership(const cluster_plan& plan, available_links wired, doors_ptr outside,
                       uint64_t incarnation)
      : linked_member{plan, incarnation, wired.all, wired.tenure.whose}, wired_{std::move(wired)},
        outside_{std::move(outside)} {}

  ShardList shards() const override {
    return list_holdings(plan(), *wired_.tenure.whose,
                         [this](const std::string& node) { return stands(node); });
  }

  caf::error drain(bool drained) override {
    drain_member(wired_, *outside_, drained);
    return {};
  }

  caf::actor spawn_tenure(caf::scheduled_actor* parent) override {
    return caf::actor_cast<caf::actor>(troupe::spawn_tenure(parent, outside_, wired_.tenure));
  }

private:
  const available_links wired_;
  const doors_ptr outside_;
};

} // namespace

caf::expected<available_links> wire_available_cluster(const cluster_plan& plan, tenure_parts parts,
                                                      caf::actor_system& system, const doors& outside,
                                                      uint64_t incarnation) {
  auto drained = own_doors(outside).rows->get(space::meta, drain_row);
  if (!drained)
    return std::move(drained.error());
  parts.whose = std::make_shared<holdings>(plan.self.name, outside.rows->id());
  auto all = link_members(plan, system, outside, incarnation, parts.whose);
  available_links made{std::move(parts), std::move(all), {incarnation, drained->has_value()}};
  made.tenure.leases->join(plan.self.name, made.as,
                           [inbox = made.tenure.inbox](const cluster_view& now) { inbox->saw(now); });
  return made;
}

caf::expected<std::unique_ptr<membership>> join_available_cluster(const cluster_plan& plan,
                                                                  tenure_parts parts,
                                                                  caf::actor_system& system,
                                                                  doors_ptr outside, uint64_t incarnation) {
  auto wired = wire_available_cluster(plan, std::move(parts), system, *outside, incarnation);
  if (!wired)
    return std::move(wired.error());
  auto log = outside->log;
  auto made =
      std::make_unique<available_membership>(plan, std::move(*wired), std::move(outside), incarnation);
  if (auto failed = made->begin(log))
    return failed;
  return std::unique_ptr<membership>{std::move(made)};
}

void drain_member(const available_links& wired, const doors& outside, bool drained) {
  wired.tenure.leases->announce({wired.as.incarnation, drained});
  write_batch row{{space::meta, drain_row, drained ? std::optional<std::string>{"1"} : std::nullopt}};
  own_doors(outside).disk->submit(
      upkeep_order{[row](const store&, const upkeep_order::awake&) { return row; },
                   [log = outside.log](const caf::error& failed) {
                     if (failed) // it holds for this life
                       log.warning("draining could not be written down", {{"reason", describe(failed)}});
                   }});
}

ShardList list_holdings(const cluster_plan& plan, const holdings& whose,
                        const std::function<caf::error(const std::string& node)>& stands) {
  ShardList shown;
  shown.set_cluster(plan.id);
  auto members = whose.members();
  std::map<std::string, ShardOwner> owners;
  owners[plan.self.name];
  for (auto& one : plan.others)
    owners[one.name];
  for (unsigned i = 0; i < limits::shards; ++i) {
    auto shard = whose.look(static_cast<uint8_t>(i));
    auto& owner = owners[shard.holder];
    owner.set_shards(owner.shards() + 1);
    auto is_here = shard.holder == plan.self.name;
    owner.set_moving(owner.moving() + (shard.holder != shard.wanted || (is_here && shard.epoch == 0)));
    if (is_here)
      owner.set_epoch(std::max<uint64_t>(owner.epoch(), shard.epoch));
  }
  for (auto& [node, owner] : owners) {
    auto& row = *shown.add_owners();
    row = owner;
    row.set_node(node);
    if (node.empty()) {
      row.set_state("free");
      continue;
    }
    auto why = stands(node);
    row.set_why(why ? text_of(why) : std::string{});
    auto member = members.find(node);
    row.set_state(member == members.end()   ? "no lease"
                  : member->second.draining ? "draining"
                  : node == plan.self.name  ? "this node"
                  : why                     ? "unreachable"
                                            : "reachable");
  }
  return shown;
}

} // namespace troupe
