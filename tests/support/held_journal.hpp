// A journal between an entity and the disk that holds appends, and what is to follow them, back until it is told to let go.
#pragma once

#include <troupe/persistence/doors.hpp>
#include <troupe/persistence/journal.hpp>

namespace troupe {

/// Passes on at once who is to be opened, everything else only when it is not held: no order overtakes another of its actor.
class held_journal final : public journal {
public:
  explicit held_journal(const std::shared_ptr<journal>& disk) : disk_{disk} {}
  void submit(journal_order order) override {
    auto opens = std::holds_alternative<open_order>(order);
    opened += opens ? 1 : 0;
    if (hold && !opens)
      held_.push_back(std::move(order));
    else
      pass(std::move(order));
  }
  size_t queued_bytes() const override {
    return bytes;
  }
  uint64_t generation() const override {
    return 1;
  }
  void release() {
    hold = false;
    for (auto& order : std::exchange(held_, {}))
      pass(std::move(order));
  }
  bool hold = false;
  size_t opened = 0; // orders to open somebody
  size_t bytes = 0;

private:
  void pass(journal_order order) {
    if (auto disk = disk_.lock())
      disk->submit(std::move(order));
  }

  std::weak_ptr<journal> disk_; // ends with its life, whoever keeps this one
  std::vector<journal_order> held_;
};

/// The same doors with this journal in front of the disk.
inline doors_ptr with_journal(const doors_ptr& outside, std::shared_ptr<held_journal>& made) {
  made = std::make_shared<held_journal>(outside->disk);
  auto result = std::make_shared<doors>(*outside);
  result->disk = made;
  return result;
}

} // namespace troupe
