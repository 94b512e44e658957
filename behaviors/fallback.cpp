// FALLBACK: the next behavior when one fails.
// Invariant: a behavior runs only if all before it have failed.

#include <troupe/behaviors/library.hpp>

namespace troupe {
namespace {

class fallback final : public behavior {
public:
  explicit fallback(std::vector<std::unique_ptr<behavior>> choices) : choices_{std::move(choices)} {
    ensure(!choices_.empty(), "a fallback has at least one behavior");
  }

  manifest describe() const override {
    return choices_.front()->describe();
  }

  action run(const Task& task) override {
    return choice(task, 0);
  }

private:
  action choice(const Task& task, size_t index) {
    auto first = choices_[index]->run(task);
    if (index + 1 == choices_.size())
      return first;
    return std::move(first).otherwise(
        [this, index](const Task& again, const caf::error&) { return choice(again, index + 1); });
  }

  std::vector<std::unique_ptr<behavior>> choices_;
};

} // namespace

std::unique_ptr<behavior> with_fallback(std::vector<std::unique_ptr<behavior>> choices) {
  return make<fallback>(std::move(choices));
}

} // namespace troupe
