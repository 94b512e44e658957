// Where spent marks lie in memory: it outlives whoever uses it, and fails on demand.
#pragma once

#include <troupe/persistence/spent_marks.hpp>

namespace troupe {

/// What it holds is there at once.
class memory_spent_place final : public spent_place {
public:
  caf::expected<std::optional<std::string>> read() const override {
    return content;
  }
  caf::error replace(std::string_view fresh) override {
    if (full)
      return make_error(ec::disk_full, "no room for marks");
    content = fresh;
    ++replaced;
    return {};
  }
  caf::expected<uint64_t> reached() const override {
    return highest;
  }
  caf::error reach(uint64_t gsn, int64_t) override {
    highest = std::max(highest, gsn);
    return {};
  }
  caf::error restart(uint64_t gsn) override {
    highest = gsn;
    return {};
  }
  std::string name() const override {
    return "memory";
  }

  std::optional<std::string> content;
  uint64_t highest = 0;
  bool full = false;
  int replaced = 0;
};

} // namespace troupe
