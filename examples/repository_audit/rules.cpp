// Every rule of every check.
// Invariant: no id twice.

#include "rules.hpp"

#include "dependencies.hpp"
#include "hits.hpp"
#include "infrastructure.hpp"
#include "risky_code.hpp"
#include "secrets.hpp"

#include <algorithm>

namespace troupe::audit {

std::span<const rule_info> all_rules() {
  static const auto rules = [] {
    std::vector<rule_info> all;
    for (auto table :
         {audit_rules(), dependency_rules(), infrastructure_rules(), risky_code_rules(), secret_rules()})
      all.insert(all.end(), table.begin(), table.end());
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return all;
  }();
  return rules;
}

} // namespace troupe::audit
