// SEEDED RANDOM: keys, their ids and nonces as a seed wants them.
#pragma once

#include <cstdint>

namespace troupe {

/// While one is alive, the random bytes of the cryptographic library come from its seed. One at a time, in one thread.
class seeded_random {
public:
  explicit seeded_random(uint64_t seed);
  ~seeded_random();
  seeded_random(const seeded_random&) = delete;
  seeded_random& operator=(const seeded_random&) = delete;
};

} // namespace troupe
