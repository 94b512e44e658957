// Code that is easy to attack.
// Invariant: rules see masked text only, except where a rule is about the contents of a literal.

#include "risky_code.hpp"

#include "mask.hpp"
#include "risky_rules.hpp"

#include <algorithm>

namespace troupe::audit {

std::span<const rule_info> risky_code_rules() {
  static const auto rules = [] {
    std::vector<rule_info> all{shell_rules().begin(), shell_rules().end()};
    for (auto table : {c_rules(), python_rules(), javascript_rules()})
      for (const auto& rule : table)
        all.push_back(rule.info);
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return all;
  }();
  return rules;
}

std::vector<finding> check_risky_code(std::string_view path, std::string_view text) {
  static const word_rules c_family{c_rules()};
  static const word_rules python{python_rules()};
  static const word_rules javascript{javascript_rules()};
  const auto lang = language_of(path, text.substr(0, text.find('\n')));
  hit_list hits;
  switch (lang) {
  case language::c:
  case language::cpp:
    c_family.apply(path, text, mask(text, lang), hits);
    break;
  case language::python:
    python.apply(path, text, mask(text, lang), hits);
    break;
  case language::javascript:
  case language::typescript:
    if (path.find(".min.") == std::string_view::npos)
      javascript.apply(path, text, mask(text, lang), hits);
    break;
  case language::shell:
    check_shell(text, mask(text, lang), hits);
    break;
  default:
    break;
  }
  return std::move(hits).take(path, text);
}

} // namespace troupe::audit
