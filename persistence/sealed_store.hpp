// SEALED STORE: a store whose values nobody reads or changes on its disk.
#pragma once

#include <mutex>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/key_ring.hpp>
#include <troupe/persistence/store.hpp>

namespace troupe {

/// Seals every value on its way down and opens it on its way up, under the key of row_change::tenant; where that is empty, it is
/// the tenant of the entity whose row it is, which costs a look at its name. A row keeps its key, and a record its header: both
/// can be read without a key, and neither changed. Rows that a store writes of itself (its id, its layout, its epochs) stay
/// plain; the naming key is in the ring.
///
/// Reads fail with ec::corrupt (damaged, moved, or plain in a sealed store; the text names space and entity), ec::key_missing
/// (a key the ring does not know) and ec::shredded. A scan of the journal or of snapshots fails at a shredded row, one of
/// another space passes over it: a listing is not for one tenant alone.
class sealed_store final : public store {
public:
  sealed_store(std::shared_ptr<store> rows, std::shared_ptr<key_ring> ring);

  /// A tenant that has no key gets one first; if that fails, so does the write.
  caf::error write(const write_batch& batch, const std::vector<fence>& fences = {}) override;
  caf::expected<std::optional<std::string>> get(space where, std::string_view key) const override;
  caf::error
  scan(space where, std::string_view from, std::string_view to,
       const std::function<bool(std::string_view key, std::string_view value)>& row) const override;
  caf::error
  scan_back(space where, std::string_view from, std::string_view to,
            const std::function<bool(std::string_view key, std::string_view value)>& row) const override;
  caf::expected<uint64_t> raise_epoch(uint8_t shard) override;
  std::unique_ptr<range_reader> reader(space where, std::string_view end) const override;
  caf::error reopen() override;
  caf::error refusal(std::string_view tenant) const override;
  caf::error compact(std::atomic<bool>& stop) override;
  const std::string& naming_key() const override;
  const std::string& id() const override;

  /// Is this a row the store below writes of itself, before there is a key, or one that a backup reads and a restore writes
  /// without one: the journal's counters, which stand in the header of every record too, and the name of the history? Or the key
  /// ring of a store that nodes share, which the master key seals as a whole? Such rows are never sealed.
  static bool is_plain_for_ever(space where, std::string_view key);

  /// The store below, and the keys.
  const store& below() const {
    return *rows_;
  }
  key_ring& ring() const {
    return *ring_;
  }

private:
  using receiver = std::function<bool(std::string_view key, std::string_view value)>;
  const std::string& owner_of(std::string_view key);
  receiver opening(space where, const receiver& row, caf::error& failed) const;

  std::shared_ptr<store> rows_;
  std::shared_ptr<key_ring> ring_;
  std::mutex write_mutex_; // guards what follows
  write_batch sealed_;
  std::string owner_;
  bool failed_ = false;
};

/// A store with its seal, as far as it has one.
struct sealing {
  std::shared_ptr<store> rows;          ///< to be used
  std::shared_ptr<sealed_store> sealed; ///< the same; null = it is plain
};

/// Puts the seal on a store that was just opened: opens its key ring, or makes one when a master key comes for the first
/// time. Without ring and master key the store is left as it is. `restored`: its rows may be older than its ring, even from
/// before its first key; a pass will seal them anew. Not `alone`: other nodes may do the same now, or write. Errors: ec::key_missing (it is
/// sealed and there is no master key, or no ring), ec::wrong_key (of another master key, or of another store), ec::conflict (others may be
/// writing plain rows: the first key has to come while one node has it alone), and those of key_ring.
caf::expected<sealing> seal_store(std::shared_ptr<store> rows, std::shared_ptr<key_file> file,
                                  const std::optional<sealing_key>& master, std::shared_ptr<const clock> time,
                                  bool restored = false, bool alone = true);

} // namespace troupe
