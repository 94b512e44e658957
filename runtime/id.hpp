// Ids: time-sortable, printable, seedable (ULID: 48 bits of milliseconds, 80 random bits, Crockford base 32).
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace troupe {

/// Makes ids. One source never gives the same id twice, and its ids sort in the order they were made.
/// Thread-safe. The same seed and times give the same ids.
class id_source {
public:
  explicit id_source(uint64_t seed);

  /// 26 characters. `now_ms` is Unix time.
  std::string next(int64_t now_ms);

  /// 64 random bits.
  uint64_t random();

private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
  int64_t last_ms_ = -1;
  uint16_t high_ = 0;
  uint64_t low_ = 0;
};

/// The time inside an id, Unix milliseconds; nothing if it is no id.
std::optional<int64_t> time_of_id(std::string_view id);

/// The largest id made at a time, Unix milliseconds: no id of an earlier time or of that one is above it.
std::string last_id_of(int64_t ms);

/// A seed from the operating system.
uint64_t random_seed();

} // namespace troupe
