// HOLDINGS: shards, holders, and what is open here.
// Invariant: what is open here is this node's, whatever the newest view says: whoever has opened it closes it first.

#include <fmt/format.h>
#include <troupe/net/cluster/holdings.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/link.pb.h>

namespace troupe {

holdings::holdings(std::string self, std::string store_id)
    : self_{std::move(self)}, store_id_{std::move(store_id)},
      doubt_{make_error(ec::unavailable, fmt::format("node {} has no lease yet", self_))} {}

std::string holdings::owner(uint8_t shard) const {
  std::lock_guard lock{mutex_};
  auto& one = shards_[shard];
  auto& node = one.epoch != 0 ? self_ : one.holder.empty() ? one.wanted : one.holder;
  return node == self_ ? std::string{} : node;
}

caf::error holdings::trouble(const std::string& node) const {
  std::lock_guard lock{mutex_};
  if (node == self_)
    return doubt_;
  if (members_.count(node) == 0)
    return make_error(ec::unavailable,
                      fmt::format("node {} has no lease: it does not run, or is cut off", node));
  return {};
}

bool holdings::is_open(uint8_t shard) const {
  std::lock_guard lock{mutex_};
  return shards_[shard].epoch != 0;
}

caf::error holdings::refusal(uint8_t shard) const {
  std::lock_guard lock{mutex_};
  auto& one = shards_[shard];
  if (one.epoch != 0)
    return {};
  if (doubt_)
    return doubt_;
  auto why = one.holder == self_  ? "its epoch is being raised, or it moves"
             : one.holder.empty() ? "nobody has taken it yet"
                                  : "another node has it";
  return make_error(ec::unavailable, fmt::format("shard {} is not open on node {}: {}; repeat in a second",
                                                 shard, self_, why));
}

void holdings::address(const std::string&, Hello& ours) const {
  ours.set_map_hash("shared store " + store_id_);
}

void holdings::saw(const cluster_view& now, const std::array<std::string, limits::shards>& wanted) {
  std::lock_guard lock{mutex_};
  members_ = now.members;
  for (size_t shard = 0; shard < limits::shards; ++shard) {
    shards_[shard].holder = now.holders[shard];
    shards_[shard].wanted = wanted[shard];
  }
}

void holdings::open(uint8_t shard, uint64_t epoch) {
  std::lock_guard lock{mutex_};
  shards_[shard].epoch = epoch;
}

void holdings::doubt(caf::error why) {
  std::lock_guard lock{mutex_};
  doubt_ = std::move(why);
}

holdings::shard_standing holdings::look(uint8_t shard) const {
  std::lock_guard lock{mutex_};
  return shards_[shard];
}

std::map<std::string, presence> holdings::members() const {
  std::lock_guard lock{mutex_};
  return members_;
}

} // namespace troupe
