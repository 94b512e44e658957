// What users implement: a behavior says what comes next; the agent that hosts it does it, journals it and
// continues.
#pragma once

#include <troupe/behaviors/action.hpp>

namespace troupe {

/// Who a behavior is and what it can do.
class manifest {
public:
  /// `name` is what agents refer to: unique in a registry, 1 to limits::name_bytes of A-Z a-z 0-9 _ . -
  explicit manifest(std::string name);

  /// Recorded with every attempt; change it when the actions change. Default "1.0.0".
  manifest& version(std::string label);
  /// Adds a capability, e.g. "code.review". May be called several times.
  manifest& can(std::string capability);
  /// Tasks one agent works on at a time, >= 1. Default: what the node's configuration says.
  manifest& max_concurrent(uint32_t tasks);
  /// One sentence for people and for planners.
  manifest& describe(std::string sentence);

  std::string name() const {
    return name_;
  }
  std::string version() const {
    return version_;
  }
  /// Sorted, each once.
  std::vector<std::string> capabilities() const {
    return capabilities_;
  }
  /// 0 = not said.
  uint32_t max_concurrent() const {
    return max_concurrent_;
  }
  std::string description() const {
    return description_;
  }

private:
  std::string name_;
  std::string version_ = "1.0.0";
  std::vector<std::string> capabilities_;
  uint32_t max_concurrent_ = 0;
  std::string description_;
};

/// A behavior: same task, same results, same actions. It has no clock, socket, thread or random source of its
/// own; time and chance come from the task. After a crash `run` is called again, on a fresh object, and the
/// recorded results are fed back. What it throws ends the attempt with ec::internal and the exception's text.
class behavior {
public:
  virtual ~behavior();

  /// Its name, version and capabilities; always the same.
  virtual manifest describe() const = 0;

  /// The first action, with what follows it. Task and behavior outlive the whole chain: continuations may
  /// capture `this` and `&task`.
  virtual action run(const Task& task) = 0;
};

/// A behavior, ready to be wrapped: `with_retry(make<summarizer>())`.
template <class T, class... Args>
std::unique_ptr<behavior> make(Args&&... args) {
  return std::make_unique<T>(std::forward<Args>(args)...);
}

} // namespace troupe
