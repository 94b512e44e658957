// The directory of a store on disk: made so that it survives, and what to do when it cannot be used.
#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace troupe {

/// Makes a directory (with `mode`) and those above it; nothing happens if it is there already. A new name is
/// synced in its parent, else a power cut could take the store away with all its synced rows. Returns the
/// cause of a failure.
std::optional<std::string> make_directory(const std::filesystem::path& directory, mode_t mode);

/// What a person can do about a cause, found in the text of errno or of RocksDB.
std::string_view next_step(std::string_view cause);

/// ec::unavailable with path, cause and next step.
caf::error cannot_open(const std::filesystem::path& directory, std::string_view cause);

} // namespace troupe
