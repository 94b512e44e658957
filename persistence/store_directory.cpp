// STORE DIRECTORY: where a store on disk lives.
// Invariant: a directory that was made is still there after a power cut.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/descriptor.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <unistd.h>

namespace troupe {
namespace {

struct advice {
  std::string_view sign;
  ec code;
  std::string_view step;
};

constexpr advice advices[] = {
    {"Permission denied", ec::permission_denied,
     "let its user read and write there, or choose another directory"},
    {"Operation not permitted", ec::permission_denied,
     "let its user read and write there, or choose another directory"},
    {"Read-only file system", ec::read_only,
     "mount the file system for writing, or choose another directory"},
    {"No space left", ec::disk_full, "free space on this disk"},
    {"Disk quota exceeded", ec::disk_full, "free space or raise the quota"},
    {"File too large", ec::disk_full, "raise the limit of file sizes (ulimit -f)"},
    {"Not a directory", ec::unavailable, "a part of the path is a file: choose another directory"},
    {"File exists", ec::unavailable, "a file has this name: choose another directory"},
    {"Too many open files", ec::unavailable, "raise the limit of open files (ulimit -n)"},
    {"lock hold by current process", ec::locked, "this process has it open already: close it there first"},
    {"While lock file", ec::locked,
     "another process has it open: stop that one, or choose another directory"},
};

} // namespace

std::optional<std::string> sync_directory(const std::filesystem::path& directory) {
  descriptor file{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (file < 0 || ::fsync(file) != 0)
    return last_failure();
  return {};
}

std::optional<std::string> make_directory(const std::filesystem::path& directory, mode_t mode) {
  std::error_code ignored; // what is wrong, mkdir tells
  if (std::filesystem::is_directory(directory, ignored))
    return {};
  auto parent = directory.parent_path();
  if (parent != directory && !parent.empty())
    if (auto failure = make_directory(parent, 0777))
      return failure;
  if (::mkdir(directory.c_str(), mode) != 0)
    return last_failure();
  return sync_directory(parent.empty() ? "." : parent);
}

std::optional<std::string> no_room(const std::filesystem::path& directory, uint64_t bytes) {
  auto probe = directory / "room"; // a name no store uses
  descriptor file{::open(probe.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file < 0)
    return last_failure();
  ::unlink(probe.c_str());
  auto failure = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  if (failure == 0)
    return {};
  return std::generic_category().message(failure);
}

caf::error check_room(const std::filesystem::path& directory, uint64_t least) {
  std::error_code failure;
  auto disk = std::filesystem::space(directory, failure);
  if (failure || disk.available >= least)
    return {};
  return make_error(ec::disk_full,
                    fmt::format("the disk of {} has {} MiB left, and below {} MiB no new work is taken; free "
                                "space on this disk: service then resumes by itself",
                                directory.native(), disk.available >> 20, least >> 20));
}

store_trouble trouble_of(std::string_view cause) {
  for (auto& [sign, code, step] : advices)
    if (cause.find(sign) != std::string_view::npos)
      return {code, step};
  return {ec::unavailable, "check disk and system log"};
}

caf::error cannot(std::string_view what, const std::filesystem::path& path, std::string_view cause) {
  auto [code, step] = trouble_of(cause);
  return make_error(code, fmt::format("cannot {} {}: {}; {}", what, path.native(), cause, step));
}

caf::error cannot_open(const std::filesystem::path& directory, std::string_view cause) {
  return cannot("open the store in", directory, cause);
}

} // namespace troupe
