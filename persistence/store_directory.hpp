// The directory of a store on disk: made so that it survives, and what to do when it cannot be used.
#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// Makes a directory (with `mode`) and those above it; nothing happens if it is there already. A new name is
/// synced in its parent, else a power cut could take the store away with all its synced rows. Returns the
/// cause of a failure.
std::optional<std::string> make_directory(const std::filesystem::path& directory, mode_t mode);

/// Makes the names in a directory survive a power cut. Returns the cause of a failure.
std::optional<std::string> sync_directory(const std::filesystem::path& directory);

/// What keeps a store from working, and what a person can do about it.
struct store_trouble {
  ec code;               ///< ec::unavailable if the cause is not known
  std::string_view step; ///< what to do next
};

/// Found in the text of errno or of RocksDB.
store_trouble trouble_of(std::string_view cause);

/// The error of a store that does not open, with path, cause and next step.
caf::error cannot_open(const std::filesystem::path& directory, std::string_view cause);

} // namespace troupe
