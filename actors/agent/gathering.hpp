// GATHERING: calls of one tool that wait to be done together.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <troupe/runtime/proto/workflow.pb.h>
#include <vector>

namespace troupe {

/// How many calls of a tool are done together at most, and how long the first of them waits for others.
struct batch_options {
  size_t size = 32;
  std::chrono::milliseconds window{5};
};

/// One call, and who hears how it ended.
struct gathered_call {
  ActionRequest request;
  std::function<void(Outcome)> answer;
};

/// The calls of one tool, of all agents of a node. Thread-safe. Whoever adds one that fills no batch looks again after the window:
/// so no call waits for somebody else's actor.
class gathering {
public:
  explicit gathering(const batch_options& options) : options_{options} {}

  /// One more call; all that wait if that fills the batch, else nothing.
  std::vector<gathered_call> add(gathered_call one, int64_t now_ms);
  /// All that wait if the first has waited for the window, else nothing.
  std::vector<gathered_call> take_due(int64_t now_ms);
  /// Does anybody wait?
  bool is_open() const;

  std::chrono::milliseconds window() const {
    return options_.window;
  }

private:
  const batch_options options_;
  mutable std::mutex mutex_;
  std::vector<gathered_call> calls_;
  int64_t first_ms_ = 0;
};

} // namespace troupe
