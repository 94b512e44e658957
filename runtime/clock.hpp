// The door to wall-clock time. Everything that needs the date is given a clock; the simulator gives its own.
#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// Unix time.
class clock {
public:
  virtual ~clock() = default;
  /// Microseconds since 1970-01-01 UTC.
  virtual int64_t now_us() const = 0;
  /// Milliseconds since 1970-01-01 UTC.
  int64_t now_ms() const {
    return now_us() / 1000;
  }
};

/// The clock of the operating system.
class system_clock final : public clock {
public:
  int64_t now_us() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

} // namespace troupe
