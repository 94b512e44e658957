// JOURNAL WRITER: batches of a journal on their way to the store, under the fences they need.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <troupe/persistence/journal_fences.hpp>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/node_metrics.hpp>

namespace troupe {

/// Writes batches, measures how long that takes, and finds out whose shard has been taken over when a store refuses one.
/// Not thread-safe: the journal's thread uses it.
class journal_writer {
public:
  /// A shard that has left this node.
  struct departure {
    uint64_t epoch = 0; ///< whoever was opened under it, or an earlier one, can write no more
    caf::error told;    ///< ec::unavailable
  };

  /// What a batch has come to. Without failure, all of it is written but what is refused.
  struct outcome {
    caf::error failed;                    ///< of the store: nobody knows what is there but for `written`
    std::map<uint8_t, departure> refused; ///< by shard; nothing of theirs is written
    std::set<uint8_t> written;            ///< those that had to be written one by one
  };

  journal_writer(std::shared_ptr<store> rows, std::shared_ptr<const clock> time, node_metrics meters,
                 std::optional<journal_sharing> sharing);

  journal_fences& fences() {
    return fences_;
  }

  /// Writes a batch that is all there or not at all: if a shard of it has left, nothing is written.
  outcome write_whole(const write_batch& batch, const std::vector<fence>& fences, object_accounts& accounts);

  /// Writes so many events, each with what belongs to it in one shard, and the counters. If a shard has left, each of the
  /// others is written for itself.
  outcome write_events(write_batch batch, object_accounts& accounts, const row_change& counters,
                       uint64_t events);

private:
  caf::error write(const write_batch& batch, const std::vector<fence>& fences);
  void write_apart(write_batch batch, const std::vector<fence>& fences, object_accounts& accounts,
                   const row_change& counters, outcome& result);
  void find_departed(const std::vector<fence>& fences, outcome& result);
  void settled(object_accounts& accounts);

  const std::shared_ptr<store> store_;
  const std::shared_ptr<const clock> clock_;
  const node_metrics meters_;
  journal_fences fences_;
};

} // namespace troupe
