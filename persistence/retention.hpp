// RETENTION: erasing what ended long ago: with all its rows in one batch, or not at all.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <troupe/persistence/journal.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/retention_rules.hpp>
#include <vector>

namespace troupe {

/// The index row of a run or lone task; nothing if there is none, or it cannot be read. Errors: those of store::get().
caf::expected<std::optional<WorkSummary>> summary_of(const store& rows, const std::string& ref);

/// May what this summary tells of go at `now_ms`? It has ended, and its time is over.
bool is_due(const retention_rules& rules, const WorkSummary& work, int64_t now_ms);

/// Does somebody still need this run or task though its time is over? It is a dead letter, asks a question, or was asked
/// for by somebody who has not ended. Errors: those of store::get() and store::scan().
caf::expected<bool> is_needed(const store& rows, const WorkSummary& work);

/// Runs and lone tasks to be erased, all of one shard, and what became of them. Filled by erase_ended().
struct erasure {
  std::vector<std::string> refs; ///< in: candidates
  retention_rules rules;         ///< in
  int64_t now_ms = 0;            ///< in: Unix time
  size_t looked_at = 0;          ///< out: the first so many were decided on; the rest is for another piece
  std::map<std::string, uint64_t> erased; ///< out: how many, by kind
  uint64_t awake = 0;                     ///< out: in memory now; ask again later
  uint64_t needed = 0;                    ///< out: dead letters, and what somebody still waits for
  std::vector<TimersChanged> timers;      ///< out: timers that left with their owners
  caf::error failed;                      ///< out: the store could not be read; then nothing is erased
};

/// The changes that erase those of the candidates that may go: events with the replies in them, snapshots, name, index
/// rows and timers; the journal takes the objects. Work of an upkeep_order: what is decided here still holds when the batch
/// is written. One stays that is awake, has been resumed meanwhile, is a dead letter, was asked for by somebody who has
/// not ended, or has to tell somebody of its end.
///
/// A command id made before one of its tenant and kind ended that is erased here is refused from then on as ec::expired,
/// so that a late repetition begins nothing anew.
write_batch erase_ended(const store& rows, const upkeep_order::awake& is_awake, erasure& what);

} // namespace troupe
