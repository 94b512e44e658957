// KEY FILE: where a key ring lies.
#pragma once

#include <caf/expected.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// The door to one small file that is always replaced as a whole.
class key_file {
public:
  virtual ~key_file() = default;

  /// Its content; nothing if there is no file. Errors: ec::permission_denied, ec::unavailable, ec::corrupt (larger
  /// than limits::key_ring_bytes).
  virtual caf::expected<std::optional<std::string>> read() const = 0;

  /// Replaces it. When this returns no error, the new content survives a power cut and the old one has been overwritten;
  /// otherwise either is there. Errors: ec::disk_full, ec::read_only, ec::permission_denied, ec::unavailable.
  virtual caf::error replace(std::string_view content) = 0;

  /// Do other nodes read and replace it as well?
  virtual bool is_shared() const {
    return false;
  }

  /// Replaces it if it still holds `before` (nothing = there is none); false: somebody else was faster, and nothing was done. By default
  /// as replace(), for one that is not shared. Errors: those of replace(), after which it may hold either.
  virtual caf::expected<bool> exchange(const std::optional<std::string>& before, std::string_view content);

  /// How it is called in messages.
  virtual std::string name() const = 0;
};

/// The steps of replacing a key file, in their order.
enum class key_file_step { written, synced, old_linked, renamed, directory_synced, old_overwritten };

/// A file on disk, mode 0600, of this user alone. Its old content is overwritten where it lay; a file system that
/// copies on write, or a disk that levels its wear, keeps it all the same. `at_step` is called after each step, for
/// tests: one that throws leaves behind what a crash there would.
std::shared_ptr<key_file> open_key_file(std::string path, std::function<void(key_file_step)> at_step = {});

} // namespace troupe
