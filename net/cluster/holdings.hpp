// HOLDINGS: whose a shard is in a cluster whose shards move by themselves, as the newest view says.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <troupe/net/cluster/coordinator.hpp>
#include <troupe/net/cluster/shard_owners.hpp>

namespace troupe {

/// What a node knows of the shards of its cluster. A shard is asked for where it is held; while nobody holds it, where it will be. Thread-safe.
class holdings : public shard_owners {
public:
  /// A shard as it stands.
  struct shard_standing {
    std::string holder; ///< empty = nobody
    std::string wanted; ///< who is to own it; empty = nobody lives
    uint64_t epoch = 0; ///< under which it is open on this node; 0 = it is not
  };

  /// `store_id` is that of the store all members share.
  holdings(std::string self, std::string store_id);

  const std::string& self() const override {
    return self_;
  }
  std::string owner(uint8_t shard) const override;
  caf::error trouble(const std::string& node) const override;
  bool is_open(uint8_t shard) const override;
  caf::error refusal(uint8_t shard) const override;
  void address(const std::string& peer, Hello& ours) const override;
  bool met(const Hello&) override {
    return false;
  }

  /// From now on this is the newest view.
  void saw(const cluster_view& now, const std::array<std::string, limits::shards>& wanted);
  /// A shard is open here under an epoch, or, with 0, not any more.
  void open(uint8_t shard, uint64_t epoch);
  /// Why this node owns nothing now; no error if it may.
  void doubt(caf::error why);

  /// A shard as it stands.
  shard_standing look(uint8_t shard) const;
  /// What members have said of themselves.
  std::map<std::string, presence> members() const;

private:
  const std::string self_;
  const std::string store_id_;
  mutable std::mutex mutex_;
  std::array<shard_standing, limits::shards> shards_;
  std::map<std::string, presence> members_;
  caf::error doubt_;
};

} // namespace troupe
