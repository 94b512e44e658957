// TERRITORY: shards, owners, and their stores.
// Invariant: a member's store is remembered once, and never by another id.

#include <fmt/format.h>
#include <troupe/net/cluster/territory.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/proto/link.pb.h>

namespace troupe {
namespace {

const std::string stores_begin = store_key("cluster/store/"), stores_end = store_key("cluster/store0");

} // namespace

territory::territory(shard_map map, std::string self, const doors& outside)
    : map_{std::move(map)}, self_{std::move(self)}, store_{outside.rows->id()}, disk_{outside.disk},
      log_{outside.log} {}

caf::expected<std::shared_ptr<territory>> territory::open(shard_map map, std::string self,
                                                          const doors& outside) {
  std::shared_ptr<territory> made{new territory{std::move(map), std::move(self), outside}};
  auto failed = outside.rows->scan(space::meta, stores_begin, stores_end,
                                   [&](std::string_view key, std::string_view id) {
                                     made->stores_.emplace(key.substr(stores_begin.size()), id);
                                     return true;
                                   });
  if (failed)
    return failed;
  return made;
}

std::string territory::owner(uint8_t shard) const {
  auto& node = map_.owner(shard);
  return node == self_ ? std::string{} : node;
}

void territory::address(const std::string& peer, Hello& ours) const {
  ours.set_map_version(map_.version());
  ours.set_map_hash(map_.hash());
  ours.set_store(store_);
  ours.set_known_store(store_of(peer));
}

void territory::keep(const std::string& node, const std::string& store_id) const {
  auto disk = disk_.lock();
  if (!disk)
    return;
  write_batch row{{space::meta, stores_begin + node, store_id}};
  disk->submit(upkeep_order{[row](const store&, const upkeep_order::awake&) { return row; },
                            [log = log_, node](const caf::error& failed) {
                              if (failed) // the next life meets it anew
                                log.warning("the store of a member could not be written down",
                                            {{"node", node}, {"reason", describe(failed)}});
                            }});
}

bool territory::met(const Hello& theirs) {
  auto& node = theirs.node();
  std::lock_guard lock{mutex_};
  auto lost = lost_.size(), strangers = strangers_.size();
  auto known = stores_.find(node);
  if (known == stores_.end() && !theirs.store().empty()) {
    stores_.emplace(node, theirs.store());
    keep(node, theirs.store());
  } else if (known != stores_.end() && known->second != theirs.store()) {
    lost_.insert(node);
  } else {
    lost_.erase(node);
  }
  if (!theirs.known_store().empty() && theirs.known_store() != store_)
    strangers_.insert(node);
  else
    strangers_.erase(node);
  return lost_.size() != lost || strangers_.size() != strangers;
}

caf::error territory::trouble(const std::string& node) const {
  std::lock_guard lock{mutex_};
  if (node == self_ && !strangers_.empty())
    return make_error(ec::unavailable,
                      fmt::format("store lost, restore it from a backup: node {} knows another "
                                  "store of node {} than this one, {}",
                                  *strangers_.begin(), self_, store_));
  if (lost_.count(node) > 0)
    return make_error(ec::unavailable,
                      fmt::format("store lost, restore it from a backup: node {} had store {} "
                                  "and came back with another",
                                  node, stores_.at(node)));
  return {};
}

std::string territory::store_of(const std::string& node) const {
  std::lock_guard lock{mutex_};
  auto known = stores_.find(node);
  return known == stores_.end() ? std::string{} : known->second;
}

} // namespace troupe
