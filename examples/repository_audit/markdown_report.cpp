// The result of an audit as Markdown.
// Invariant: text of the audited files is shown in code spans only, so it cannot become markup.

#include "report.hpp"

#include "rules.hpp"
#include "text.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace troupe::audit {
namespace {

constexpr std::size_t top_findings = 20;       // one screen; the rest is listed by file
constexpr std::size_t skipped_per_reason = 20; // enough to recognize the reason

/// A code span around any text on one line (CommonMark 0.31, section 6.1): the fence is longer than any
/// inside.
std::string code(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  std::string inside;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    inside += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  const std::string fence(longest + 1, '`');
  const std::string pad = longest > 0 || inside.empty() ? " " : "";
  return fence + pad + inside + pad + fence;
}

/// Text with every sign of markup escaped.
std::string escaped(std::string_view text) {
  constexpr char_set signs{"\\`*_{}[]<>#|!~&"};
  std::string result;
  for (char c : text) {
    if (signs.has(c))
      result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result;
}

/// One row of a table whose columns have fixed widths; the first is aligned left, the others right.
std::string table_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string result = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string pad(widths[i] - cells[i].size(), ' ');
    result += " " + (i == 0 ? cells[i] + pad : pad + cells[i]) + " |";
  }
  return result + "\n";
}

std::string totals(const std::vector<finding>& findings) {
  std::map<std::string, std::map<severity, std::size_t>> counts;
  for (const auto& f : findings) {
    ++counts[std::string{category_of(f.rule)}][f.level];
    ++counts["~"][f.level]; // sorts behind every category
  }
  std::vector<std::vector<std::string>> rows{{"category"}};
  for (auto level : all_severities)
    rows[0].emplace_back(name_of(level));
  rows[0].emplace_back("total");
  for (const auto& [category, by_level] : counts) {
    auto& row = rows.emplace_back(1, category == "~" ? "total" : category);
    std::size_t sum = 0;
    for (auto level : all_severities) {
      const auto found = by_level.find(level);
      const auto count = found == by_level.end() ? 0 : found->second;
      row.push_back(std::to_string(count));
      sum += count;
    }
    row.push_back(std::to_string(sum));
  }
  std::vector<std::size_t> widths(rows[0].size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  std::string result;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    result += table_row(rows[i], widths);
    if (i == 0) {
      result += "|";
      for (std::size_t column = 0; column < widths.size(); ++column)
        result +=
            " " + std::string(widths[column] - (column == 0 ? 0 : 1), '-') + (column == 0 ? " |" : ": |");
      result += "\n";
    }
  }
  return result;
}

std::string place(const finding& f) {
  return f.file + ":" + std::to_string(f.line) + ":" + std::to_string(f.column);
}

std::string top(std::vector<finding> findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const finding& a, const finding& b) { return a.level > b.level; });
  std::string result;
  for (std::size_t i = 0; i < std::min(top_findings, findings.size()); ++i) {
    const auto& f = findings[i];
    result += std::to_string(i + 1) + ". **" + std::string{name_of(f.level)} + "** " + code(place(f)) + " " +
              escaped(f.message) + " (" + f.rule + ")\n";
    if (!f.excerpt.empty())
      result += "    - Found: " + code(f.excerpt) + "\n";
    const auto rules = all_rules();
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [&](const rule_info& r) { return r.id == f.rule; });
    if (rule != rules.end())
      result += "    - Mend: " + escaped(rule->help) + "\n";
  }
  return result;
}

std::string by_file(const std::vector<finding>& findings) {
  std::string result;
  std::string_view file;
  for (const auto& f : findings) {
    if (result.empty() || f.file != file)
      result += (result.empty() ? "### " : "\n### ") + code(f.file) + "\n\n";
    file = f.file;
    result += "- " + std::to_string(f.line) + ":" + std::to_string(f.column) + " **" +
              std::string{name_of(f.level)} + "** " + escaped(f.message) + " (" + f.rule + ")\n";
  }
  return result;
}

std::string left_out(const std::vector<skipped_path>& skipped) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const auto& s : skipped)
    by_reason[s.reason].push_back(to_utf8(s.path));
  std::string result;
  for (auto& [reason, paths] : by_reason) {
    std::sort(paths.begin(), paths.end());
    result += "- " + escaped(reason) + " (" + std::to_string(paths.size()) + "):";
    for (std::size_t i = 0; i < std::min(skipped_per_reason, paths.size()); ++i)
      result += (i == 0 ? " " : ", ") + code(paths[i]);
    result += paths.size() > skipped_per_reason ? ", …\n" : "\n";
  }
  return result;
}

} // namespace

std::string markdown_report(const report& audit) {
  auto findings = audit.findings;
  std::sort(findings.begin(), findings.end(), comes_before);
  std::string result = "# Security audit of " + escaped(audit.name) + "\n\n" +
                       std::to_string(findings.size()) + " findings in " +
                       std::to_string(audit.files_checked) + " files.\n";
  const auto section = [&](std::string_view title, const std::string& body) {
    if (!body.empty())
      result += "\n## " + std::string{title} + "\n\n" + body;
  };
  if (!findings.empty())
    section("Totals", totals(findings));
  section("Worst findings", top(findings));
  section("Findings by file", by_file(findings));
  section("Left out", left_out(audit.skipped));
  return result;
}

} // namespace troupe::audit
