// BACKUP FILES: copies that are whole or not there.
// Invariant: a name appears only when what it names has been synced.

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <set>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <troupe/persistence/backup_files.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/descriptor.hpp>
#include <unistd.h>

namespace troupe {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view marks = "marks";
constexpr std::string_view half = ".half"; // end of the name of what is being written

class hasher {
public:
  hasher() {
    crypto_generichash_init(&state_, nullptr, 0, crypto_generichash_BYTES);
  }
  void add(std::string_view bytes) {
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  std::string take() {
    std::string hash(crypto_generichash_BYTES, '\0');
    crypto_generichash_final(&state_, reinterpret_cast<unsigned char*>(hash.data()), hash.size());
    return hash;
  }

private:
  crypto_generichash_state state_{};
};

std::string hash_of(std::string_view bytes) {
  hasher hash;
  hash.add(bytes);
  return hash.take();
}

// Reads a file to its end; `each` returns false if it cannot take more.
template <class Each>
caf::error read_through(const fs::path& path, Each each) {
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file < 0)
    return errno == ENOENT ? make_error(ec::not_found, path.native() + " is missing")
                           : cannot("read", path, last_failure());
  std::array<char, 64 << 10> buffer; // what a disk reads at a time
  for (;;) {
    auto size = ::read(file, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return cannot("read", path, last_failure());
    if (size == 0 || !each(std::string_view{buffer.data(), static_cast<size_t>(size)}))
      return {};
  }
}

// Fills a new file, syncs it and gives it its name. `fill` gets a function that writes.
template <class Fill>
caf::error write_whole(const fs::path& path, Fill fill) {
  if (auto cause = make_directory(path.parent_path(), 0700))
    return cannot("make", path.parent_path(), *cause);
  auto fresh = path.native() + std::string{half};
  descriptor file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (file < 0)
    return cannot("write", path, last_failure());
  std::string cause;
  auto write = [&](std::string_view bytes) {
    auto written = write_all(file, bytes);
    if (!written)
      cause = last_failure();
    return written;
  };
  if (caf::error failed = fill(write))
    return failed;
  if (cause.empty() && (::fsync(file) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0))
    cause = last_failure();
  if (cause.empty())
    if (auto unsynced = sync_directory(path.parent_path()))
      cause = *unsynced;
  return cause.empty() ? caf::error{} : cannot("write", path, cause);
}

fs::path mark_of(const fs::path& backups, uint32_t id) {
  return backups / marks / std::to_string(id);
}

// Calls `each` with the path of every whole file below `root`, relative to it.
template <class Each>
void for_each_file(const fs::path& root, Each each) {
  std::error_code gone; // a file may leave while we look
  for (fs::recursive_directory_iterator at{root, gone}, end; !gone && at != end; at.increment(gone))
    if (at->is_regular_file(gone) && at->path().extension() != half)
      each(at->path().lexically_relative(root));
}

} // namespace

caf::expected<backup_lock> backup_lock::take(const fs::path& backups, bool writes) {
  backup_lock lock{::open((backups / "lock").c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600)};
  if (lock.file_ < 0)
    return cannot("use the backups in", backups, last_failure());
  if (::flock(lock.file_, (writes ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0)
    return make_error(
        ec::locked,
        fmt::format("somebody else works on the backups in {}: repeat when that is done", backups.native()));
  return lock;
}

caf::error write_file_whole(const fs::path& path, std::string_view bytes) {
  return write_whole(path, [&](auto& write) {
    write(bytes);
    return caf::error{};
  });
}

caf::expected<std::string> read_file_whole(const fs::path& path) {
  std::string content;
  if (auto failed = read_through(path, [&](std::string_view bytes) {
        content += bytes;
        return true;
      }))
    return failed;
  return content;
}

caf::expected<BackupFile> copy_file_whole(const fs::path& from, const fs::path& to) {
  BackupFile copied;
  hasher hash;
  auto failed = write_whole(to, [&](auto& write) {
    return read_through(from, [&](std::string_view bytes) {
      hash.add(bytes);
      copied.set_bytes(copied.bytes() + bytes.size());
      return write(bytes);
    });
  });
  if (failed)
    return failed;
  copied.set_hash(hash.take());
  return copied;
}

caf::expected<BackupFile> measure_file(const fs::path& path) {
  BackupFile measured;
  hasher hash;
  if (auto failed = read_through(path, [&](std::string_view bytes) {
        hash.add(bytes);
        measured.set_bytes(measured.bytes() + bytes.size());
        return true;
      }))
    return failed;
  measured.set_hash(hash.take());
  return measured;
}

uint64_t bytes_below(const fs::path& directory) {
  uint64_t bytes = 0;
  std::error_code gone;
  for (fs::recursive_directory_iterator at{directory, gone}, end; !gone && at != end; at.increment(gone)) {
    auto size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    bytes += gone ? 0 : size;
  }
  return bytes;
}

caf::error save_belongings(const fs::path& data, const fs::path& backups,
                           const std::map<std::string, BackupFile>& known,
                           std::map<std::string, BackupFile>& saved) {
  caf::error failed;
  auto save = [&](const fs::path& path) {
    std::error_code missing;
    auto earlier = known.find(path.native());
    if (earlier != known.end() && fs::file_size(backups / path, missing) == earlier->second.bytes() &&
        !missing) {
      saved.insert(*earlier);
      return;
    }
    auto copied = copy_file_whole(data / path, backups / path);
    if (!copied) {
      failed = copied.error();
      return;
    }
    copied->set_path(path.native());
    saved.emplace(path.native(), std::move(*copied));
  };
  for (auto& [name, how] : belongings) {
    std::error_code missing;
    if (how == keeping::current && fs::exists(data / name, missing)) {
      if (auto copied = copy_file_whole(data / name, backups / name); !copied)
        return std::move(copied.error());
    } else if (how == keeping::per_backup) {
      for_each_file(data / name, [&, part = name](const fs::path& below) {
        if (!failed)
          save(part / below);
      });
    }
  }
  return failed;
}

caf::error restore_belongings(const fs::path& backups, const BackupRecord& record, const fs::path& data) {
  for (auto& [name, how] : belongings)
    if (how == keeping::current && fs::exists(backups / name))
      if (auto copied = copy_file_whole(backups / name, data / name); !copied)
        return std::move(copied.error());
  for (auto& file : record.files()) {
    auto copied = copy_file_whole(backups / file.path(), data / file.path());
    if (!copied)
      return std::move(copied.error());
    if (copied->hash() != file.hash())
      return make_error(ec::corrupt,
                        fmt::format("{} is damaged: choose another backup with `troupe backup list`",
                                    (backups / file.path()).native()));
  }
  return {};
}

caf::error verify_belongings(const fs::path& backups, const BackupRecord& record) {
  for (auto& file : record.files()) {
    auto found = measure_file(backups / file.path());
    if (!found || found->hash() != file.hash())
      return make_error(ec::corrupt, fmt::format("{} is {}", (backups / file.path()).native(),
                                                 found ? "damaged" : "missing"));
  }
  return {};
}

void sweep_belongings(const fs::path& backups, const std::vector<BackupRecord>& kept) {
  std::set<std::string> wanted;
  for (auto& record : kept)
    for (auto& file : record.files())
      wanted.insert(file.path());
  for (auto& [name, how] : belongings)
    if (how == keeping::per_backup)
      for_each_file(backups / name, [&](const fs::path& below) {
        std::error_code ignored; // what stays is removed the next time
        if (wanted.count((name / below).native()) == 0)
          fs::remove(backups / name / below, ignored);
      });
}

caf::error write_record(const fs::path& backups, const BackupRecord& record) {
  auto bytes = record.SerializeAsString();
  return write_file_whole(mark_of(backups, record.mark().id()), hash_of(bytes) + bytes);
}

caf::expected<BackupRecord> read_record(const fs::path& backups, uint32_t id) {
  auto stored = read_file_whole(mark_of(backups, id));
  if (!stored)
    return std::move(stored.error());
  BackupRecord record;
  auto bytes = std::string_view{*stored}.substr(std::min<size_t>(stored->size(), crypto_generichash_BYTES));
  if (hash_of(bytes) != stored->substr(0, crypto_generichash_BYTES) ||
      !record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || record.mark().id() != id)
    return make_error(ec::corrupt, fmt::format("{} is damaged", mark_of(backups, id).native()));
  return record;
}

std::vector<uint32_t> recorded_backups(const fs::path& backups) {
  std::vector<uint32_t> ids;
  for_each_file(backups / marks, [&](const fs::path& name) {
    uint32_t id = 0;
    auto& text = name.native();
    auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (wrong == std::errc{} && end == text.data() + text.size())
      ids.push_back(id);
  });
  std::sort(ids.begin(), ids.end());
  return ids;
}

caf::error erase_record(const fs::path& backups, uint32_t id) {
  auto path = mark_of(backups, id);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return cannot("remove", path, last_failure());
  auto unsynced = sync_directory(path.parent_path());
  return unsynced ? cannot("remove", path, *unsynced) : caf::error{};
}

} // namespace troupe
