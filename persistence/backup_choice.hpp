// BACKUP CHOICE: which backup a restore begins with.
#pragma once

#include <troupe/persistence/backup_cut.hpp>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

/// The backup a restore to this point begins with. For the default point, which holds everything: the newest one. For any
/// other: of the history the newest backup belongs to (a restore begins a new history, in which other events have the same
/// numbers) the oldest that reaches to the point. Backups with trouble are passed over. Whoever names an id gets that one, of
/// whatever history. Errors: ec::not_found, with what there is instead; ec::corrupt (the one that was named has trouble).
caf::expected<BackupMark> choose_backup(const BackupList& list, const cut_point& point, uint32_t id = 0);

} // namespace troupe
