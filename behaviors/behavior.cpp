// BEHAVIOR: who it is and what it can do.
// Invariant: capabilities are sorted, each once.

#include <algorithm>
#include <troupe/behaviors/behavior.hpp>

namespace troupe {

manifest::manifest(std::string name) : name_{std::move(name)} {}

manifest& manifest::version(std::string label) {
  version_ = std::move(label);
  return *this;
}

manifest& manifest::can(std::string capability) {
  auto at = std::lower_bound(capabilities_.begin(), capabilities_.end(), capability);
  if (at == capabilities_.end() || *at != capability)
    capabilities_.insert(at, std::move(capability));
  return *this;
}

manifest& manifest::max_concurrent(uint32_t tasks) {
  max_concurrent_ = std::max(tasks, 1u);
  return *this;
}

manifest& manifest::describe(std::string sentence) {
  description_ = std::move(sentence);
  return *this;
}

behavior::~behavior() = default;

} // namespace troupe
