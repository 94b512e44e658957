// MEMBERSHIP: listener, diallers and links of one node.
// Invariant: between two members one dials, the one whose name comes first.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/cluster/membership.hpp>
#include <troupe/net/cluster/shard_route.hpp>
#include <troupe/net/link/handshake.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/interface/cluster.hpp>
#include <troupe/runtime/interface/journal.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ops.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/rule_text.hpp>
#include <troupe/runtime/version.hpp>

namespace troupe {
namespace {

link_member as_link(const cluster_member& one) {
  return {one.name, one.address, one.identity};
}

class static_membership final : public membership {
public:
  static_membership(const cluster_plan& plan, cluster_links wired, uint64_t incarnation)
      : plan_{plan}, incarnation_{incarnation}, whose_{std::move(wired.whose)}, links_{std::move(wired.all)} {}

  ~static_membership() override {
    links_->stop();
    diallers_.clear();
    if (listener_)
      listener_->stop(limits::link_shutdown);
  }

  caf::error begin(const logger& log) {
    auto credentials = open_credentials(plan_.files);
    if (!credentials)
      return std::move(credentials.error());
    auto greet = [all = links_, log](std::shared_ptr<wire> over, const std::string& identity) {
      auto user = all->greet(std::move(over), identity);
      if (!user)
        log.warning("a link was refused", {{"identity", identity}, {"reason", describe(user.error())}});
      return user;
    };
    auto listener = listen_for_links(plan_.self.address, *credentials, greet);
    if (!listener)
      return std::move(listener.error());
    listener_ = std::move(*listener);
    for (auto& one : plan_.others)
      if (plan_.self.name < one.name)
        diallers_.push_back(dial_link(
            one.address, *credentials, greet, [all = links_, log, node = one.name](const caf::error& why) {
              log.debug("a member could not be reached", {{"node", node}, {"reason", describe(why)}});
              all->failed(node, why);
            }));
    return {};
  }

  MemberList list() const override {
    MemberList shown;
    shown.set_cluster(plan_.id);
    auto standing = links_->standing();
    bool self_shown = false;
    auto show_self = [&] {
      self_shown = true;
      auto* row = shown.add_members();
      row->set_node(plan_.self.name);
      row->set_address(plan_.self.address);
      row->set_identity(plan_.self.identity);
      row->set_self(true);
      row->set_reachable(true);
      row->set_incarnation(incarnation_);
      row->set_version(program_version);
    };
    for (auto& one : standing) {
      if (!self_shown && plan_.self.name < one.member.node)
        show_self();
      auto* row = shown.add_members();
      row->set_node(one.member.node);
      row->set_address(one.member.address);
      row->set_identity(one.member.identity);
      row->set_reachable(one.reachable);
      row->set_incarnation(one.incarnation);
      row->set_version(one.version);
      if (!one.reachable)
        row->set_trouble(describe(one.trouble));
      row->set_sent(one.figures.envelopes_out);
      row->set_received(one.figures.envelopes_in);
      row->set_waiting(one.figures.requests);
    }
    if (!self_shown)
      show_self();
    return shown;
  }

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
                     : node == plan_.self.name       ? "this node"
                     : !why                          ? "reachable"
                     : code_of(why) == ec::not_found ? "no member"
                                                     : "unreachable");
    }
    return shown;
  }

  caf::expected<Reachability> why_not(const std::string& name) const override {
    auto parts = parse_ref(name);
    if (!parts)
      return std::move(parts.error());
    Reachability answer;
    answer.set_ref(name);
    answer.set_shard(shard_of(name));
    answer.set_node(plan_.self.name);
    if (parts->kind == desk_kind)
      answer.set_node(parts->key);
    else if (is_sharded(parts->kind))
      answer.set_node(whose_->map().owner(shard_of(name)));
    auto why = stands(answer.node());
    answer.set_reachable(!why);
    answer.set_reason(
        why                                ? text_of(why)
        : answer.node() != plan_.self.name ? fmt::format("node {} answers for it", answer.node())
        : is_sharded(parts->kind)          ? "this node answers for it"
                                           : fmt::format("each node has its own of kind {}", parts->kind));
    return answer;
  }

  caf::error trouble() const override {
    return whose_->trouble(plan_.self.name);
  }

  const std::shared_ptr<links>& all() const override {
    return links_;
  }

private:
  // Why a node does not answer; no error if it does.
  caf::error stands(const std::string& node) const {
    if (auto lost = whose_->trouble(node))
      return lost;
    if (node == plan_.self.name)
      return {};
    auto link = links_->to(node);
    return link ? caf::error{} : std::move(link.error());
  }

  const cluster_plan plan_;
  const uint64_t incarnation_;
  const std::shared_ptr<territory> whose_;
  const std::shared_ptr<links> links_;
  std::unique_ptr<link_listener> listener_;
  std::vector<std::unique_ptr<link_dialler>> diallers_;
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
  auto exports = std::make_shared<link_exports>();
  offer_all(*exports);
  auto office = std::make_shared<link_office>();
  office->system = &system;
  office->names = outside.names;
  office->exports = exports;
  office->time = outside.time;
  office->dropped = outside.meters.notes_dropped;
  office->address = [whose](const std::string& peer, Hello& ours) { whose->address(peer, ours); };
  office->met = [whose, log = outside.log](const Hello& theirs) {
    if (!whose->met(theirs))
      return;
    for (auto& node : {theirs.node(), whose->self()})
      if (auto trouble = whose->trouble(node))
        log.error("shards are refused", {{"node", node}, {"reason", text_of(trouble)}});
  };
  std::vector<link_member> others;
  for (auto& one : plan.others)
    others.push_back(as_link(one));
  auto changed = [log = outside.log, names = outside.names](const std::string& node,
                                                            const session_ptr& over) {
    log.info(over ? "a member is reachable" : "a member is not reachable any more", {{"node", node}});
    if (over) // what was refused meanwhile is due now, not in minutes
      names->tell(std::string{services::timers}, Redeliver{});
  };
  auto all = std::make_shared<links>(make_hello(plan.id, plan.self.name, incarnation), std::move(others),
                                     std::move(office), std::move(changed));
  outside.names->set_route(make_shard_route(whose, exports, all, outside));
  return cluster_links{std::move(whose), std::move(all)};
}

caf::expected<std::unique_ptr<membership>> join_cluster(const cluster_plan& plan, caf::actor_system& system,
                                                        doors_ptr outside, uint64_t incarnation) {
  auto wired = wire_cluster(plan, system, *outside, incarnation);
  if (!wired)
    return std::move(wired.error());
  auto made = std::make_unique<static_membership>(plan, std::move(*wired), incarnation);
  if (auto failed = made->begin(outside->log))
    return failed;
  return std::unique_ptr<membership>{std::move(made)};
}

link_clock_actor spawn_link_clock(caf::scheduled_actor* parent, std::shared_ptr<links> all) {
  return parent->spawn(link_clock, std::move(all));
}

} // namespace troupe
