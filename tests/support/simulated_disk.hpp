// The disk's simulated twin: a store that is full, slow, failing or cut off on demand. Same calls, same content.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <troupe/persistence/memory_store.hpp>

namespace troupe {

/// A store with the contract of every store over rows in memory, and the faults of a real disk. Not thread-safe: its one
/// user is the test scheduler. A batch is on disk when write() returns; until somebody can know that, a power cut may
/// still take it back, as it takes the torn tail of a log.
class simulated_disk final : public store {
public:
  /// A newborn store. The same seed gives the same id and naming key.
  explicit simulated_disk(uint64_t seed);

  caf::error write(const write_batch& batch, const std::vector<fence>& fences = {}) override;
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

  /// The next sync fails: write() answers ec::outcome_unknown. `applied`: its batch turns out to be there after reopen();
  /// otherwise it is lost.
  void fail_next_write(bool applied);
  /// While it is full every write fails, and nothing of it is there.
  void set_full(bool full);
  /// So many reads answer ec::unavailable.
  void fail_reads(unsigned count);
  /// So many attempts to reopen fail after a failed write.
  void fail_reopens(unsigned count);
  /// Each of so many writes takes this long; see take_time().
  void slow_down(std::chrono::milliseconds each, unsigned writes);
  /// A record that the disk has torn or let rot: as with every checksummed store, reading it answers ec::corrupt for ever.
  void rot(space where, const std::string& key);
  /// No more faults, but for what has rotted.
  void heal();

  /// How long the writes since the last call took.
  std::chrono::milliseconds take_time();
  /// From here to let_go() the journal works on it: what the journal reads is known to nobody else yet.
  void take_hold();
  void let_go();
  /// Somebody has been told of the last batch: it stays.
  void acknowledge();

  /// What lies on the same disk is synced: fails that, too? True = it fails, and is there all the same; false = it is lost.
  std::optional<bool> take_fault();
  /// What lies on the same disk is read: does that fail?
  bool take_bad_read();
  /// Batches written so far.
  uint64_t syncs() const {
    return syncs_;
  }

  /// Power cut and new start: what was not synced is gone, faults are over. `keep_tail`: the last batch, unless somebody
  /// was told of it, has reached the disk; otherwise it is wholly gone, and so is one whose sync failed.
  void crash(bool keep_tail);

  /// Called with each batch when it is there (`late`: its write had failed), and when a power cut has taken it back.
  std::function<void(const write_batch&, bool late)> on_write;
  std::function<void(const write_batch&)> on_undo;
  /// Called when a write has failed: whatever is open has to be read again.
  std::function<void()> on_failure;

  /// As memory_store::digest().
  std::string digest() const;

private:
  void apply(const write_batch& batch);
  caf::error refuse_read() const;

  std::shared_ptr<memory_store> rows_;
  std::optional<bool> fail_next_;
  bool full_ = false;
  bool failed_ = false;
  mutable unsigned bad_reads_ = 0;
  unsigned bad_reopens_ = 0;
  std::chrono::milliseconds slow_each_{0};
  unsigned slow_writes_ = 0;
  std::chrono::milliseconds took_{0};
  std::set<std::pair<space, std::string>> rotten_;
  std::optional<write_batch> unknown_; // failed, and there after the next reopen
  mutable write_batch tail_, undo_;    // the last batch while nobody knows of it, and what it replaced
  bool held_ = false;
  uint64_t syncs_ = 0;
};

} // namespace troupe
