// OBJECTS: where payloads too large for a row are kept. A door: files now, an object store in the network later.
#pragma once

#include <atomic>
#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// Large payloads by what they hold: the same bytes of the same scope are one object. Thread-safe. Whoever refers to
/// objects counts the references (see object_refs.hpp); an object nobody refers to is garbage and may be erased.
class object_store {
public:
  virtual ~object_store() = default;

  /// Keeps bytes, synced, and tells under which name; nothing happens if they are kept already. Errors, each with place and
  /// next step: ec::disk_full, ec::read_only, ec::permission_denied, ec::unavailable.
  virtual caf::expected<object_name> put(const object_scope& whose, std::string_view bytes) = 0;

  /// The bytes of an object. Errors: ec::corrupt (it is missing, or is not what it was; the text names it),
  /// ec::unavailable.
  virtual caf::expected<std::string> get(const object_scope& whose, const object_name& name) const = 0;

  /// Erases an object nobody refers to, unless somebody holds all (see hold()); nothing happens if it is not there.
  /// Errors: as put().
  caf::error erase(const object_id& id);

  /// The objects of a shard, with the bytes they take, until `each` returns false; it may erase. Errors: ec::unavailable;
  /// those before it have been delivered.
  virtual caf::error
  list(uint8_t shard, const std::function<bool(const object_id& id, uint64_t kept_bytes)>& each) const = 0;

  /// While this is alive nothing is erased. A copy of the store's rows that is begun under a hold refers only to objects
  /// that are there until its end.
  std::shared_ptr<void> hold();

protected:
  virtual caf::error remove(const object_id& id) = 0;

private:
  std::shared_ptr<std::atomic<size_t>> holds_ = std::make_shared<std::atomic<size_t>>(0);
};

/// Objects as files `SHARD/HASH`, in hex, of a directory (made with mode 0700). Each is compressed and sealed with the key in
/// its name, which stands nowhere but in the records that refer to it. Files being written are in `DIRECTORY.unfinished`, on
/// the same file system; what a crash has left there is removed. Errors: as put().
caf::expected<std::shared_ptr<object_store>> open_object_directory(const std::filesystem::path& directory,
                                                                   std::string naming_key);

/// Objects in memory, for tests and the simulator: what put() has answered survives every crash.
class memory_objects final : public object_store {
public:
  explicit memory_objects(std::string naming_key) : naming_key_{std::move(naming_key)} {}

  caf::expected<object_name> put(const object_scope& whose, std::string_view bytes) override;
  caf::expected<std::string> get(const object_scope& whose, const object_name& name) const override;
  caf::error list(uint8_t shard,
                  const std::function<bool(const object_id& id, uint64_t kept_bytes)>& each) const override;

  /// The next put answers ec::disk_full and keeps nothing.
  void fail_next_put();

  /// Changes the bytes of an object, as a broken disk would; nothing if it is not there.
  void damage(const object_id& id);

  /// Number of objects.
  size_t size() const;

protected:
  caf::error remove(const object_id& id) override;

private:
  const std::string naming_key_;
  mutable std::mutex mutex_;
  std::map<object_id, std::string> kept_;
  bool fail_next_ = false;
};

/// The error of an object that is missing or altered.
caf::error damaged_object(const object_id& id, std::string_view what);

} // namespace troupe
