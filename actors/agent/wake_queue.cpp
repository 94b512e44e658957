// WAKE QUEUE: who waits, and whom the journal was asked for.
// Invariant: an answer is for the newest wish of its entity, or for nobody.

#include <troupe/actors/agent/wake_queue.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

void wake_queue::add(open_order order) {
  waking_[order.ref] = order.entity;
  auto id = order.entity;
  to_open_[id] = std::move(order);
  open_more();
}

void wake_queue::open_more() {
  if (opening_ > limits::entities_opening / 2)
    return;
  for (; opening_ < limits::entities_opening && !to_open_.empty(); ++opening_) {
    auto next = to_open_.upper_bound(opened_last_);
    auto taken = to_open_.extract(next == to_open_.end() ? to_open_.begin() : next);
    opened_last_ = taken.key();
    disk_->submit(std::move(taken.mapped()));
  }
}

std::optional<entity_id> wake_queue::take(const Replayed& answer) {
  --opening_;
  open_more();
  auto stale = dropped_.find(answer.ref());
  if (stale == dropped_.end()) {
    auto woken = waking_.extract(answer.ref());
    return woken ? std::optional{woken.mapped()} : std::nullopt;
  }
  if (--stale->second == 0)
    dropped_.erase(stale);
  return {};
}

std::vector<std::string> wake_queue::drop(const std::function<bool(const entity_id&)>& which) {
  std::vector<std::string> refs;
  for (auto& [ref, id] : waking_)
    if (which(id)) {
      if (to_open_.erase(id) == 0)
        ++dropped_[ref];
      refs.push_back(ref);
    }
  for (auto& ref : refs)
    waking_.erase(ref);
  return refs;
}

} // namespace troupe
