// The bare thing beside the journal: RocksDB and a thread that writes in groups, nothing else.
#pragma once

#include <cstddef>
#include <memory>

namespace troupe::bench {

/// A closed loop over RocksDB: `in_flight` events always wait for the disk, and each is followed by the next
/// when it is on it.
class bare_journal {
public:
  /// How events reach the writing thread and how many one sync makes durable.
  enum class mode {
    bulk,       ///< all that were synced together are queued again together: the most RocksDB can do
    one_by_one, ///< queued one by one, as many independent producers do
    sync_each   ///< one sync per event
  };

  bare_journal();
  ~bare_journal();

  /// Events per second over so many seconds, rows of 26 bytes key and `value_bytes`.
  double run(mode how, size_t in_flight, size_t value_bytes, double seconds);

  /// Rows per second of so many rows under random keys of 34 bytes, written and synced `per_batch` at a time.
  double write_rows(size_t count, size_t per_batch, size_t value_bytes);

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::bench
