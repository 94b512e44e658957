// The door to threads for work that computes or blocks: tools. Actors never do such work themselves.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace troupe {

/// Runs jobs away from the actors. Thread-safe.
class workers {
public:
  virtual ~workers() = default;
  /// Queues a job. It must not throw, and tells by a message that it is done.
  virtual void submit(std::function<void()> job) = 0;
};

/// As many threads as told, 0 = one per core. The destructor drops what has not begun and waits for the rest.
std::unique_ptr<workers> start_workers(size_t threads);

} // namespace troupe
