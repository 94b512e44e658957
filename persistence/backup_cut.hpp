// BACKUP CUT: takes a restored store back to a point in its one sequence of events.
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/store.hpp>

namespace troupe {

/// A point in the sequence of all events of a store: what lies after it goes. Number and time of an event grow together, so
/// either one, or both, cut all entities at the same moment.
struct cut_point {
  uint64_t gsn =
      std::numeric_limits<uint64_t>::max(); ///< global sequence number of the last event that stays
  int64_t time_us = std::numeric_limits<int64_t>::max(); ///< Unix time of the last event that may stay

  friend bool operator==(const cut_point&, const cut_point&) = default;

  /// Does an event with this header stay?
  bool holds(const envelope& header) const {
    return header.gsn <= gsn && header.time_us <= time_us;
  }
};

/// What a cut has left.
struct cut_result {
  uint64_t gsn = 0;              ///< of the last event that stayed; 0 = none
  int64_t time_us = 0;           ///< its time
  uint64_t kept = 0;             ///< events
  uint64_t dropped = 0;          ///< events
  uint64_t entities_dropped = 0; ///< those whose first event lay after the point
  bool moved = false; ///< the point lay within one decision: all its events stayed, none is ever torn
  std::set<uint8_t>
      shards; ///< of what was dropped: their index and timer rows and counts are still those of before
};

/// Drops events and snapshots after the point, names of entities that have no events left, and sets the journal's counters. No
/// journal may be running on the store. `names` is where names can be read if the rows are sealed: the same rows, opened. Not atomic: a store whose cut failed or was interrupted is of no use. Errors:
/// ec::corrupt, ec::conflict (the events an entity had at the point have been removed for good since, so it cannot be taken
/// back; the text names it), those of store::write() and scan().
caf::expected<cut_result> cut_store(store& rows, const cut_point& point, const store* names = nullptr);

} // namespace troupe
