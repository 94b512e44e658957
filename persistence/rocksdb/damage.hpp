// DAMAGE: what is wrong with the files of a store, found before a start changes any of them. For this folder and the doctor.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <troupe/persistence/high_water.hpp>
#include <troupe/persistence/store.hpp>
#include <vector>

namespace troupe {

/// What a start would make of the files in a directory.
struct examination {
  std::string store;    ///< id; empty if it has not been born
  uint64_t kept = 0;    ///< highest sequence number after a start
  uint64_t beyond = 0;  ///< highest one that can be read at all; above `kept`, a start would lose records
  std::string log_ends; ///< why the log ends where it does, in RocksDB's words; empty if it is whole
};

/// Looks at the files without changing any, in a child process: RocksDB as Debian builds it ends its process at some
/// damage. Errors: ec::corrupt (they cannot be opened), ec::from_future, ec::locked (a process has them open), ec::unavailable.
caf::expected<examination> examine(const std::filesystem::path& directory);

/// What a start would lose of a store with such files, and how that is known; empty if nothing. `mark` is what the store
/// acknowledged, if that is known. The policy: a whole log opens; so does one with a torn tail, which a power cut leaves
/// behind, and the caller warns of it; it is refused if valid records lie behind the damage, or if the store would end
/// below its mark or is another one.
std::string loss(const examination& found, const std::optional<high_water::point>& mark);

/// A file that cannot be read as it was written.
struct damaged_file {
  std::string name; ///< within the directory
  std::string cause;
};

/// Reads all tables to their end and compares their checksums, in a child process. Errors: ec::corrupt (the list of tables
/// cannot be read), ec::unavailable.
caf::expected<std::vector<damaged_file>> check_tables(const std::filesystem::path& directory);

} // namespace troupe
