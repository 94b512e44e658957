// What a store knows of itself: layout version, id, naming key, and the highest epoch seen of every shard.
#pragma once

#include <array>
#include <map>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

/// Rows 00 | name of the meta space (values are text, the naming key apart), held in memory by every store.
/// Not thread-safe.
class store_self {
public:
  /// The newest version of the layout in keys.hpp that this program reads, that of a sealed store; and that of a newborn one.
  static constexpr uint64_t layout = 2;
  static constexpr uint64_t layout_at_birth = 1;

  /// What stands for the naming key of a sealed store, whose key ring holds the real one: 32 zeros.
  static const std::string& moved_naming_key();

  /// Of a store that is just being born.
  store_self(std::string naming_key, std::string id);

  /// From the rows between store_key("") and store_end(). Errors: ec::from_future, ec::corrupt.
  static caf::expected<store_self> read(const std::map<std::string, std::string>& rows);

  /// Reads the epochs anew after reopening; id and naming key stay. Errors: as read(); ec::corrupt if the
  /// rows are those of another store.
  caf::error reread(const std::map<std::string, std::string>& rows);

  /// The rows to write, in one batch, at birth.
  write_batch birth() const;

  /// The rows to write with a batch under these fences. Error: ec::stale (an epoch is below the highest seen,
  /// or below another one of the same shard in the same batch).
  caf::expected<write_batch> admit(const std::vector<fence>& fences) const;

  /// The rows of admit() are on disk.
  void admitted(const std::vector<fence>& fences);

  /// The highest epoch seen of a shard; 0 = none.
  uint64_t epoch(uint8_t shard) const {
    return epochs_[shard];
  }

  const std::string& naming_key() const {
    return naming_key_;
  }

  const std::string& id() const {
    return id_;
  }

private:
  std::string naming_key_;
  std::string id_;
  std::array<uint64_t, limits::shards> epochs_{};
};

} // namespace troupe
