// A behavior made of a function, for tests and the simulator.
#pragma once

#include <functional>
#include <string>
#include <troupe/behaviors/behavior.hpp>

namespace troupe {

/// Behaviors made of a name, a capability and a function.
class improvised final : public behavior {
public:
  using script = std::function<action(const Task&)>;
  improvised(std::string name, std::string capability, script run)
      : name_{std::move(name)}, capability_{std::move(capability)}, run_{std::move(run)} {}
  manifest describe() const override {
    return manifest{name_}.can(capability_);
  }
  action run(const Task& task) override {
    return run_(task);
  }

private:
  std::string name_;
  std::string capability_;
  script run_;
};

} // namespace troupe
