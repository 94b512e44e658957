// Every rule of every check, for reports.
#pragma once

#include "finding.hpp"

#include <span>

namespace troupe::audit {

/// All rules, sorted by id.
std::span<const rule_info> all_rules();

} // namespace troupe::audit
