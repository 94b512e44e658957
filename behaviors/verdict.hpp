// VERDICT: what a policy says to an action before its host does it.
#pragma once

#include <caf/error.hpp>
#include <cstdint>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// Go, or why not. The host journals a refusal as the action's result.
struct verdict {
  caf::error refusal;         ///< none = go
  int64_t retry_after_ms = 0; ///< when asking again makes sense; 0 when there is no telling
  uint64_t ticket = 0;        ///< of a go: hand it back with the outcome

  bool go() const {
    return !refusal;
  }
};

} // namespace troupe
