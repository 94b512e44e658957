// Tables of texts and the rules they break, shared by the tests of the checks.
#pragma once

#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/finding.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace troupe::audit {

/// A text in a file, and the rules that hold in it: ids without category, in order, each followed by a blank.
struct row {
  std::string path;
  std::string text;
  std::string rules;
};

/// The rules of findings, spelled as in a row.
inline std::string rules_of(const std::vector<finding>& findings) {
  std::string result;
  for (const auto& f : findings)
    result += f.rule.substr(f.rule.find('.') + 1) + " ";
  return result;
}

/// Checks every row, that each rule has a row where it holds, and that findings come sorted and with a good
/// rule.
template <class Check>
void check_rows(const std::vector<row>& rows, std::span<const rule_info> rules, Check check) {
  std::set<std::string> seen;
  for (const auto& r : rows) {
    const auto findings = check(r.path, r.text);
    const auto found = rules_of(findings);
    if (found != r.rules)
      CAF_MESSAGE("in " << r.path << ": " << r.text);
    CAF_CHECK_EQUAL(found, r.rules);
    CAF_CHECK(std::is_sorted(findings.begin(), findings.end(), comes_before));
    for (const auto& f : findings)
      seen.insert(f.rule);
  }
  std::set<std::string> names;
  for (const auto& rule : rules) {
    if (seen.count(std::string{rule.id}) == 0)
      CAF_ERROR("no row breaks " << std::string{rule.id});
    names.insert(std::string{rule.name});
    CAF_CHECK(!rule.text.empty() && !rule.help.empty());
  }
  CAF_CHECK_EQUAL(names.size(), rules.size());
}

/// `part` again and again until `bytes` are reached, on one line.
inline std::string repeated(std::string_view part, std::size_t bytes = 4u << 20) {
  std::string result;
  result.reserve(bytes + part.size());
  while (result.size() < bytes)
    result += part;
  return result;
}

} // namespace troupe::audit
