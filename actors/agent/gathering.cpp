// GATHERING: a batch is full, or due.
// Invariant: each call leaves once, in the order it came.

#include <troupe/actors/agent/gathering.hpp>

namespace troupe {

std::vector<gathered_call> gathering::add(gathered_call one, int64_t now_ms) {
  std::lock_guard lock{mutex_};
  if (calls_.empty())
    first_ms_ = now_ms;
  calls_.push_back(std::move(one));
  return calls_.size() >= options_.size ? std::exchange(calls_, {}) : std::vector<gathered_call>{};
}

std::vector<gathered_call> gathering::take_due(int64_t now_ms) {
  std::lock_guard lock{mutex_};
  if (calls_.empty() || now_ms - first_ms_ < options_.window.count())
    return {};
  return std::exchange(calls_, {});
}

bool gathering::is_open() const {
  std::lock_guard lock{mutex_};
  return !calls_.empty();
}

} // namespace troupe
