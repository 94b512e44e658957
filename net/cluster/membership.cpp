// MEMBERSHIP: what the configuration says of a cluster, and a member whose shards are its own for ever.
// Invariant: the map that was opened first is the one that counts.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/cluster/linked_member.hpp>
#include <troupe/net/cluster/shard_route.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/ops.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/rule_text.hpp>

namespace troupe {
namespace {

class static_membership final : public linked_member {
public:
  static_membership(const cluster_plan& plan, const cluster_links& wired, uint64_t incarnation)
      : linked_member{plan, incarnation, wired.all, wired.whose}, whose_{wired.whose} {}

  ShardList shards() const override {
    auto& map = whose_->map();
    ShardList shown;
    shown.set_cluster(map.cluster());
    shown.set_version(map.version());
    shown.set_hash(map.hash());
    for (auto& node : map.nodes()) {
      auto* row = shown.add_owners();
      row->set_node(node);
      for (unsigned shard = 0; shard < limits::shards; ++shard)
        row->set_shards(row->shards() + (map.owner(static_cast<uint8_t>(shard)) == node));
      row->set_store(whose_->store_of(node));
      auto why = stands(node);
      row->set_why(why ? text_of(why) : std::string{});
      row->set_state(whose_->trouble(node)           ? "store lost"
                     : node == plan().self.name      ? "this node"
                     : !why                          ? "reachable"
                     : code_of(why) == ec::not_found ? "no member"
                                                     : "unreachable");
    }
    return shown;
  }

private:
  const std::shared_ptr<territory> whose_;
};

struct link_clock_state {
  static inline const char* name = "link_clock";
};

link_clock_actor::behavior_type link_clock(link_clock_actor::stateful_pointer<link_clock_state> self,
                                           std::shared_ptr<links> all) {
  house_rules(self);
  tell_in(self, limits::link_tick, link_clock_actor{self}, Tick{});
  return {
      [=](const Tick&) {
        all->tick(
            std::chrono::duration_cast<std::chrono::milliseconds>(self->clock().now().time_since_epoch()));
        tell_in(self, limits::link_tick, link_clock_actor{self}, Tick{});
      },
      [](const Ping&) { return Done{}; },
  };
}

} // namespace

caf::error membership::drain(bool) {
  return make_error(ec::unavailable, "the shards of this cluster do not move: see [cluster] etcd");
}

caf::actor membership::spawn_tenure(caf::scheduled_actor*) {
  return nullptr;
}

caf::expected<std::optional<cluster_plan>> plan_cluster(const config& settings) {
  auto& said = settings.cluster;
  auto refuse = [](std::string why) {
    return make_error(ec::invalid_argument, "[cluster] " + std::move(why));
  };
  auto members = parse_cluster_members(said.members);
  if (!members)
    return refuse("members: " + text_of(members.error()));
  if (members->empty())
    return std::optional<cluster_plan>{};
  if (said.id.empty())
    return refuse("has members and no id");
  for (auto [key, value] :
       {std::pair{"certificate", &said.certificate}, {"key", &said.key}, {"authority", &said.authority}})
    if (value->empty())
      return refuse(fmt::format("has members and no {}: links need certificates", key));
  cluster_plan plan{said.id, {}, {}, {said.certificate, said.key, said.authority}, {}};
  for (auto name : parts_of(said.founders, ' '))
    if (!name.empty()) {
      if (std::none_of(members->begin(), members->end(), [&](auto& one) { return one.name == name; }))
        return refuse(fmt::format("founders: {} is no member", name));
      plan.founders.emplace_back(name);
    }
  if (plan.founders.empty())
    for (auto& one : *members)
      plan.founders.push_back(one.name);
  for (auto& one : *members) {
    if (one.identity.empty())
      one.identity = usual_identity(said.id, one.name);
    if (one.name == settings.node.name)
      plan.self = std::move(one);
    else
      plan.others.push_back(std::move(one));
  }
  if (plan.self.name.empty())
    return refuse(fmt::format("members do not name this node, {}: see [node] name", settings.node.name));
  std::sort(plan.others.begin(), plan.others.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return std::optional{std::move(plan)};
}

caf::expected<cluster_links> wire_cluster(const cluster_plan& plan, caf::actor_system& system,
                                          const doors& outside, uint64_t incarnation) {
  auto map = open_shard_map(*outside.rows, plan.id, plan.self.name, plan.founders, is_sharded);
  if (!map)
    return std::move(map.error());
  auto opened = territory::open(std::move(*map), plan.self.name, outside);
  if (!opened)
    return std::move(opened.error());
  auto whose = std::move(*opened);
  auto all = link_members(plan, system, outside, incarnation, whose);
  return cluster_links{std::move(whose), std::move(all)};
}

caf::expected<std::unique_ptr<membership>> join_cluster(const cluster_plan& plan, caf::actor_system& system,
                                                        doors_ptr outside, uint64_t incarnation) {
  auto wired = wire_cluster(plan, system, *outside, incarnation);
  if (!wired)
    return std::move(wired.error());
  auto made = std::make_unique<static_membership>(plan, *wired, incarnation);
  if (auto failed = made->begin(outside->log))
    return failed;
  return std::unique_ptr<membership>{std::move(made)};
}

link_clock_actor spawn_link_clock(caf::scheduled_actor* parent, std::shared_ptr<links> all) {
  return parent->spawn(link_clock, std::move(all));
}

} // namespace troupe
