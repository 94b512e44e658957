// TASK RATES: how many tasks may begin in a second, by capability or key.
#pragma once

#include <caf/expected.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// So many tasks per second, 0 < per_second <= limits::task_rate; so many at once, 1 <= burst <= limits::task_rate.
struct task_rate {
  double per_second = 0;
  double burst = 0;
};

/// The rates of one node.
struct task_rates {
  std::map<std::string, task_rate, std::less<>> by_capability; ///< of all tenants together
  std::map<std::string, task_rate, std::less<>> by_key;        ///< concurrency key; each tenant apart
};

/// Reads `llm.call: rate=10, burst=20; key mail: rate=0.5`. A burst not given is the rate, at least 1. Error:
/// ec::invalid_argument, saying where and what is allowed.
caf::expected<task_rates> parse_task_rates(std::string_view text);

/// What is wrong with such a text; nothing if it can be read.
std::optional<std::string> check_task_rates(std::string_view text);

} // namespace troupe
