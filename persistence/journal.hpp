// JOURNAL: the one way events reach the disk. Group commit: whatever queued during the last sync is the next batch.
#pragma once

#include <atomic>
#include <caf/all.hpp>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <troupe/persistence/journal_counters.hpp>
#include <troupe/persistence/journal_writer.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/persistence/spent_marks.hpp>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/node_metrics.hpp>
#include <unordered_map>
#include <variant>
#include <vector>

namespace troupe {

class entity_reader;

/// One decision of an entity: its events, and the rows that change with them. All there or not at all.
struct append_order {
  entity_id entity;
  uint64_t incarnation = 0;         ///< given by Replayed; an append of an older one is refused
  uint64_t first_seq = 0;           ///< must be the last stored + 1
  uint32_t type = 0;                ///< record_type() of the event message
  uint16_t version = 1;             ///< schema version of the event message
  std::vector<std::string> records; ///< JournalRecord, one per event
  std::vector<row_change> rows;     ///< index and timer rows
  std::string snapshot;             ///< Snapshot at the last event; empty = none
  uint16_t snapshot_version = 1;
  std::optional<spending> spent; ///< of a ledger
  caf::strong_actor_ptr owner;   ///< gets Appended or AppendFailed
};

/// An entity wants to come to life: opens a new incarnation, then reads. `reply_to` gets Replayed.
struct open_order {
  std::string ref;
  entity_id entity;
  caf::strong_actor_ptr reply_to;
  bool without_snapshot = false; ///< the snapshot could not be used: replay everything
};

/// An entity went to sleep.
struct close_order {
  entity_id entity;
  uint64_t incarnation = 0;
};

/// Work on the store that is nobody's event: erasing what is closed, sealing anew. Nothing else is written while it looks,
/// so what it has read still holds when its batch is written.
struct upkeep_order {
  /// Is this entity open? Its rows are its own while it is.
  using awake = std::function<bool(const entity_id&)>;
  /// Says what to change, a bounded piece at a time and each row once: the journal waits for it. Objects follow the
  /// records that refer to them.
  std::function<write_batch(const store& rows, const awake& is_awake)> work;
  /// Called when the batch is on disk, or could not be written; on the journal's thread. May be empty.
  std::function<void(const caf::error&)> done;
};

using journal_order = std::variant<append_order, open_order, close_order, upkeep_order>;

/// A message the journal has for somebody.
struct journal_delivery {
  caf::strong_actor_ptr to;
  caf::mailbox_element_ptr message;
};

/// What the journal does with orders; knows no thread. One per store, used by one thread at a time.
///
/// After a failed write the outcome of that batch is unknown: every open entity is forgotten, so that all their later
/// appends are refused, and the store is reopened. Incarnations are never given twice, which makes an append from
/// before the failure (the older store generation) as recognisable as one from before a replay.
///
/// In a store that nodes share it writes to the shards that are its node's, and only what was opened while they were: each
/// batch carries their fences. Others are refused with ec::unavailable, and nothing of theirs is written.
class journal_core {
public:
  /// Without an object store, all payloads stay in their rows. Without marks, what ledgers spend is in the store alone.
  /// Without sharing, nobody else writes to the store.
  journal_core(std::shared_ptr<store> rows, std::shared_ptr<const clock> time, node_metrics meters = {},
               std::shared_ptr<object_store> objects = {}, std::shared_ptr<spent_marks> marks = {},
               std::optional<journal_sharing> sharing = {});

  /// Reads the last global sequence number of this node. Call once, first.
  caf::error start();

  /// Takes the orders: writes all appends in one batch, then does the upkeep, then performs the opens. Returns what to
  /// deliver, in order.
  std::vector<journal_delivery> process(std::span<journal_order> orders);

  /// How often the store was reopened after a failed write.
  uint64_t generation() const {
    return generation_;
  }

  /// Why the store accepts no writes now: ec::disk_full, ec::read_only or ec::unavailable; no error if it does. An
  /// empty process() tries it again.
  const caf::error& trouble() const {
    return trouble_;
  }

private:
  struct seat {
    std::string ref;
    uint64_t incarnation = 0;
    uint64_t epoch = 0; // of its shard when it was opened
    uint64_t last_seq = 0;
    uint64_t batch = 0;         // last one that holds an append of this entity
    size_t acknowledgement = 0; // its place among the acknowledgements of that batch
  };
  struct hasher {
    size_t operator()(const entity_id& id) const;
  };
  struct acknowledgement {
    caf::strong_actor_ptr owner;
    uint64_t incarnation;
    uint8_t shard;
    uint64_t seq;
  };
  caf::expected<seat*> add(append_order& order, write_batch& batch, object_accounts& accounts);
  caf::error raise_marks(std::span<const journal_order> orders);
  void read(const open_order& order, seat& open, entity_reader& with, std::vector<journal_delivery>& out);
  caf::error maintain(const upkeep_order& order);
  bool recover();
  void forget_doubtful();
  void fail();
  void forget(const std::map<uint8_t, journal_writer::departure>& departed);
  journal_fences& fences() {
    return writer_.fences();
  }

  std::shared_ptr<store> store_;
  std::shared_ptr<const clock> clock_;
  node_metrics meters_;
  std::shared_ptr<object_store> objects_;
  std::shared_ptr<spent_marks> marks_;
  journal_writer writer_;
  std::unordered_map<entity_id, seat, hasher> seats_;
  uint64_t incarnations_ = 0;
  std::atomic<uint64_t> generation_ = 1; // read by other threads
  uint64_t batch_ = 0;
  uint64_t gsn_ = 0;
  int64_t time_us_ = 0;
  bool broken_ = false;
  caf::error trouble_; // of the last try to reopen
};

/// The door to the journal. Thread-safe, never blocks.
class journal {
public:
  virtual ~journal() = default;
  /// Queues an order; its outcome arrives as a message.
  virtual void submit(journal_order order) = 0;
  /// Bytes waiting for the disk; above limits::journal_queue_bytes entities answer ec::overloaded.
  virtual size_t queued_bytes() const = 0;
  /// How often the store was opened; above 1, a write has failed.
  virtual uint64_t generation() const = 0;
  /// Why the store accepts no writes now; see journal_core::trouble().
  virtual caf::error trouble() const {
    return {};
  }
};

/// Hears why a store accepts no more writes, and, with no error, that it does again; on the journal's thread.
using trouble_notice = std::function<void(const caf::error& trouble)>;

/// Starts the journal's thread, which tries a store that accepts no writes again every limits::store_retry. The
/// destructor finishes what is queued.
caf::expected<std::unique_ptr<journal>>
start_journal(std::shared_ptr<store> rows, std::shared_ptr<const clock> time, node_metrics meters = {},
              std::shared_ptr<object_store> objects = {}, trouble_notice on_trouble = {},
              std::shared_ptr<spent_marks> marks = {}, std::optional<journal_sharing> sharing = {});

} // namespace troupe
