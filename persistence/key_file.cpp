// KEY FILE: replaced as a whole, and durable when that returns.
// Invariant: at every moment the name leads to a whole content, the old or the new one; what the name no longer leads to has
// been overwritten, or will be when the file is opened next.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <troupe/persistence/key_file.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/descriptor.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <unistd.h>

namespace troupe {
namespace {

class file_on_disk final : public key_file {
public:
  file_on_disk(std::string path, std::function<void(key_file_step)> at_step)
      : path_{std::move(path)}, at_step_{std::move(at_step)} {}

  caf::expected<std::optional<std::string>> read() const override {
    descriptor file{::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    if (file < 0 && errno == ENOENT)
      return std::optional<std::string>{};
    struct stat found {};
    if (file < 0 || ::fstat(file, &found) != 0)
      return failure("read");
    if (!S_ISREG(found.st_mode) || found.st_uid != ::geteuid() || (found.st_mode & 0077) != 0)
      return make_error(ec::permission_denied,
                        fmt::format("{} must be a file only this user can read; chmod 600 {}", path_, path_));
    if (static_cast<uint64_t>(found.st_size) > limits::key_ring_bytes)
      return make_error(ec::corrupt, fmt::format("{} is longer than {} bytes: restore it from a copy", path_,
                                                 limits::key_ring_bytes));
    auto content = read_all(file, static_cast<size_t>(found.st_size));
    if (!content)
      return failure("read");
    return content;
  }

  caf::error replace(std::string_view content) override {
    if (auto failed = overwrite_old()) // of an earlier life
      return failed;
    auto fresh = path_ + ".new", old = path_ + ".old";
    ::unlink(fresh.c_str());
    {
      descriptor file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
      if (file < 0 || !write_all(file, content))
        return failure("write");
      step(key_file_step::written);
      if (::fsync(file) != 0)
        return failure("write");
    }
    step(key_file_step::synced);
    if (::link(path_.c_str(), old.c_str()) != 0 && errno != ENOENT)
      return failure("replace");
    step(key_file_step::old_linked);
    if (::rename(fresh.c_str(), path_.c_str()) != 0)
      return failure("replace");
    step(key_file_step::renamed);
    if (auto cause = sync_directory(directory()))
      return cannot("replace", path_, *cause);
    step(key_file_step::directory_synced);
    if (auto failed = overwrite_old())
      return failed;
    step(key_file_step::old_overwritten);
    return {};
  }

  std::string name() const override {
    return path_;
  }

private:
  void step(key_file_step done) const {
    if (at_step_)
      at_step_(done);
  }

  // The second name of the old content is there until that is overwritten. Before the rename it is a second name of what is
  // in force, which must not be touched.
  caf::error overwrite_old() const {
    auto old = path_ + ".old";
    struct stat present {
    }, past{};
    if (::lstat(old.c_str(), &past) != 0)
      return errno == ENOENT ? caf::error{} : failure("overwrite the old content of");
    auto in_force = ::lstat(path_.c_str(), &present) == 0 && present.st_ino == past.st_ino;
    if (!in_force) {
      descriptor file{::open(old.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC)};
      if (file < 0 || !write_all(file, std::string(static_cast<size_t>(past.st_size), '\0')) ||
          ::fsync(file) != 0)
        return failure("overwrite the old content of");
    }
    if (::unlink(old.c_str()) != 0)
      return failure("overwrite the old content of");
    return {};
  }

  std::filesystem::path directory() const {
    auto parent = std::filesystem::path{path_}.parent_path();
    return parent.empty() ? "." : parent;
  }

  caf::error failure(std::string_view what) const {
    return cannot(what, path_, last_failure());
  }

  const std::string path_;
  const std::function<void(key_file_step)> at_step_;
};

} // namespace

caf::expected<bool> key_file::exchange(const std::optional<std::string>&, std::string_view content) {
  if (auto failed = replace(content))
    return failed;
  return true;
}

std::shared_ptr<key_file> open_key_file(std::string path, std::function<void(key_file_step)> at_step) {
  return std::make_shared<file_on_disk>(std::move(path), std::move(at_step));
}

} // namespace troupe
