// HIGH-WATER MARK: how far a store was acknowledged, kept beside it and outside its log.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <troupe/runtime/descriptor.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// The file HIGH_WATER in the directory of a store: its id and the highest sequence number it acknowledged. A store that
/// ends below its mark has lost acknowledged records, though nothing else may show it: a log was deleted, its last record
/// was damaged, or an older copy of the files lies in their place.
///
/// It is written after each synced write and never before: a mark is at most what is on disk. It is not synced with it,
/// so after a power cut it may be lower. It does not notice that a directory was replaced with its mark, and its checksum
/// keeps out accidents, not forgers.
class high_water {
public:
  struct point {
    std::string store; ///< id, at most 32 bytes
    uint64_t sequence = 0;
  };

  /// What the mark in a directory says; nothing if there is none. Errors: ec::corrupt (it is damaged), ec::unavailable.
  static caf::expected<std::optional<point>> read(const std::filesystem::path& directory);

  /// Makes the mark of a directory say this, synced. Errors: ec::unavailable.
  static caf::expected<std::unique_ptr<high_water>> set(const std::filesystem::path& directory, point at);

  /// Syncs what was raised last.
  ~high_water();
  high_water(const high_water&) = delete;
  high_water& operator=(const high_water&) = delete;

  /// Everything up to this number is on disk; a lower one than before changes nothing. `now_ms` tells when the file is to
  /// be synced again, see limits::high_water_sync. Errors: ec::unavailable.
  caf::error raise(uint64_t sequence, int64_t now_ms);

  const point& at() const {
    return at_;
  }

  /// Name of the file.
  static constexpr std::string_view file_name = "HIGH_WATER";

private:
  high_water(descriptor file, point at) : file_{std::move(file)}, at_{std::move(at)} {}
  caf::error write();
  caf::error sync();

  const descriptor file_;
  point at_;
  uint64_t writes_ = 0;
  int64_t synced_ms_ = 0;
};

} // namespace troupe
