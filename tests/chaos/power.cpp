// POWER: what a cut takes.
// Invariant: nothing synced is ever taken; after the cut nothing reaches the disk and nobody is told anything.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <tests/chaos/power.hpp>
#include <unistd.h>

namespace troupe::chaos {
namespace {

namespace fs = std::filesystem;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

std::string directory_of(const std::string& path) {
  return fs::path{path}.parent_path().lexically_normal().string();
}

void zero(const std::string& path, uint64_t from, uint64_t to) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(static_cast<std::streamoff>(from));
  file << std::string(to - from, '\0');
}

} // namespace

class power_disk::writer final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  writer(std::unique_ptr<rocksdb::FSWritableFile>&& real, power_disk& disk, std::shared_ptr<content> file)
      : FSWritableFileOwnerWrapper{std::move(real)}, disk_{disk}, file_{std::move(file)} {}

  IOStatus Append(const Slice& bytes, const IOOptions& how, IODebugContext* debug) override {
    return disk_.change(*file_, [&](content& file) {
      auto done = FSWritableFileOwnerWrapper::Append(bytes, how, debug);
      file.size += done.ok() ? bytes.size() : 0;
      return done;
    });
  }
  IOStatus Append(const Slice& bytes, const IOOptions& how, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(bytes, how, debug);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& how, IODebugContext* debug) override {
    return disk_.change(*file_, [&](content& file) {
      auto done = FSWritableFileOwnerWrapper::Truncate(size, how, debug);
      if (done.ok())
        file = {size, std::min(size, file.synced)};
      return done;
    });
  }
  IOStatus Flush(const IOOptions& how, IODebugContext* debug) override {
    return disk_.change(*file_, [&](content&) { return FSWritableFileOwnerWrapper::Flush(how, debug); });
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return disk_.sync(*file_);
  }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return disk_.sync(*file_);
  }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK(); // promises nothing: sync_file_range(2) writes no metadata
  }

private:
  power_disk& disk_;
  std::shared_ptr<content> file_;
};

class power_disk::folder final : public rocksdb::FSDirectoryWrapper {
public:
  folder(std::unique_ptr<rocksdb::FSDirectory>&& real, power_disk& disk, std::string path)
      : FSDirectoryWrapper{std::move(real)}, disk_{disk}, path_{std::move(path)} {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    disk_.sync_names(path_);
    return IOStatus::OK();
  }
  IOStatus FsyncWithDirOptions(const IOOptions& how, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(how, debug);
  }

private:
  power_disk& disk_;
  std::string path_;
};

power_disk::power_disk(const std::shared_ptr<rocksdb::FileSystem>& real, std::string attic, uint64_t seed)
    : FileSystemWrapper{real}, attic_{std::move(attic)}, chance_{seed} {
  fs::remove_all(attic_);
  fs::create_directories(attic_);
}

void power_disk::cut() {
  std::lock_guard lock{mutex_};
  if (cut_in_sync_ || random_below(4) == 0)
    lose();
  cut_in_sync_ = true;
}

template <class Change>
IOStatus power_disk::change(content& file, Change change) {
  std::lock_guard lock{mutex_};
  return change(file);
}

IOStatus power_disk::sync(content& file) {
  std::lock_guard lock{mutex_};
  if (cut_in_sync_)
    lose();
  file.synced = file.size;
  return IOStatus::OK();
}

void power_disk::sync_names(const std::string& directory) {
  std::lock_guard lock{mutex_};
  for (auto& change : names_[fs::path{directory}.lexically_normal().string()])
    if (!change.in_attic.empty())
      fs::remove(change.in_attic);
  names_.erase(fs::path{directory}.lexically_normal().string());
}

std::string power_disk::put_away(const std::string& path) {
  auto place = attic_ + "/" + std::to_string(++removed_);
  std::error_code failed;
  fs::rename(path, place, failed);
  return failed ? std::string{} : place;
}

void power_disk::note(name_change change) {
  names_[directory_of(change.made.empty() ? change.removed : change.made)].push_back(std::move(change));
}

IOStatus power_disk::NewWritableFile(const std::string& path, const rocksdb::FileOptions& how,
                                     std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  std::lock_guard lock{mutex_};
  std::unique_ptr<rocksdb::FSWritableFile> real;
  auto old = fs::exists(path) ? put_away(path) : std::string{};
  auto made = target()->NewWritableFile(path, how, &real, debug);
  if (!made.ok())
    return made;
  auto state = std::make_shared<content>();
  files_[path] = state;
  note({path, {}, old.empty() ? std::string{} : path, old});
  *file = std::make_unique<writer>(std::move(real), *this, std::move(state));
  return made;
}

IOStatus power_disk::NewDirectory(const std::string& path, const IOOptions& how,
                                  std::unique_ptr<rocksdb::FSDirectory>* directory, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> real;
  auto opened = target()->NewDirectory(path, how, &real, debug);
  if (opened.ok())
    *directory = std::make_unique<folder>(std::move(real), *this, path);
  return opened;
}

IOStatus power_disk::RenameFile(const std::string& from, const std::string& to, const IOOptions& how,
                                IODebugContext* debug) {
  std::lock_guard lock{mutex_};
  auto old = fs::exists(to) ? put_away(to) : std::string{};
  auto moved = target()->RenameFile(from, to, how, debug);
  if (!moved.ok())
    return moved;
  if (auto state = files_.extract(from)) {
    state.key() = to;
    files_.erase(to);
    files_.insert(std::move(state));
  }
  note({to, from, old.empty() ? std::string{} : to, old});
  return moved;
}

IOStatus power_disk::LinkFile(const std::string& from, const std::string& to, const IOOptions& how,
                              IODebugContext* debug) {
  std::lock_guard lock{mutex_};
  auto linked = target()->LinkFile(from, to, how, debug);
  if (linked.ok())
    note({to, {}, {}, {}});
  return linked;
}

IOStatus power_disk::DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) {
  std::lock_guard lock{mutex_};
  auto place = put_away(path);
  if (place.empty())
    return IOStatus::PathNotFound(path);
  note({{}, {}, path, place});
  return IOStatus::OK();
}

void power_disk::lose() {
  for (auto& [path, file] : files_) {
    if (file->size <= file->synced || !fs::exists(path))
      continue;
    auto kept = file->synced + random_below(file->size - file->synced + 1);
    std::error_code failed;
    fs::resize_file(path, kept, failed);
    if (kept > file->synced && random_below(3) == 0) // size and name reached the disk before the bytes
      zero(path, file->synced + random_below(kept - file->synced), kept);
  }
  for (auto& [directory, changes] : names_)
    for (auto left = random_below(changes.size() + 1); changes.size() > left; changes.pop_back()) {
      auto& change = changes.back();
      std::error_code failed;
      if (!change.moved_from.empty())
        fs::rename(change.made, change.moved_from, failed);
      else if (!change.made.empty())
        fs::remove(change.made, failed);
      if (!change.in_attic.empty())
        fs::rename(change.in_attic, change.removed, failed);
    }
  ::kill(::getpid(), SIGKILL);
  for (;;)
    ::pause();
}

uint64_t power_disk::random_below(uint64_t end) {
  return chance_() % end;
}

} // namespace troupe::chaos
