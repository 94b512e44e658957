// The steady clock, on which leases and silence are counted; coordinator::sure_until_ms() is on it.
#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// Milliseconds on this machine's steady clock.
inline int64_t steady_ms() {
  auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

} // namespace troupe
