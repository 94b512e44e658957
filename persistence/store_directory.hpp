// The directory of a store on disk: made so that it survives, and what to do when it cannot be used.
#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

/// Makes a directory (with `mode`) and those above it; nothing happens if it is there already. A new name is
/// synced in its parent, else a power cut could take the store away with all its synced rows. Returns the
/// cause of a failure.
std::optional<std::string> make_directory(const std::filesystem::path& directory, mode_t mode);

/// Makes the names in a directory survive a power cut. Returns the cause of a failure.
std::optional<std::string> sync_directory(const std::filesystem::path& directory);

/// Why so many bytes cannot be written in a directory now; nothing if they can. The system may give up to so much away
/// meanwhile, and nothing is left behind.
std::optional<std::string> no_room(const std::filesystem::path& directory, uint64_t bytes);

/// Is the disk of a store nearly full? Error: ec::disk_full below `least` bytes, where new work has to wait so that the
/// work under way can end. A disk that cannot be asked counts as one with room.
caf::error check_room(const std::filesystem::path& directory, uint64_t least = limits::store_room_bytes);

/// What keeps a store from working, and what a person can do about it.
struct store_trouble {
  ec code;               ///< ec::unavailable if the cause is not known
  std::string_view step; ///< what to do next
};

/// Found in the text of errno or of RocksDB.
store_trouble trouble_of(std::string_view cause);

/// The error for what cannot be done: `cannot WHAT PATH: cause; next step`. The code is that of trouble_of().
caf::error cannot(std::string_view what, const std::filesystem::path& path, std::string_view cause);

/// The error of a store that does not open, with path, cause and next step.
caf::error cannot_open(const std::filesystem::path& directory, std::string_view cause);

} // namespace troupe
