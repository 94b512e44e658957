// A store in memory that can fail and crash on demand.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <troupe/persistence/store.hpp>
#include <troupe/persistence/store_self.hpp>

namespace troupe {

/// Same contract as the store on disk; a write is synced when it returns without error. Scans hold off
/// writes.
class memory_store final : public store {
public:
  /// A newborn store. The same seed gives the same id and naming key.
  explicit memory_store(uint64_t seed);

  caf::error write(const write_batch& batch, const std::vector<fence>& fences = {}) override;
  caf::expected<uint64_t> raise_epoch(uint8_t shard) override;
  caf::expected<std::optional<std::string>> get(space where, std::string_view key) const override;
  caf::error
  scan(space where, std::string_view from, std::string_view to,
       const std::function<bool(std::string_view key, std::string_view value)>& row) const override;
  caf::error
  scan_back(space where, std::string_view from, std::string_view to,
            const std::function<bool(std::string_view key, std::string_view value)>& row) const override;
  caf::error reopen() override;
  const std::string& naming_key() const override;
  const std::string& id() const override;

  /// The next write that would have succeeded answers ec::outcome_unknown instead. `applied`: its batch is
  /// pending, that is there after reopen(), gone after crash(); otherwise it is lost at once.
  void fail_next_write(bool applied);

  /// Power cut and new start: what was not synced is gone, writes are accepted.
  void crash();

  /// Batches accepted so far, the one that failed on demand included; refused and empty ones are not.
  uint64_t writes() const;

  /// BLAKE2b-256 over all rows in order, 64 hex digits: equal for equal content.
  std::string digest() const;

  /// A store as it would come up if the power were cut now. It shares nothing with this one.
  std::shared_ptr<memory_store> clone() const;

private:
  using rows = std::map<std::string, std::string, std::less<>>;

  using spaces = std::array<rows, space_count>;

  explicit memory_store(const spaces& content);
  void apply(const write_batch& batch);
  void start();

  mutable std::recursive_mutex mutex_; // recursive: the `row` of a scan may read
  mutable unsigned scans_ = 0;         // open ones
  spaces spaces_;
  store_self self_;
  std::optional<bool> fail_next_; // the value is `applied`
  write_batch pending_;
  bool failed_ = false;
  uint64_t writes_ = 0;
};

} // namespace troupe
