// WORKERS: the other process of its benchmark.
#pragma once

#include <string>

namespace troupe::bench {

/// Works at this address, with this token, until the stream ends: answers every task with a text.
int work_at(const std::string& address, const std::string& token);

} // namespace troupe::bench
