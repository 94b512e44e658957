// TERRITORY: whose a shard is, and whether its owner still has what was in it.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <troupe/net/cluster/shard_map.hpp>
#include <troupe/net/cluster/shard_owners.hpp>
#include <troupe/persistence/doors.hpp>

namespace troupe {

/// What a node knows of the shards of its cluster. A member shows the id of its store when it greets; who has another one than when it was
/// met first has lost its data, or shows those of another: its shards are refused until it comes back with the first. Thread-safe.
class territory final : public shard_owners {
public:
  /// Its store keeps what is remembered. Errors: those of store::scan().
  static caf::expected<std::shared_ptr<territory>> open(shard_map map, std::string self,
                                                        const doors& outside);

  const shard_map& map() const {
    return map_;
  }

  const std::string& self() const override {
    return self_;
  }
  std::string owner(uint8_t shard) const override;
  caf::error trouble(const std::string& node) const override;
  bool is_open(uint8_t) const override {
    return true; // agents are in all
  }
  caf::error refusal(uint8_t) const override {
    return trouble(self_);
  }
  void address(const std::string& peer, Hello& ours) const override;
  bool met(const Hello& theirs) override;

  /// Id of a member's store as it was when it was met first; empty = it was not met yet.
  std::string store_of(const std::string& node) const;

private:
  void keep(const std::string& node, const std::string& store_id) const;
  territory(shard_map map, std::string self, const doors& outside);

  const shard_map map_;
  const std::string self_;
  const std::string store_;           // id of ours
  const std::weak_ptr<journal> disk_; // which keeps those alive that keep this
  const logger log_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> stores_; // by node
  std::set<std::string> lost_;                // members that came back with another store
  std::set<std::string> strangers_;           // members that know another store of ours
};

} // namespace troupe
