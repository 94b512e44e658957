// The behaviors every node has: enough to try it out.
#pragma once

#include <troupe/behaviors/registry.hpp>

namespace troupe {

/// Adds `echo` (capability troupe.echo: gives back its input `text`), `wait` (troupe.wait: sleeps durably for its input `ms`)
/// and `ask` (troupe.ask: asks the person in `who` the question in `text`).
void add_standard_behaviors(behavior_registry& behaviors);

} // namespace troupe
