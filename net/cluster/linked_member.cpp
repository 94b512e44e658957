// LINKED MEMBER: listener, diallers and links of one node.
// Invariant: between two members one dials, the one whose name comes first.

#include <fmt/format.h>
#include <troupe/net/cluster/linked_member.hpp>
#include <troupe/net/cluster/shard_route.hpp>
#include <troupe/net/link/handshake.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/interface/journal.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ops.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/version.hpp>

namespace troupe {
namespace {

link_member as_link(const cluster_member& one) {
  return {one.name, one.address, one.identity};
}

} // namespace

std::shared_ptr<links> link_members(const cluster_plan& plan, caf::actor_system& system, const doors& outside,
                                    uint64_t incarnation, std::shared_ptr<shard_owners> whose) {
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
                                     office, std::move(changed));
  auto way = make_shard_route(std::move(whose), exports, all, outside);
  office->elsewhere = [way](const std::string& target) { return way->node_of(target); };
  outside.names->set_route(std::move(way));
  return all;
}

linked_member::linked_member(const cluster_plan& plan, uint64_t incarnation, std::shared_ptr<links> all,
                             std::shared_ptr<const shard_owners> whose)
    : plan_{plan}, incarnation_{incarnation}, links_{std::move(all)}, owners_{std::move(whose)} {}

linked_member::~linked_member() {
  links_->stop();
  diallers_.clear();
  if (listener_)
    listener_->stop(limits::link_shutdown);
}

caf::error linked_member::begin(const logger& log) {
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

MemberList linked_member::list() const {
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

caf::expected<Reachability> linked_member::why_not(const std::string& name) const {
  auto parts = parse_ref(name);
  if (!parts)
    return std::move(parts.error());
  Reachability answer;
  answer.set_ref(name);
  answer.set_shard(shard_of(name));
  answer.set_node(plan_.self.name);
  if (parts->kind == desk_kind)
    answer.set_node(parts->key);
  else if (auto owner = is_sharded(parts->kind) ? owners_->owner(shard_of(name)) : std::string{};
           !owner.empty())
    answer.set_node(owner);
  auto why = stands(answer.node());
  if (!why && answer.node() == plan_.self.name && is_sharded(parts->kind))
    why = owners_->refusal(shard_of(name));
  answer.set_reachable(!why);
  answer.set_reason(why                                ? text_of(why)
                    : answer.node() != plan_.self.name ? fmt::format("node {} answers for it", answer.node())
                    : is_sharded(parts->kind)          ? "this node answers for it"
                                              : fmt::format("each node has its own of kind {}", parts->kind));
  return answer;
}

caf::error linked_member::stands(const std::string& node) const {
  if (auto lost = owners_->trouble(node))
    return lost;
  if (node == plan_.self.name)
    return {};
  auto link = links_->to(node);
  return link ? caf::error{} : std::move(link.error());
}

} // namespace troupe
