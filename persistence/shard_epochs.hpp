// SHARD EPOCHS: under which epoch this node writes for which shard of a store that it shares.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <troupe/runtime/limits.hpp>

namespace troupe {

/// Set by whoever takes shards over and gives them up, read by the journal before each write. Thread-safe.
class shard_epochs {
public:
  /// 0 = the shard is not this node's.
  uint64_t of(uint8_t shard) const {
    return epochs_[shard].load(std::memory_order_acquire);
  }

  /// Of all shards.
  std::array<uint64_t, limits::shards> all() const {
    std::array<uint64_t, limits::shards> now{};
    for (size_t shard = 0; shard < now.size(); ++shard)
      now[shard] = epochs_[shard].load(std::memory_order_acquire);
    return now;
  }

  /// From here on, what was opened under an earlier epoch is refused.
  void set(uint8_t shard, uint64_t epoch) {
    epochs_[shard].store(epoch, std::memory_order_release);
  }

private:
  std::array<std::atomic<uint64_t>, limits::shards> epochs_{};
};

} // namespace troupe
