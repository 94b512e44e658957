// SHARD MAP: which node owns which shard of a cluster without an outside service. Made once, when the cluster is created.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/limits.hpp>
#include <vector>

namespace troupe {

/// The owner of each of limits::shards shards. Every member has the same, byte by byte.
class shard_map {
public:
  /// Divides the shards among these nodes by rendezvous hashing (Thaler and Ravishankar, IEEE/ACM Transactions on Networking 6(1), 1998):
  /// each shard goes to the node with the highest hash of both names. The same names give the same map in every program.
  static shard_map create(std::string cluster, std::vector<std::string> nodes);

  /// From bytes(). Error: ec::corrupt.
  static caf::expected<shard_map> read(const std::string& bytes);

  /// As it is stored.
  std::string bytes() const;

  uint32_t version() const {
    return version_;
  }
  const std::string& cluster() const {
    return cluster_;
  }
  /// 16 hex digits: two maps with the same are the same. No secret, and no protection against forgery.
  std::string hash() const;

  /// Who owns a shard.
  const std::string& owner(uint8_t shard) const {
    return nodes_[owners_[shard]];
  }
  /// The owners, sorted.
  const std::vector<std::string>& nodes() const {
    return nodes_;
  }

private:
  uint32_t version_ = 1;
  std::string cluster_;
  std::vector<std::string> nodes_;
  std::array<uint8_t, limits::shards> owners_{};
};

/// Reads the map of a store; a store without one gets that of the `founders`, if it fits what it holds: entities for which `travels` says
/// that their kind belongs to a shard's owner must be in shards of `self`. Errors: ec::conflict (they are not; the map is of another
/// cluster), ec::corrupt, those of store::write() and store::scan().
caf::expected<shard_map> open_shard_map(store& rows, const std::string& cluster, const std::string& self,
                                        std::vector<std::string> founders,
                                        const std::function<bool(std::string_view kind)>& travels);

} // namespace troupe
