// BACKUP: copies of a store on disk, taken while it works, each whole or not there.
#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <functional>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

/// Told now and then how many bytes are copied, of how many; of 0 if that is not known. Called on any thread; false gives up.
/// May be empty.
using backup_progress = std::function<bool(uint64_t done, uint64_t all)>;

/// Where a store is, and where its backups are: a directory for this store alone, made if it is missing.
struct backup_place {
  std::filesystem::path data;
  std::filesystem::path backups;
};

/// Takes a backup of an open store, while it is read and written. What the newest backup has already is shared with it. Copies
/// at limits::backup_bytes_per_s and syncs. `rows` is what open_rocksdb() gave. Of the files beside its tables (see
/// backup_files.hpp) none may leave meanwhile; new ones may come. Errors: ec::conflict (the directory holds another store's
/// backups), ec::invalid_argument (it lies inside the store's), ec::locked (somebody else works on it), ec::cancelled (by
/// `progress`), ec::disk_full and the like, ec::unavailable.
caf::expected<BackupMark> create_backup(const store& rows, const backup_place& where, const clock& time,
                                        const std::string& version, const backup_progress& progress = {});

/// Removes all but the newest `keep` backups, and what only they needed. Errors: as create_backup().
caf::error purge_backups(const std::filesystem::path& backups, size_t keep);

/// The backups of a directory, newest first, those that are damaged as far as a look at names and sizes tells with what troubles
/// them. Errors: ec::not_found (no backups were ever kept there).
caf::expected<BackupList> list_backups(const std::filesystem::path& backups);

/// Reads a whole backup, 0 = the newest: every file has its checksum, it opens, and it holds what its mark says. Errors:
/// ec::corrupt with what is wrong, ec::not_found, ec::locked.
caf::expected<BackupMark> verify_backup(const std::filesystem::path& backups, uint32_t id);

/// Puts a backup into a directory that is missing or empty, made with mode 0700. It is worked on beside it, in
/// `TARGET.restoring`, and gets its name at the very end; what a restore that was killed has left there is removed by the next
/// one. `finish` may change the store before that; it is not open then. Errors: ec::already_exists (something is there),
/// ec::not_found, ec::corrupt, ec::locked, those of `finish` and of open_rocksdb().
caf::expected<BackupMark>
restore_backup(const std::filesystem::path& backups, uint32_t id, const std::filesystem::path& target,
               const clock& time, const std::function<caf::error(const std::filesystem::path&)>& finish = {});

} // namespace troupe
