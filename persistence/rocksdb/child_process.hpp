// CHILD PROCESS: a look that may end its process, taken by one that we can lose. For this folder only.
#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// Runs `look` in a forked child and gives what it returned. The child has no thread but its own and must start none:
/// it reads and ends, without destructors of anything static. Errors: ec::corrupt (it ended by an abort or a fault: the
/// text tells what it wrote last), ec::unavailable (no child could be made, it took longer than `patience`, it was killed).
caf::expected<std::string> in_child(const std::function<std::string()>& look,
                                    std::chrono::milliseconds patience);

} // namespace troupe
