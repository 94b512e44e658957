// RESTORE: reading backups: what there is, whether it is whole, and back into a store.
// Invariant: a restored store has its name only when it is complete, and takes nobody else's.

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <troupe/persistence/backup_files.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/rocksdb/backup.hpp>
#include <troupe/persistence/rocksdb/backup_engine.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/id.hpp>
#include <unistd.h>

namespace troupe {
namespace {

namespace fs = std::filesystem;

caf::error no_backups(const fs::path& backups) {
  return make_error(
      ec::not_found,
      fmt::format("there are no backups in {}; take one with `troupe backup create`", backups.native()));
}

// The record of a backup; 0 = the newest.
caf::expected<BackupRecord> find_record(const fs::path& backups, uint32_t id) {
  auto ids = recorded_backups(backups);
  if (ids.empty())
    return no_backups(backups);
  auto record = read_record(backups, id == 0 ? ids.back() : id);
  if (!record && code_of(record.error()) == ec::not_found)
    return make_error(ec::not_found, fmt::format("there is no backup {} in {}; see `troupe backup list`", id,
                                                 backups.native()));
  return record;
}

// What is in a backup is what its mark says.
caf::error compare(const rocksdb::BackupEngineReadOnlyBase& engine, const fs::path& backups,
                   const BackupMark& mark) {
  BackupMark seen;
  if (auto failed = look_inside(engine, backups, mark.id(), seen))
    return failed;
  if (seen.store() == mark.store() && seen.history() == mark.history() && seen.gsn() == mark.gsn())
    return {};
  return make_error(
      ec::corrupt,
      fmt::format("backup {} holds events up to {} of store {}, and its mark says up to {} of store {}",
                  mark.id(), seen.gsn(), seen.store(), mark.gsn(), mark.store()));
}

// The directory in which a store is put together: held by one restore at a time, and gone unless it succeeds.
class workshop {
public:
  static caf::expected<workshop> open(const fs::path& target) {
    std::error_code missing;
    if (fs::exists(target, missing) && !fs::is_empty(target, missing))
      return make_error(
          ec::already_exists,
          fmt::format("{} is not empty, and a restore writes over nothing: name a new directory with "
                      "`--data DIR`, or move this one away",
                      target.native()));
    fs::path place = target.native() + ".restoring";
    if (auto cause = make_directory(place, 0700))
      return cannot_open(place, *cause);
    descriptor hold{::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (hold < 0 || ::flock(hold, LOCK_EX | LOCK_NB) != 0)
      return make_error(ec::locked, fmt::format("another restore works in {}: wait for it", place.native()));
    workshop made{target, std::move(place), std::move(hold)};
    made.clear();
    return made;
  }

  workshop(workshop&&) = default;
  ~workshop() {
    if (hold_ < 0)
      return;
    clear();
    ::rmdir(place_.c_str());
  }

  const fs::path& place() const {
    return place_;
  }

  // Gives the finished store its name.
  caf::error deliver() {
    std::optional<std::string> cause = sync_directory(place_);
    if (!cause && ::rename(place_.c_str(), target_.c_str()) != 0)
      cause = last_failure();
    if (!cause)
      cause = sync_directory(target_.parent_path());
    hold_.close(); // nothing is cleared: it is complete
    if (cause)
      return make_error(
          ec::unavailable,
          fmt::format("the store is restored in {} but could not be renamed to {}: {}; move it there",
                      place_.native(), target_.native(), *cause));
    return {};
  }

private:
  workshop(const fs::path& target, fs::path place, descriptor hold)
      : target_{target}, place_{std::move(place)}, hold_{std::move(hold)} {}

  void clear() const {
    std::error_code ignored; // what stays is in the way of RocksDB, which tells
    for (auto& entry : fs::directory_iterator{place_, ignored})
      fs::remove_all(entry.path(), ignored);
  }

  fs::path target_, place_;
  descriptor hold_;
};

// From now on other events may have the numbers that those behind the backup had.
caf::error begin_history(const fs::path& directory, const clock& time) {
  auto rows = open_rocksdb(directory);
  if (!rows)
    return std::move(rows.error());
  return (*rows)->write({{space::meta, history_row, id_source{random_seed()}.next(time.now_ms())}});
}

} // namespace

caf::expected<BackupList> list_backups(const fs::path& backups) {
  auto ids = recorded_backups(backups);
  std::error_code missing;
  if (!fs::is_directory(backups / "rows", missing))
    return no_backups(backups);
  auto engine = open_engine<rocksdb::BackupEngineReadOnly>(backups);
  if (!engine)
    return std::move(engine.error());
  BackupList list;
  list.set_directory(backups.native());
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    auto& entry = *list.add_backups();
    auto record = read_record(backups, *id);
    if (record)
      *entry.mutable_mark() = record->mark();
    else
      entry.set_trouble(text_of(record.error()));
    entry.mutable_mark()->set_id(*id);
    rocksdb::BackupInfo info;
    if (auto status = (*engine)->GetBackupInfo(*id, &info); record && !status.ok())
      entry.set_trouble(status.IsNotFound() ? "its tables are missing" : status.ToString());
  }
  std::vector<rocksdb::BackupInfo> all;
  (*engine)->GetBackupInfo(&all);
  list.set_unfinished(static_cast<uint32_t>(std::count_if(all.begin(), all.end(), [&](auto& one) {
    return !std::binary_search(ids.begin(), ids.end(), one.backup_id);
  })));
  return list;
}

caf::expected<BackupMark> verify_backup(const fs::path& backups, uint32_t id) {
  auto record = find_record(backups, id);
  if (!record)
    return std::move(record.error());
  auto& mark = record->mark();
  auto lock = backup_lock::take(backups, false);
  if (!lock)
    return std::move(lock.error());
  auto engine = open_engine<rocksdb::BackupEngineReadOnly>(backups);
  if (!engine)
    return std::move(engine.error());
  if (auto status = (*engine)->VerifyBackup(mark.id(), true); !status.ok())
    return make_error(ec::corrupt, fmt::format("backup {} is damaged: {}", mark.id(), status.ToString()));
  if (auto failed = verify_belongings(backups, *record))
    return make_error(code_of(failed), fmt::format("backup {}: {}", mark.id(), text_of(failed)));
  if (auto failed = compare(**engine, backups, mark))
    return failed;
  return mark;
}

caf::expected<BackupMark> restore_backup(const fs::path& backups, uint32_t id, const fs::path& target,
                                         const clock& time,
                                         const std::function<caf::error(const fs::path&)>& finish) {
  auto record = find_record(backups, id);
  if (!record)
    return std::move(record.error());
  auto& mark = record->mark();
  auto lock = backup_lock::take(backups, false);
  if (!lock)
    return std::move(lock.error());
  std::error_code failure;
  auto named = fs::absolute(target, failure).lexically_normal();
  if (!named.has_filename()) // ends with a slash
    named = named.parent_path();
  auto shop = workshop::open(named);
  if (!shop)
    return std::move(shop.error());
  auto& place = shop->place();
  // Goes before the workshop is cleared: its threads may still copy when it has told of a failure.
  auto engine = open_engine<rocksdb::BackupEngineReadOnly>(backups);
  if (!engine)
    return std::move(engine.error());
  if (auto failed = compare(**engine, backups, mark))
    return failed;
  if (auto status = (*engine)->RestoreDBFromBackup(mark.id(), place.native(), place.native()); !status.ok())
    return backup_failure(fmt::format("restore backup {} into", mark.id()), place, status);
  if (auto failed = restore_belongings(backups, *record, place))
    return failed;
  if (auto failed = begin_history(place, time))
    return failed;
  if (auto failed = finish ? finish(place) : caf::error{})
    return failed;
  if (auto failed = shop->deliver())
    return failed;
  return mark;
}

} // namespace troupe
