// BACKUP: RocksDB's BackupEngine for tables and log, files of our own for the rest.
// Invariant: a backup without its mark does not exist, and its mark is written last and removed first.

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <map>
#include <troupe/persistence/backup_files.hpp>
#include <troupe/persistence/rocksdb/backup.hpp>
#include <troupe/persistence/rocksdb/backup_engine.hpp>
#include <troupe/persistence/rocksdb/database.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// A directory of backups belongs to one store, and survives it.
caf::error claim(const backup_place& where, const std::string& store_id) {
  std::error_code failed;
  auto data = fs::weakly_canonical(where.data, failed), backups = fs::weakly_canonical(where.backups, failed);
  if (std::mismatch(data.begin(), data.end(), backups.begin(), backups.end()).first == data.end())
    return make_error(
        ec::invalid_argument,
        fmt::format("{} lies in the store's own directory and would be lost with it: choose another one",
                    where.backups.native()));
  if (auto cause = make_directory(where.backups, 0700))
    return cannot_open(where.backups, *cause);
  auto owner = read_file_whole(where.backups / "store");
  if (!owner && code_of(owner.error()) == ec::not_found)
    return write_file_whole(where.backups / "store", store_id);
  if (!owner)
    return std::move(owner.error());
  if (*owner != store_id)
    return make_error(ec::conflict,
                      fmt::format("{} holds the backups of store {}, and this is store {}: choose another "
                                  "directory",
                                  where.backups.native(), *owner, store_id));
  return {};
}

std::vector<BackupRecord> whole_backups(const fs::path& backups) {
  std::vector<BackupRecord> records;
  for (auto id : recorded_backups(backups))
    if (auto record = read_record(backups, id))
      records.push_back(std::move(*record));
  return records;
}

// Removes what a backup that was not ended has left.
caf::error remove_unfinished(rocksdb::BackupEngine& engine, const fs::path& backups) {
  auto whole = recorded_backups(backups);
  std::vector<rocksdb::BackupInfo> all;
  engine.GetBackupInfo(&all);
  for (auto& one : all)
    if (!std::binary_search(whole.begin(), whole.end(), one.backup_id))
      if (auto status = engine.DeleteBackup(one.backup_id); !status.ok())
        return backup_failure("remove an unfinished backup from", backups, status);
  return {};
}

uint64_t table_bytes(const rocksdb_database& opened) {
  std::vector<rocksdb::LiveFileMetaData> files;
  opened.db->GetLiveFilesMetaData(&files);
  uint64_t bytes = 0;
  for (auto& file : files)
    bytes += file.size;
  return bytes;
}

// Copies tables and log, the log as far as it reaches now.
caf::expected<uint32_t> save_rows(rocksdb::BackupEngine& engine, const store& rows, const fs::path& backups,
                                  bool is_first, const backup_progress& progress) {
  auto opened = database_of(rows);
  if (!opened)
    return make_error(ec::unavailable, "the store is not open: repeat in a minute");
  auto all = is_first ? table_bytes(*opened)
                      : 0; // later ones copy what is new, and how much that is nobody knows yet
  std::atomic<uint64_t> done = 0;
  rocksdb::CreateBackupOptions how;
  how.flush_before_backup = true; // else every backup holds a log of its own
  how.progress_callback = [&] {
    done += limits::backup_progress_bytes;
    // A journal that reopens the store waits for all who read it.
    if (database_of(rows) != opened ||
        (progress && !progress(done, all == 0 ? 0 : std::max(all, done.load()))))
      engine.StopBackup();
  };
  uint32_t id = 0;
  auto status = engine.CreateNewBackupWithMetadata(how, opened->db.get(), rows.id(), &id);
  if (!status.ok())
    return backup_failure("take a backup in", backups, status);
  return id;
}

} // namespace

caf::expected<BackupMark> create_backup(const store& rows, const backup_place& where, const clock& time,
                                        const std::string& version, const backup_progress& progress) {
  if (auto failed = claim(where, rows.id()))
    return failed;
  auto lock = backup_lock::take(where.backups, true);
  if (!lock)
    return std::move(lock.error());
  auto began_ms = time.now_ms();
  auto engine = open_engine<rocksdb::BackupEngine>(where.backups);
  if (!engine)
    return std::move(engine.error());
  if (auto failed = remove_unfinished(**engine, where.backups))
    return failed;
  auto bytes_before = bytes_below(where.backups);
  std::map<std::string, BackupFile> known, saved;
  auto earlier = whole_backups(where.backups);
  for (auto& record : earlier)
    for (auto& file : record.files())
      known.insert_or_assign(file.path(), file);
  auto id = save_rows(**engine, rows, where.backups, earlier.empty(), progress);
  if (!id)
    return std::move(id.error());
  if (auto failed = save_belongings(where.data, where.backups, known, saved))
    return failed;
  BackupRecord record;
  auto& mark = *record.mutable_mark();
  if (auto failed = look_inside(**engine, where.backups, *id, mark))
    return failed;
  for (auto& [path, file] : saved) {
    mark.set_bytes(mark.bytes() + file.bytes());
    *record.add_files() = file;
  }
  mark.set_id(*id);
  mark.set_version(version);
  mark.set_created_ms(time.now_ms());
  mark.set_took_ms(std::max<int64_t>(0, time.now_ms() - began_ms));
  auto bytes_now = bytes_below(where.backups);
  mark.set_new_bytes(bytes_now - std::min(bytes_now, bytes_before));
  if (auto failed = write_record(where.backups, record))
    return failed;
  return mark;
}

caf::error purge_backups(const fs::path& backups, size_t keep) {
  if (recorded_backups(backups).size() <= keep)
    return {};
  auto lock = backup_lock::take(backups, true);
  if (!lock)
    return std::move(lock.error());
  auto ids = recorded_backups(backups);
  auto engine = open_engine<rocksdb::BackupEngine>(backups);
  if (!engine)
    return std::move(engine.error());
  ids.resize(ids.size() - std::min(ids.size(), keep));
  for (auto id : ids) {
    if (auto failed = erase_record(backups, id))
      return failed;
    if (auto status = (*engine)->DeleteBackup(id); !status.ok() && !status.IsNotFound())
      return backup_failure("remove an old backup from", backups, status);
  }
  sweep_belongings(backups, whole_backups(backups));
  return {};
}

} // namespace troupe
