// JOURNAL FENCES: under which epochs a journal writes to a store that nodes share.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <troupe/persistence/shard_epochs.hpp>
#include <troupe/persistence/store.hpp>

namespace troupe {

/// What the journal of one node needs to know if others write to the same store.
struct journal_sharing {
  std::shared_ptr<const shard_epochs> epochs; ///< of the shards that are this node's
  std::string node;                           ///< its name, for the journal's counters
  /// Hears that another node has taken a shard over, on the journal's thread; again as long as somebody tries to write to it
  /// and its epoch is the same. May be empty.
  std::function<void(uint8_t shard)> deposed;
};

/// The shard whose fence a row needs; nothing for a row of the store itself. The key must be one of keys.hpp.
std::optional<uint8_t> shard_of_key(std::string_view key);

/// Which shards a journal may write to, as of its last look. Not thread-safe: the journal's thread uses it.
class journal_fences {
public:
  /// Without sharing there are no fences, and nothing is refused.
  explicit journal_fences(std::optional<journal_sharing> sharing);

  bool are_up() const {
    return sharing_.has_value();
  }

  /// Name of the node; empty without sharing.
  std::string_view node() const {
    return sharing_ ? std::string_view{sharing_->node} : std::string_view{};
  }

  /// Looks which shards are this node's. Before rows are read from which a batch follows: what is written later is fenced as
  /// of now, so that it is refused if anybody else has written in between.
  void look();

  /// The epoch of a shard as of the last look; 0 = it is not this node's.
  uint64_t of(uint8_t shard) const {
    return now_[shard];
  }

  /// Why what was opened under this epoch cannot be written; no error if it can. Error: ec::unavailable.
  caf::error refusal(uint8_t shard, uint64_t epoch);

  /// The fences of a batch. Error: ec::unavailable (a shard of it is not this node's).
  caf::expected<std::vector<fence>> around(const write_batch& batch);

  /// A store has refused the present epoch of a shard: it is not this node's until its epoch is another one. Returns what to
  /// tell whoever wanted to write.
  caf::error depose(uint8_t shard);

private:
  caf::error gone(uint8_t shard);

  const std::optional<journal_sharing> sharing_;
  std::array<uint64_t, limits::shards> now_{};
  std::array<uint64_t, limits::shards> stale_{}; // highest epoch that was refused
  std::set<uint8_t> told_;                       // since the last look
};

/// The rows of a batch by their shards; rows of the store itself are left out.
std::map<uint8_t, write_batch> apart(write_batch batch);

} // namespace troupe
