// SHARD ROUTE: ref -> shard -> owner -> link.
// Invariant: a message is sent once, or answered here; what was refused, its sender sends again.

#include <fmt/format.h>
#include <troupe/net/cluster/shard_route.hpp>
#include <troupe/net/link/letter.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/interface/catalog.hpp>
#include <troupe/runtime/interface/cluster.hpp>
#include <troupe/runtime/interface/fleet.hpp>
#include <troupe/runtime/interface/ledger.hpp>
#include <troupe/runtime/interface/schedule.hpp>
#include <troupe/runtime/interface/workflow.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/fleet.pb.h>
#include <troupe/runtime/proto/health.pb.h>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ledger.pb.h>
#include <troupe/runtime/proto/rollout.pb.h>
#include <troupe/runtime/proto/run.pb.h>
#include <troupe/runtime/proto/schedule.pb.h>
#include <troupe/runtime/proto/shards.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {
namespace {

// Of `tenant/kind/key`, without a copy; empty if it is no ref.
struct parts_of_ref {
  std::string_view kind, key;
  explicit parts_of_ref(std::string_view name) {
    auto first = name.find('/');
    auto second = first == std::string_view::npos ? first : name.find('/', first + 1);
    if (second == std::string_view::npos)
      return;
    kind = name.substr(first + 1, second - first - 1);
    key = name.substr(second + 1);
  }
};

class shard_route final : public ref_route {
public:
  shard_route(std::shared_ptr<const shard_owners> whose, std::shared_ptr<const link_exports> exports,
              std::weak_ptr<links> over, std::shared_ptr<const clock> time, metric dropped)
      : whose_{std::move(whose)}, exports_{std::move(exports)}, links_{std::move(over)},
        time_{std::move(time)}, dropped_{std::move(dropped)} {}

  std::string node_of(const std::string& name) const override {
    parts_of_ref parts{name};
    if (parts.kind == desk_kind)
      return parts.key == whose_->self() ? std::string{} : std::string{parts.key};
    return is_sharded(parts.kind) ? node_of(shard_of(name)) : std::string{};
  }

  std::string node_of(uint8_t shard) const override {
    return whose_->owner(shard);
  }

  bool is_open(uint8_t shard) const override {
    return whose_->is_open(shard);
  }

  bool take(const std::string& name, caf::mailbox_element_ptr& message) override {
    auto node = node_of(name);
    if (node.empty())
      return false;
    auto what = std::move(message);
    if (auto refused = send(node, name, *what))
      refuse_letter(*what, refused, nullptr, dropped_);
    return true;
  }

  caf::error refusal(const std::string& name) const override {
    if (!is_sharded(parts_of_ref{name}.kind))
      return {};
    if (auto node = node_of(name); !node.empty())
      return make_error(ec::unavailable,
                        fmt::format("{} is of shard {}, which node {} owns", name, shard_of(name), node));
    return whose_->refusal(shard_of(name));
  }

  std::vector<std::string> others() const override {
    std::vector<std::string> all;
    if (auto over = links_.lock())
      for (auto& one : over->standing())
        all.push_back(one.member.node);
    return all;
  }

private:
  caf::error send(const std::string& node, const std::string& name, caf::mailbox_element& what) const {
    if (auto lost = whose_->trouble(node))
      return lost;
    auto interface = exports_->find(name);
    if (!interface)
      return std::move(interface.error());
    auto over = links_.lock();
    if (!over)
      return make_error(ec::unavailable, "this node stops");
    auto link = over->to(node);
    if (link)
      return send_letter(what, *link, name, **interface, *time_, nullptr);
    if (code_of(link.error()) == ec::not_found)
      return make_error(ec::unavailable,
                        fmt::format("{} belongs to node {}, which is no member any more", name, node));
    return std::move(link.error());
  }

  const std::shared_ptr<const shard_owners> whose_;
  const std::shared_ptr<const link_exports> exports_;
  const std::weak_ptr<links> links_;
  const std::shared_ptr<const clock> time_;
  const metric dropped_;
};

} // namespace

void offer_all(link_exports& exports) {
  exports.offer_kind<task_actor>("task");
  exports.offer_kind<run_actor>("run");
  exports.offer_kind<ledger_actor>("ledger");
  exports.offer_kind<schedule_actor>("schedule");
  exports.offer_kind<workflow_actor>("workflow");
  exports.offer_kind<goal_actor>("goal");
  exports.offer_kind<desk_actor>(desk_kind);
}

std::shared_ptr<ref_route> make_shard_route(std::shared_ptr<const shard_owners> whose,
                                            std::shared_ptr<const link_exports> exports,
                                            std::shared_ptr<links> over, const doors& outside) {
  return std::make_shared<shard_route>(std::move(whose), std::move(exports), std::move(over), outside.time,
                                       outside.meters.notes_dropped);
}

} // namespace troupe
