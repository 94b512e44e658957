// BACKUP ENGINE: what taking and reading backups share. For this folder only.
#pragma once

#include <filesystem>
#include <memory>
#include <rocksdb/utilities/backup_engine.h>
#include <string_view>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

/// The error for something of RocksDB's that failed: `cannot WHAT PATH: cause; step`.
caf::error backup_failure(std::string_view what, const std::filesystem::path& path,
                          const rocksdb::Status& status);

/// How the engine of a directory of backups is opened, always the same.
rocksdb::BackupEngineOptions engine_options(const std::filesystem::path& backups);

/// Opens it: BackupEngine to write, BackupEngineReadOnly to read. Errors: those of backup_failure().
template <class Engine>
caf::expected<std::unique_ptr<Engine>> open_engine(const std::filesystem::path& backups) {
  Engine* engine = nullptr;
  auto status = Engine::Open(engine_options(backups), rocksdb::Env::Default(), &engine);
  if (!status.ok())
    return backup_failure("open the backups in", backups, status);
  return std::unique_ptr<Engine>{engine};
}

/// Opens a backup where it lies and reads what a mark tells: store, history, last event, bytes. Errors: ec::corrupt,
/// ec::key_missing (it is sealed, and there is no key ring beside the backups).
caf::error look_inside(const rocksdb::BackupEngineReadOnlyBase& engine, const std::filesystem::path& backups,
                       uint32_t id, BackupMark& seen);

/// Row of the store itself that names its history; see BackupMark.
extern const std::string history_row;

} // namespace troupe
