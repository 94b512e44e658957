// BACKUP RESTORE: a store as it was at a point in time, out of its backups.
#pragma once

#include <string_view>
#include <troupe/persistence/backup_cut.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

/// A point as people write it: nothing (all there is), the number of an event, or a time in UTC, `2026-11-29T15:04:05Z` with
/// up to six digits of a second's fraction. Error: ec::invalid_argument.
caf::expected<cut_point> parse_point(std::string_view text);

/// Restores a backup of [backup] directory into the data directory of the settings, which must be missing or empty, and takes
/// it back to the point: events and snapshots after it go, listings and timers become those of what stays. Nothing is in the
/// data directory unless all succeeded. Errors: those of restore_backup(), cut_store(), rebuild_rows() and of opening a store
/// as these settings say.
caf::expected<RestoreReport> restore_store(const config& settings, uint32_t id, const cut_point& point,
                                           const clock& time);

} // namespace troupe
