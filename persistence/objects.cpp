// OBJECTS: payloads as files, or in memory.
// Invariants: a file under an object's name is whole, since it got that name after it was synced; nothing is ever written
// into it again.

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <troupe/persistence/objects.hpp>
#include <troupe/persistence/seal.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/descriptor.hpp>
#include <unistd.h>
#include <vector>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// Writes a new file and syncs it. Returns the cause of a failure.
std::optional<std::string> write_file(const fs::path& path, std::string_view bytes) {
  descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (file < 0 || !write_all(file, bytes) || ::fsync(file) != 0)
    return last_failure();
  return {};
}

class object_directory final : public object_store {
public:
  object_directory(fs::path directory, std::string naming_key)
      : directory_{std::move(directory)}, unfinished_{directory_.native() + ".unfinished"},
        naming_key_{std::move(naming_key)} {}

  caf::error open() {
    for (auto& place : {directory_, unfinished_})
      if (auto cause = make_directory(place, 0700))
        return trouble(*cause);
    std::error_code failure;
    for (fs::directory_iterator at{unfinished_, failure}, end; !failure && at != end; at.increment(failure))
      fs::remove(at->path(), failure);
    return failure ? trouble(failure.message()) : caf::error{};
  }

  caf::expected<object_name> put(const object_scope& whose, std::string_view bytes) override {
    auto name = name_object(whose, bytes, naming_key_);
    if (get(whose, name)) // a damaged one is replaced
      return name;
    std::string sealed; // a nonce need not change: this key seals these bytes and no others
    seal_bytes(sealed, to_string(name.id), bytes, key_of(name), {});
    auto place = path_of(name.id);
    auto fresh = unfinished_ / fmt::format("{}.{}", to_string(name.id), ++written_);
    auto cause = make_directory(place.parent_path(), 0700);
    if (!cause)
      cause = write_file(fresh, sealed);
    if (!cause && ::rename(fresh.c_str(), place.c_str()) != 0)
      cause = last_failure();
    if (!cause)
      cause = sync_directory(place.parent_path());
    if (!cause)
      return name;
    ::unlink(fresh.c_str());
    return trouble(*cause);
  }

  caf::expected<std::string> get(const object_scope& whose, const object_name& name) const override {
    auto sealed = read(name.id);
    if (!sealed)
      return sealed;
    std::string bytes;
    if (!open_bytes(bytes, to_string(name.id), *sealed, key_of(name)) ||
        name_object(whose, bytes, naming_key_) != name)
      return damaged_object(name.id, "is not what it was");
    return bytes;
  }

  caf::error list(uint8_t shard, const std::function<bool(const object_id&, uint64_t)>& each) const override {
    auto folder = directory_ / fmt::format("{:02x}", shard);
    std::error_code failure;
    for (fs::directory_iterator at{folder, failure}, end; !failure && at != end; at.increment(failure)) {
      auto id = parse_object_id(folder.filename().native() + at->path().filename().native());
      std::error_code gone; // meanwhile
      auto size = at->file_size(gone);
      if (id && !gone && !each(*id, size))
        return {};
    }
    return failure && failure != std::errc::no_such_file_or_directory ? trouble(failure.message())
                                                                      : caf::error{};
  }

protected:
  caf::error remove(const object_id& id) override {
    if (::unlink(path_of(id).c_str()) != 0 && errno != ENOENT)
      return trouble(last_failure());
    return {};
  }

private:
  static data_key key_of(const object_name& name) {
    std::string_view key{reinterpret_cast<const char*>(name.key.data()), name.key.size()};
    return {1, *sealing_key::from_bytes(key)};
  }

  fs::path path_of(const object_id& id) const {
    auto name = to_string(id);
    return directory_ / name.substr(0, 2) / name.substr(2);
  }

  caf::expected<std::string> read(const object_id& id) const {
    descriptor file{::open(path_of(id).c_str(), O_RDONLY | O_CLOEXEC)};
    if (file < 0)
      return errno == ENOENT ? damaged_object(id, "is missing") : trouble(last_failure());
    struct stat found {};
    if (::fstat(file, &found) != 0)
      return trouble(last_failure());
    auto kept = read_all(file, static_cast<size_t>(found.st_size));
    if (!kept)
      return errno == EIO ? damaged_object(id, "cannot be read: " + last_failure()) : trouble(last_failure());
    return std::move(*kept);
  }

  caf::error trouble(std::string_view cause) const {
    auto [code, step] = trouble_of(cause);
    return make_error(code,
                      fmt::format("an object in {} is in trouble: {}; {}", directory_.native(), cause, step));
  }

  const fs::path directory_;
  const fs::path unfinished_;
  const std::string naming_key_;
  std::atomic<uint64_t> written_ = 0;
};

} // namespace

caf::error object_store::erase(const object_id& id) {
  return *holds_ > 0 ? caf::error{} : remove(id);
}

std::shared_ptr<void> object_store::hold() {
  ++*holds_;
  return std::shared_ptr<void>{holds_.get(), [holds = holds_](void*) { --*holds; }};
}

caf::error damaged_object(const object_id& id, std::string_view what) {
  return make_error(ec::corrupt, fmt::format("object {} {}; restore it from a backup", to_string(id), what));
}

caf::expected<std::shared_ptr<object_store>> open_object_directory(const fs::path& directory,
                                                                   std::string naming_key) {
  auto opened = std::make_shared<object_directory>(directory.lexically_normal(), std::move(naming_key));
  if (auto failed = opened->open())
    return failed;
  return std::shared_ptr<object_store>{std::move(opened)};
}

// -- in memory ----------------------------------------------------------------

caf::expected<object_name> memory_objects::put(const object_scope& whose, std::string_view bytes) {
  std::lock_guard lock{mutex_};
  if (std::exchange(fail_next_, false))
    return make_error(ec::disk_full, "the put failed on demand");
  auto name = name_object(whose, bytes, naming_key_);
  kept_[name.id] = bytes;
  return name;
}

caf::expected<std::string> memory_objects::get(const object_scope& whose, const object_name& name) const {
  std::lock_guard lock{mutex_};
  auto found = kept_.find(name.id);
  if (found == kept_.end())
    return damaged_object(name.id, "is missing");
  if (name_object(whose, found->second, naming_key_) != name)
    return damaged_object(name.id, "is not what it was");
  return found->second;
}

caf::error memory_objects::list(uint8_t shard,
                                const std::function<bool(const object_id&, uint64_t)>& each) const {
  std::vector<std::pair<object_id, uint64_t>> found; // a copy: `each` may erase
  {
    std::lock_guard lock{mutex_};
    for (auto at = kept_.lower_bound({shard}); at != kept_.end() && at->first[0] == shard; ++at)
      found.emplace_back(at->first, at->second.size());
  }
  for (auto& [id, bytes] : found)
    if (!each(id, bytes))
      break;
  return {};
}

void memory_objects::fail_next_put() {
  std::lock_guard lock{mutex_};
  fail_next_ = true;
}

void memory_objects::damage(const object_id& id) {
  std::lock_guard lock{mutex_};
  if (auto found = kept_.find(id); found != kept_.end())
    found->second += '!';
}

size_t memory_objects::size() const {
  std::lock_guard lock{mutex_};
  return kept_.size();
}

caf::error memory_objects::remove(const object_id& id) {
  std::lock_guard lock{mutex_};
  kept_.erase(id);
  return {};
}

} // namespace troupe
