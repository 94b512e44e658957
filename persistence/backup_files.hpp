// BACKUP FILES: what a backup keeps beside the tables of its store, file by file.
#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <troupe/runtime/descriptor.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

/// How a part of a store's directory is kept by its backups.
enum class keeping : uint8_t {
  current, ///< one file for all backups, the newest: what is destroyed in it on purpose is destroyed in all of them
  per_backup ///< a directory of files that never change; each backup lists its own, and all share the copies
};

/// A part of a store's directory that is not RocksDB's.
struct belonging {
  std::string_view name; ///< below the store's directory, and below that of the backups
  keeping how;
};

/// The key ring of a store, in its directory.
inline constexpr std::string_view key_ring_file = "keyring";

/// All of them. What is not named here (the control socket and its tokens) is made anew by the node that starts.
inline constexpr belonging belongings[] = {{key_ring_file, keeping::current},
                                           {"objects", keeping::per_backup}};

/// Held while somebody writes to a directory of backups, or reads from it. One per directory: of writers only one at a time,
/// and none while others read; between processes too.
class backup_lock {
public:
  /// Error: ec::locked.
  static caf::expected<backup_lock> take(const std::filesystem::path& backups, bool writes);

private:
  explicit backup_lock(int file) : file_{file} {}
  descriptor file_;
};

/// Writes a file: all of it and synced, or not at all. Errors: those of cannot_open().
caf::error write_file_whole(const std::filesystem::path& path, std::string_view bytes);

/// Reads a file. Errors: ec::not_found, ec::unavailable.
caf::expected<std::string> read_file_whole(const std::filesystem::path& path);

/// Copies a file, synced, into a directory that may be missing; gives size and hash. A file that was being copied when the
/// program ended is not there under its name. Errors: ec::not_found, those of cannot_open().
caf::expected<BackupFile> copy_file_whole(const std::filesystem::path& from, const std::filesystem::path& to);

/// Size and hash of a file. Errors: as read_file_whole().
caf::expected<BackupFile> measure_file(const std::filesystem::path& path);

/// Bytes of all files below a directory, however many come and go meanwhile.
uint64_t bytes_below(const std::filesystem::path& directory);

/// Copies what a store's directory holds besides RocksDB's files and the backups do not hold yet. `known`, by path, are the
/// files earlier backups list; `saved` becomes what this one lists. Called when the rows are saved: what they refer to was
/// there before them. Errors: as copy_file_whole().
caf::error save_belongings(const std::filesystem::path& data, const std::filesystem::path& backups,
                           const std::map<std::string, BackupFile>& known,
                           std::map<std::string, BackupFile>& saved);

/// Puts the files of a backup into a store's directory. Errors: as copy_file_whole(); ec::corrupt if a file is not what the
/// backup says.
caf::error restore_belongings(const std::filesystem::path& backups, const BackupRecord& record,
                              const std::filesystem::path& data);

/// Compares the files with what the backup says. Error: ec::corrupt with the first that differs.
caf::error verify_belongings(const std::filesystem::path& backups, const BackupRecord& record);

/// Removes files that none of these backups lists.
void sweep_belongings(const std::filesystem::path& backups, const std::vector<BackupRecord>& kept);

/// Writes the mark that makes a backup a whole one. Errors: as write_file_whole().
caf::error write_record(const std::filesystem::path& backups, const BackupRecord& record);

/// Reads it. Errors: ec::not_found, ec::corrupt, ec::unavailable.
caf::expected<BackupRecord> read_record(const std::filesystem::path& backups, uint32_t id);

/// Ids of all backups that have one, ascending.
std::vector<uint32_t> recorded_backups(const std::filesystem::path& backups);

/// Makes a backup an unfinished one, the first step of its removal. Errors: those of cannot_open().
caf::error erase_record(const std::filesystem::path& backups, uint32_t id);

} // namespace troupe
