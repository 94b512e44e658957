// POWER: a disk that keeps, when its power is cut, what was synced, and of the rest whatever it likes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <rocksdb/file_system.h>
#include <string>
#include <vector>

namespace troupe::chaos {

/// Stands between RocksDB and a real directory. It remembers of every file how much was synced, and of every directory
/// what was done to its names since it was last synced. A cut
///   - keeps of the bytes not synced a random number from the front, some of them as zeros,
///   - undoes, newest first, a random number of the changes of names not synced; what they removed comes back,
/// and ends the process with SIGKILL before anybody can learn of it. Bytes are never really synced: a test need not wait.
/// Not modelled: sectors written out of order within one file, disks that lie about a sync.
class power_disk final : public rocksdb::FileSystemWrapper {
public:
  /// What is removed waits in the directory `attic` until its removal is synced; what is there is forgotten.
  power_disk(const std::shared_ptr<rocksdb::FileSystem>& real, std::string attic, uint64_t seed);

  /// Cuts the power now, or, so that most cuts hit a write half done, within the next sync. A second call cuts at once.
  void cut();

  const char* Name() const override {
    return "power_disk";
  }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& how,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& how,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& how,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& how,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& how,
                               rocksdb::IODebugContext* debug) override;

private:
  struct content { // of one file, whatever it is called
    uint64_t size = 0;
    uint64_t synced = 0;
  };
  struct
      name_change { // undone by: remove `made`, move it back to `moved_from`, bring `removed` back from the attic
    std::string made;
    std::string moved_from;
    std::string removed;
    std::string in_attic;
  };
  class writer;
  class folder;

  template <class Change>
  rocksdb::IOStatus change(content& file, Change change);
  rocksdb::IOStatus sync(content& file);
  void sync_names(const std::string& directory);
  std::string put_away(const std::string& path);
  void note(name_change change);
  [[noreturn]] void lose();
  uint64_t random_below(uint64_t end);

  std::mutex mutex_; // held over each change, and for ever once the power is off
  std::map<std::string, std::shared_ptr<content>> files_;
  std::map<std::string, std::vector<name_change>> names_; // by directory
  const std::string attic_;
  uint64_t removed_ = 0;
  std::mt19937_64 chance_;
  bool cut_in_sync_ = false;
};

} // namespace troupe::chaos
