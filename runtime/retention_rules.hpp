// RETENTION RULES: how long what has ended is kept, by kind and tenant.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/runtime/config.hpp>

namespace troupe {

/// Days that runs and tasks of one tenant are kept after their end; 0 = for ever; nothing = as everybody's.
struct tenant_retention {
  std::optional<int64_t> run_days;
  std::optional<int64_t> task_days;
};

/// Tenants that differ from the rest, by name.
using tenant_retentions = std::map<std::string, tenant_retention, std::less<>>;

/// Reads `acme: run=365, task=30; beta: task=1`. Error: ec::invalid_argument, saying where and what is allowed.
caf::expected<tenant_retentions> parse_retentions(std::string_view text);

/// What is wrong with such a text; nothing if it can be read.
std::optional<std::string> check_retentions(std::string_view text);

/// The rules of one node.
struct retention_rules {
  int64_t run_days = 0;  ///< 0 = for ever
  int64_t task_days = 0; ///< 0 = for ever
  tenant_retentions tenants;

  /// When the ended of this tenant and kind may go that ended at `ended_ms`, Unix milliseconds; nothing = never. Kinds
  /// other than run and task never go.
  std::optional<int64_t> due_ms(std::string_view tenant, std::string_view kind, int64_t ended_ms) const;
};

/// The rules that a configuration says. Error: as parse_retentions().
caf::expected<retention_rules> retention_of(const config& settings);

/// The longest time that can be asked for, days: a century.
inline constexpr int64_t most_retention_days = 36'500;

} // namespace troupe
