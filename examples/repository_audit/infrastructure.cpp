// How programs are packed, run and reached.
// Invariant: a file is given to each check that knows its kind, and to no other.

#include "infrastructure.hpp"

#include "infra_rules.hpp"
#include "language.hpp"

#include <algorithm>

namespace troupe::audit {

std::span<const rule_info> infrastructure_rules() {
  static const auto rules = [] {
    std::vector<rule_info> all;
    for (auto table : {docker_rules(), container_rules(), nginx_rules(), settings_rules()})
      all.insert(all.end(), table.begin(), table.end());
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return all;
  }();
  return rules;
}

std::vector<finding> check_infrastructure(std::string_view path, std::string_view text) {
  hit_list hits;
  const auto lang = language_of(path, {});
  if (lang == language::dockerfile)
    check_dockerfile(text, hits);
  if (lang == language::yaml)
    check_containers(path, text, hits);
  if (is_nginx(path, text))
    check_nginx(text, hits);
  switch (lang) {
  case language::ini:
  case language::yaml:
  case language::toml:
  case language::json:
  case language::nginx:
  case language::terraform:
    check_settings(path, lang, text, hits);
    break;
  default:
    break;
  }
  return std::move(hits).take(path, text);
}

} // namespace troupe::audit
