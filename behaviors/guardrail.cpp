// GUARDRAIL: checks before and after a behavior.
// Invariant: nothing is done for a refused input, and a refused output is seen by nobody.

#include <troupe/behaviors/library.hpp>

namespace troupe {
namespace {

class guarded final : public behavior {
public:
  guarded(std::unique_ptr<behavior> inner, guardrail checks)
      : inner_{std::move(inner)}, checks_{std::move(checks)} {}

  manifest describe() const override {
    return inner_->describe();
  }

  action run(const Task& task) override {
    if (auto objection = checks_.check_input ? checks_.check_input(task) : caf::error{})
      return refuse("input", objection);
    // In a branch of its own, so that finish() inside does not skip the check.
    return all_of({inner_->run(task)}).then([this](const Result& ended) {
      auto output = ended.part(0);
      if (auto objection = checks_.check_output ? checks_.check_output(output) : caf::error{})
        return refuse("output", objection);
      return finish(output);
    });
  }

private:
  action refuse(const std::string& what, const caf::error& objection) const {
    return fail(ec::guardrail, what + " of " + inner_->describe().name() + " refused: " + text_of(objection));
  }

  std::unique_ptr<behavior> inner_;
  guardrail checks_;
};

} // namespace

std::unique_ptr<behavior> with_guardrail(std::unique_ptr<behavior> inner, guardrail checks) {
  return make<guarded>(std::move(inner), std::move(checks));
}

} // namespace troupe
