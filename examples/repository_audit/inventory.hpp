// What lies in a directory: every file, what kind it is, and why some are left alone.
#pragma once

#include "language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::audit {

/// What a file holds, as far as the checks care.
enum class content : std::uint8_t {
  text,       ///< UTF-8 without zero bytes
  non_utf8,   ///< no zero bytes, but not UTF-8; checked with the other bytes read as '?'
  binary,     ///< a zero byte in the first 8000 bytes, as git decides it
  huge,       ///< larger than the limit
  unreadable, ///< cannot be opened or read
  link,       ///< a symbolic link; never followed
  special,    ///< a socket, pipe or device; never opened
};

/// All kinds, in the order of tables in reports.
inline constexpr std::array all_contents{content::text,   content::non_utf8,   content::binary,
                                         content::huge,   content::unreadable, content::link,
                                         content::special};

/// Lower-case name of a kind.
std::string_view name_of(content kind);

/// One file. About 100 bytes in memory: contents are never kept.
struct file_entry {
  std::string path; ///< relative to the root, '/' between parts, bytes as the file system has them
  std::uint64_t bytes = 0;
  content kind = content::text;
  language lang = language::other;
  std::uint32_t mode = 0; ///< permission bits as in stat(2), 0 to 07777
};

/// A folder or file that was not read, and why.
struct skipped_path {
  std::string path;
  std::string reason;
};

/// Bounds of one walk.
struct inventory_limits {
  std::uint64_t file_bytes = 4u << 20; ///< larger files are generated or data, hardly ever written by hand
  std::size_t files = 200'000;         ///< about 20 MB of entries; the largest public repositories have fewer
};

/// A directory tree as a list.
struct inventory {
  std::vector<file_entry> files;     ///< sorted by path, byte by byte
  std::vector<skipped_path> skipped; ///< folders that were not entered, sorted by path
  bool complete = true;              ///< false when there are more files than the limit

  /// Number of files of this kind.
  std::size_t count(content kind) const;

  /// Number of files in this language, whatever their kind.
  std::size_t count(language lang) const;

  /// Everything that has no text to check: the skipped folders, then files of other kinds, with the reason.
  std::vector<skipped_path> left_out() const;
};

/// Lists the files under `root`. Never follows a symbolic link, never enters a folder of stored or built
/// things
/// (.git, node_modules, build and their like). Reads each file once, 64 KiB at a time, to tell its kind.
/// A root that is no directory gives one skipped folder with the reason.
inventory take_inventory(const std::filesystem::path& root, const inventory_limits& limits = {});

/// Contents of one file as UTF-8 (other bytes become '?'), or the kind that tells why there are none: huge,
/// binary, unreadable, link or special. `limit` is in bytes.
std::variant<std::string, content> read_text(const std::filesystem::path& path,
                                             std::uint64_t limit = inventory_limits{}.file_bytes);

} // namespace troupe::audit
