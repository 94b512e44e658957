// BACKUP ENGINE: RocksDB's BackupEngine as this house uses it.

#include <fmt/format.h>
#include <map>
#include <troupe/persistence/backup_files.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/rocksdb/backup_engine.hpp>
#include <troupe/persistence/rocksdb/database.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/persistence/store_self.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

const std::string history_row = store_key("history");

caf::error backup_failure(std::string_view what, const std::filesystem::path& path,
                          const rocksdb::Status& status) {
  auto cause = status.ToString();
  if (status.IsCorruption())
    return make_error(ec::corrupt,
                      fmt::format("cannot {} {}: {}; choose another backup with `troupe backup list`", what,
                                  path.native(), cause));
  if (status.IsIncomplete())
    return make_error(ec::cancelled,
                      fmt::format("cannot {} {}: it was stopped; repeat it", what, path.native()));
  return cannot(what, path, cause);
}

rocksdb::BackupEngineOptions engine_options(const std::filesystem::path& backups) {
  // Absolute: the file system by which RocksDB opens a backup where it lies does not find its parts by relative paths.
  rocksdb::BackupEngineOptions options{
      (std::filesystem::absolute(backups) / "rows").lexically_normal().native()};
  options.sync = true;
  options.share_table_files = true;
  options.share_files_with_checksum = true; // a store that was restored has other tables of the same numbers
  options.backup_rate_limit = limits::backup_bytes_per_s;
  options.callback_trigger_interval_size = limits::backup_progress_bytes;
  return options;
}

caf::error look_inside(const rocksdb::BackupEngineReadOnlyBase& engine, const std::filesystem::path& backups,
                       uint32_t id, BackupMark& seen) {
  auto damaged = [&](std::string_view what) {
    return make_error(ec::corrupt, fmt::format("backup {} does not open: {}", id, what));
  };
  rocksdb::BackupInfo info;
  if (auto status = engine.GetBackupInfo(id, &info, true); !status.ok())
    return damaged(status.ToString());
  auto options = database_options({});
  options.env = info.env_for_open.get();
  rocksdb_database opened;
  rocksdb::DB* db = nullptr;
  auto status =
      rocksdb::DB::OpenForReadOnly(options, info.name_for_open, database_families(), &opened.handles, &db);
  opened.db.reset(db);
  std::map<std::string, std::string> rows;
  if (status.ok())
    status = opened.scan(space::meta, store_key(""), store_end(), false, [&](auto key, auto value) {
      rows.emplace(key, value);
      return true;
    });
  if (!status.ok())
    return damaged(status.ToString());
  if (rows[store_key("id")].empty())
    return damaged("it does not tell which store it is of");
  if (auto ring = backups / key_ring_file;
      rows[store_key("naming_key")] == store_self::moved_naming_key() && !std::filesystem::exists(ring))
    return make_error(ec::key_missing,
                      fmt::format("backup {} is sealed, and its key ring {} is missing: put the "
                                  "store's own there",
                                  id, ring.native()));
  std::string_view payload;
  auto counters = unwrap(rows[store_key("journal")], payload); // no row: no event yet
  seen.set_store(rows[store_key("id")]);
  seen.set_history(rows[history_row]);
  seen.set_gsn(counters ? counters->gsn : 0);
  seen.set_time_us(counters ? counters->time_us : 0);
  seen.set_bytes(info.size);
  return {};
}

} // namespace troupe
