// JOURNAL COUNTERS: how far the journals of a store have counted.
#pragma once

#include <caf/expected.hpp>
#include <string_view>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/store.hpp>

namespace troupe {

/// The row that keeps a journal's counters: number and time of the last event. A store that nodes share has one for each of
/// them, by name; empty = the journal of whoever has the store alone.
row_change journal_counters(uint64_t gsn, int64_t time_us, std::string_view node = {});

/// What that row says: gsn and time_us of the last event, 0 before the first. Error: ec::corrupt, those of store::get().
caf::expected<envelope> read_journal_counters(const store& rows, std::string_view node);

/// The highest gsn and the latest time_us of all journals of a store, 0 in a newborn one. Errors: ec::corrupt, those of
/// store::scan().
caf::expected<envelope> read_journal_counters(const store& rows);

} // namespace troupe
