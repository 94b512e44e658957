// Worker threads that begin nothing until they are told to: tools that take long, in virtual time.
#pragma once

#include <troupe/runtime/workers.hpp>
#include <utility>
#include <vector>

namespace troupe {

/// Keeps jobs. Whoever holds one of these lets its jobs go before its actor system ends.
class held_workers final : public workers {
public:
  void submit(std::function<void()> job) override {
    jobs.push_back(std::move(job));
  }
  /// Does everything submitted so far.
  void release() {
    for (auto& job : std::exchange(jobs, {}))
      job();
  }
  std::vector<std::function<void()>> jobs;
};

} // namespace troupe
