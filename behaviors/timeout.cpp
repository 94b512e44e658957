// TIMEOUT: a behavior races a durable sleep.
// Invariant: whoever ends first is recorded as the winner, so a replay never decides otherwise.

#include <troupe/behaviors/library.hpp>

namespace troupe {
namespace {

class timeout final : public behavior {
public:
  timeout(std::unique_ptr<behavior> inner, std::chrono::milliseconds limit)
      : inner_{std::move(inner)}, limit_{limit} {}

  manifest describe() const override {
    return inner_->describe();
  }

  action run(const Task& task) override {
    auto late = [this](const Result&) {
      return fail(ec::timeout, inner_->describe().name() + " did not end within " +
                                   std::to_string(limit_.count()) + " ms");
    };
    return race({inner_->run(task), sleep_for(limit_).then(late)});
  }

private:
  std::unique_ptr<behavior> inner_;
  std::chrono::milliseconds limit_;
};

} // namespace

std::unique_ptr<behavior> with_timeout(std::unique_ptr<behavior> inner, std::chrono::milliseconds limit) {
  return make<timeout>(std::move(inner), limit);
}

} // namespace troupe
