// The door to what survives: atomic synced batches, point reads and ordered scans over named spaces.
#pragma once

#include <atomic>
#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/runtime/error.hpp>
#include <vector>

namespace troupe {

/// Where a row lives. Values are on disk (column families): never renumber.
enum class space : uint8_t {
  journal = 0,    ///< events of entities
  snapshot = 1,   ///< states of entities at some event
  index = 2,      ///< rebuildable rows: listings and timers
  meta = 3,       ///< what the store knows of itself, names of entities
  timeseries = 4, ///< metrics; rows leave by age
};

/// Number of spaces.
inline constexpr size_t space_count = 5;

/// Name of a space, as the column family is called. Names are on disk: never rename.
constexpr std::string_view to_string(space where) {
  constexpr std::string_view names[] = {"journal", "snapshot", "index", "meta", "timeseries"};
  return names[static_cast<size_t>(where)];
}

/// One change of a batch.
struct row_change {
  space where;
  std::string key;                  ///< see keys.hpp
  std::optional<std::string> value; ///< nothing = delete
  std::string tenant{};             ///< whose key seals the value; may be empty, see sealed_store.hpp
};

/// Changes that are all there or not at all.
using write_batch = std::vector<row_change>;

/// Proof that the writer still owns a shard: the store refuses an epoch below the highest it has seen.
struct fence {
  uint8_t shard = 0;
  uint64_t epoch = 0;
};

/// Scans one space again and again. Holds what it reads from, so a writer's reopen() waits for its end.
class range_reader {
public:
  virtual ~range_reader() = default;

  /// As store::scan(), over rows as they were when the reader was made, or newer. Ranges that follow on one another cost less.
  virtual caf::error scan(std::string_view from, std::string_view to,
                          const std::function<bool(std::string_view key, std::string_view value)>& row) = 0;
};

/// A store of rows. Thread-safe. A scan sees the rows as they were when it began; its `row` may read the
/// store, but neither write nor reopen it. Every implementation passes tests/persistence/store_contract.hpp.
class store {
public:
  virtual ~store() = default;

  /// Writes a batch and syncs it. When it returns no error, the batch survives a power cut.
  /// An epoch higher than any seen before is kept in the same batch. An empty batch without fences does
  /// nothing. Errors: ec::stale (fence: an epoch is too old, nothing was written), ec::outcome_unknown
  /// (anything else: the batch may or may not be there, and all further writes fail until reopen()).
  virtual caf::error write(const write_batch& batch, const std::vector<fence>& fences = {}) = 0;

  /// Takes a shard over: raises its epoch above the highest seen, for the caller alone, and returns it. Whatever was written under
  /// an earlier one is then there to be read, and nothing more will be. Errors: ec::outcome_unknown, as write().
  virtual caf::expected<uint64_t> raise_epoch(uint8_t shard);

  /// One value; nothing if there is no such row. Errors: ec::corrupt, ec::unavailable.
  virtual caf::expected<std::optional<std::string>> get(space where, std::string_view key) const = 0;

  /// Rows with from <= key < to in byte order until `row` returns false. Errors: ec::corrupt,
  /// ec::unavailable; rows before the error have been delivered.
  virtual caf::error
  scan(space where, std::string_view from, std::string_view to,
       const std::function<bool(std::string_view key, std::string_view value)>& row) const = 0;

  /// Same, from the highest key down.
  virtual caf::error
  scan_back(space where, std::string_view from, std::string_view to,
            const std::function<bool(std::string_view key, std::string_view value)>& row) const = 0;

  /// For many short scans of one space below `end`, one after the other: on disk they cost a third of as many calls of scan().
  virtual std::unique_ptr<range_reader> reader(space where, std::string_view end) const;

  /// After a failed write: forgets what was not synced and accepts writes again. Reads answer ec::unavailable
  /// meanwhile. Errors: as open_rocksdb(); may be repeated. If it says ec::disk_full or ec::read_only at once,
  /// reads go on and see what was synced before the failed write.
  virtual caf::error reopen() = 0;

  /// Why this tenant's rows can be neither read nor written; no error if they can. Error: ec::shredded.
  virtual caf::error refusal(std::string_view tenant) const;

  /// Rewrites the files, so that nothing deleted or overwritten is left in them. May take minutes, during which
  /// all other calls go on; ends early once `stop`. Errors: ec::cancelled, ec::unavailable, ec::corrupt.
  virtual caf::error compact(std::atomic<bool>& stop);

  /// Random key made at the store's birth; names in keys are hashed under it. 32 bytes.
  virtual const std::string& naming_key() const = 0;

  /// Id of the store, made at its birth.
  virtual const std::string& id() const = 0;
};

inline std::unique_ptr<range_reader> store::reader(space where, std::string_view) const {
  struct of_calls final : range_reader {
    of_calls(const store& rows, space where) : rows_{rows}, where_{where} {}
    caf::error scan(std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& row) override {
      return rows_.scan(where_, from, to, row);
    }
    const store& rows_;
    const space where_;
  };
  return std::make_unique<of_calls>(*this, where);
}

inline caf::expected<uint64_t> store::raise_epoch(uint8_t) {
  return make_error(ec::outcome_unknown, "this store has no epochs");
}

inline caf::error store::refusal(std::string_view) const {
  return caf::none;
}

inline caf::error store::compact(std::atomic<bool>&) {
  return caf::none;
}

/// Takes a warning of a store, for the log; called from any thread.
using notice = std::function<void(std::string_view text)>;

/// What a test changes about a store on disk; see rocksdb/laboratory.hpp. No configuration leads to it.
struct store_laboratory;

/// How a store on disk is opened.
struct store_options {
  notice warn;
  bool accept_loss =
      false; ///< open it though acknowledged records are missing; for whoever was told so and agreed
  std::shared_ptr<const store_laboratory> laboratory = nullptr; ///< null outside of tests
};

/// Opens or creates a store in a directory (made with mode 0700). A torn end of its log is cut off, with a warning; a store
/// that is damaged otherwise, or ends before what it acknowledged, is refused and left as it is. Errors, each with path and
/// next step: ec::locked (another process has it), ec::permission_denied, ec::read_only, ec::disk_full, ec::corrupt,
/// ec::from_future (newer layout), ec::unavailable (anything else).
caf::expected<std::shared_ptr<store>> open_rocksdb(const std::string& directory, store_options options = {});

/// A store in memory with the same contract; a crash keeps only what was synced. For tests and simulation.
class memory_store;

/// A newborn store in memory; the seed decides its id and naming key. Include memory_store.hpp to use it.
std::shared_ptr<memory_store> open_memory(uint64_t seed = 1);

} // namespace troupe
