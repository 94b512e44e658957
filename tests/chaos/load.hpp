// LOAD: several clients at once, each of whom writes down what it is told.
#pragma once

#include <atomic>
#include <cstdint>
#include <tests/chaos/promises.hpp>
#include <tests/chaos/victim.hpp>
#include <thread>

namespace troupe::chaos {

/// How much.
struct load_options {
  unsigned clients = 4;
  unsigned pieces_each = 30; ///< starts per client and round; then it only repeats, answers and reads
  unsigned open = 0; ///< instead of all that: so many journeys are open at once, and as many begin as end
};

/// Clients at work on a node until stop(), or until it is gone.
class load {
public:
  load(const victim& node, promises& told, findings& found, load_options how, uint64_t round, uint64_t seed);
  /// Lets every client finish its call. May be repeated.
  void stop();
  ~load() {
    stop();
  }

private:
  std::atomic<bool> over_ = false;
  std::vector<std::thread> clients_;
};

} // namespace troupe::chaos
