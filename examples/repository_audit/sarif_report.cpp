// The result of an audit as SARIF 2.1.0.
// Invariant: every result names a rule of the driver, by id and by index.

#include "report.hpp"

#include "json.hpp"
#include "rules.hpp"
#include "text.hpp"

#include <algorithm>
#include <map>

namespace troupe::audit {
namespace {

constexpr std::string_view schema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr std::string_view tool_version = "1.1.0"; // of the rules: a new or changed rule raises it

/// How a severity shows elsewhere. GitHub reads scores above 9 as critical, from 7 as high, from 4 as medium.
struct scale {
  std::string_view level;
  std::string_view score;
};

scale scale_of(severity level) {
  switch (level) {
  case severity::critical:
    return {"error", "9.5"};
  case severity::high:
    return {"error", "8.0"};
  case severity::medium:
    return {"warning", "5.5"};
  case severity::low:
    return {"note", "3.0"};
  case severity::info:
    break;
  }
  return {"note", "0.0"};
}

/// A relative reference for a path: every byte but unreserved ones and '/' is encoded (RFC 3986, section 2).
std::string uri_of(std::string_view path) {
  constexpr char_set kept{"A-Za-z0-9._~/-"};
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (kept.has(c))
      result += c;
    else
      result += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return result;
}

/// FNV-1a, 64 bit, in hexadecimal. Source: G. Fowler, L. C. Noll, K.-P. Vo, draft-eastlake-fnv.
std::string hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  std::string result(16, '0');
  for (auto digit = result.rbegin(); digit != result.rend(); ++digit, hash >>= 4)
    *digit = "0123456789abcdef"[hash & 15];
  return result;
}

json text_of(std::string_view text) {
  return json_object{{"text", text}};
}

json rule_of(const rule_info& rule) {
  const auto shown = scale_of(rule.level);
  return json_object{
      {"id", rule.id},
      {"name", rule.name},
      {"shortDescription", text_of(rule.text)},
      {"fullDescription", text_of(rule.text)},
      {"help", text_of(rule.help)},
      {"defaultConfiguration", json_object{{"level", shown.level}}},
      {"properties", json_object{{"security-severity", shown.score},
                                 {"precision", "medium"},
                                 {"tags", json_list{"security", category_of(rule.id)}}}},
  };
}

json result_of(const finding& f, std::size_t rule_index, const std::string& fingerprint) {
  json_object region{{"startLine", f.line}, {"startColumn", f.column}};
  if (!f.excerpt.empty())
    region.emplace_back("snippet", text_of(f.excerpt));
  const json_object place{
      {"artifactLocation", json_object{{"uri", uri_of(f.file)}, {"uriBaseId", "SRCROOT"}}},
      {"region", std::move(region)},
  };
  return json_object{
      {"ruleId", f.rule},
      {"ruleIndex", rule_index},
      {"level", scale_of(f.level).level},
      {"message", text_of(f.message)},
      {"locations", json_list{json_object{{"physicalLocation", place}}}},
      {"partialFingerprints", json_object{{"ruleFileExcerpt/v1", fingerprint}}},
      {"properties",
       json_object{{"severity", name_of(f.level)}, {"security-severity", scale_of(f.level).score}}},
  };
}

json_list results_of(std::vector<finding> findings) {
  const auto rules = all_rules();
  std::sort(findings.begin(), findings.end(), comes_before);
  std::map<std::string, std::size_t> seen; // equal lines of one file are told apart by their number
  json_list result;
  for (const auto& f : findings) {
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [&](const rule_info& r) { return r.id == f.rule; });
    if (rule == rules.end())
      continue; // written by a version with other rules
    const auto hash = hash_of(f.rule + '\n' + f.file + '\n' + f.excerpt);
    result.push_back(result_of(f, static_cast<std::size_t>(rule - rules.begin()),
                               hash + ":" + std::to_string(++seen[hash])));
  }
  return result;
}

} // namespace

std::string sarif_report(const report& audit) {
  json_list rules;
  for (const auto& rule : all_rules())
    rules.push_back(rule_of(rule));
  const json_object driver{
      {"name", "troupe-repository-audit"}, {"semanticVersion", tool_version}, {"rules", std::move(rules)}};
  json_list skipped;
  for (const auto& s : audit.skipped)
    skipped.push_back(json_object{
        {"level", "note"}, {"message", text_of("Left out: " + to_utf8(s.path) + " (" + s.reason + ")")}});
  const json_object run{
      {"tool", json_object{{"driver", driver}}},
      {"columnKind", "unicodeCodePoints"},
      {"originalUriBaseIds",
       json_object{{"SRCROOT", json_object{{"description", text_of("The root of what was audited.")}}}}},
      {"invocations", json_list{json_object{{"executionSuccessful", true},
                                            {"toolExecutionNotifications", std::move(skipped)}}}},
      {"results", results_of(audit.findings)},
      {"properties", json_object{{"name", audit.name}, {"filesChecked", audit.files_checked}}},
  };
  return write_json(json_object{{"$schema", schema}, {"version", "2.1.0"}, {"runs", json_list{run}}});
}

} // namespace troupe::audit
