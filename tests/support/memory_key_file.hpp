// A key file in memory, which outlives whoever uses it and fails on demand.
#pragma once

#include <troupe/persistence/key_file.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// What it holds is there at once, as if the disk never failed between two steps; those are tested on the real one.
class memory_key_file final : public key_file {
public:
  caf::expected<std::optional<std::string>> read() const override {
    return content;
  }
  caf::error replace(std::string_view fresh) override {
    if (before_replace)
      before_replace();
    if (full)
      return make_error(ec::disk_full, "no room for the key ring");
    content = fresh;
    ++replaced;
    return {};
  }
  std::string name() const override {
    return "keyring";
  }

  std::optional<std::string> content;
  std::function<void()> before_replace; ///< may throw, as a crash would
  bool full = false;
  int replaced = 0;
};

} // namespace troupe
