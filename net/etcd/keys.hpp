// KEYS: where a cluster is in etcd: `/troupe/CLUSTER/members/NODE` and `/troupe/CLUSTER/shards/NNN`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::etcd {

/// The keys of one cluster.
class keys {
public:
  explicit keys(std::string_view cluster) : prefix_{"/troupe/" + std::string{cluster} + "/"} {}

  /// All of them begin so, and those of no other cluster, as long as no cluster has a `/` in its id.
  const std::string& prefix() const {
    return prefix_;
  }
  /// Of a member, and of a shard (three digits).
  std::string member(std::string_view node) const;
  std::string shard(uint8_t number) const;

  /// The node whose key this is; nothing if it is none of a member.
  std::optional<std::string> member_in(std::string_view key) const;
  /// The shard whose key this is; nothing if it is none of a shard.
  std::optional<uint8_t> shard_in(std::string_view key) const;

private:
  std::string prefix_;
};

} // namespace troupe::etcd
