// BACKUPS: takes backups by the clock and when asked, and says when the last good one is too old.
#pragma once

#include <functional>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/interface/ops.hpp>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

/// How backups are taken. The functions block; each is called on a worker thread.
struct backup_plan {
  /// Told how many bytes are done, and of how many (0 = not known); false gives up.
  using progress = std::function<bool(uint64_t done, uint64_t all)>;
  /// Takes a backup and removes old ones.
  std::function<caf::expected<BackupMark>(const progress&)> take;
  /// Checks one; 0 = the newest.
  std::function<caf::expected<BackupMark>(uint32_t id)> verify;
  /// What there is.
  std::function<caf::expected<BackupList>()> list;
  std::shared_ptr<workers> hands; ///< one thread, for take and verify: one after the other
  std::chrono::milliseconds every{};
  std::chrono::milliseconds alert_after{}; ///< a last good backup of this age is an alert
};

/// Starts the backups of a node as a child of `parent`. The last good backup is looked for on the disk, so that a restart keeps
/// the schedule; a failed one is tried again after limits::backup_retry.
backups_actor spawn_backups(caf::scheduled_actor* parent, doors_ptr doors, backup_plan plan);

} // namespace troupe
