// What a check reports, what a rule is, and how a list of findings travels as bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::audit {

/// How much harm a finding may do; values ascend and are stored, so they never change.
enum class severity : std::uint8_t { info, low, medium, high, critical };

/// All severities, worst first: the order of every table in a report.
inline constexpr std::array all_severities{severity::critical, severity::high, severity::medium,
                                           severity::low, severity::info};

/// Lower-case name of a severity, as reports and encoded findings spell it.
std::string_view name_of(severity level);

/// One rule: a thing that some check looks for. All texts are string literals.
struct rule_info {
  std::string_view id;   ///< stable, `category.what-it-is`, never reused for another meaning
  std::string_view name; ///< PascalCase, for tools that want an identifier
  std::string_view
      text; ///< one sentence: what is wrong; the message of a finding unless a check knows better
  std::string_view help; ///< one sentence: how to mend it
  severity level;        ///< severity of a finding unless a check knows better
};

/// The part of a rule id before its first dot: `secret` for `secret.aws-access-key-id`.
std::string_view category_of(std::string_view rule_id);

/// One place where a rule holds.
struct finding {
  std::string rule;         ///< id of a rule_info
  severity level;           ///< of this finding, not of its rule
  std::string file;         ///< relative to the root of the audit, parts separated by '/', UTF-8
  std::uint32_t line = 1;   ///< from 1
  std::uint32_t column = 1; ///< from 1, in code points
  std::string message;      ///< one sentence
  std::string excerpt; ///< the place itself, at most 120 bytes and a few marks, secrets cut; may be empty

  friend bool operator==(const finding&, const finding&) = default;
};

/// The order of every list of findings: file, line, column, rule, message.
bool comes_before(const finding& a, const finding& b);

/// Bytes for a list of findings: JSON,
/// `{"v":1,"findings":[[rule,severity,file,line,column,message,excerpt],...]}`. Equal lists give equal bytes.
std::string encode(std::span<const finding> findings);

/// Why bytes are no list of findings.
struct decode_error {
  std::string text;
};

/// Reads what encode() wrote. Fails, and never throws, on anything else: other JSON, an unknown version or
/// severity, a line or column outside 1 to 2^32-1.
std::variant<std::vector<finding>, decode_error> decode(std::string_view bytes);

/// Copies the rule of each row of a rule table into one list that std::span can show. Rows have a member
/// `info`.
template <class Row, std::size_t N>
constexpr std::array<rule_info, N> rules_in(const Row (&rows)[N]) {
  std::array<rule_info, N> result{};
  for (std::size_t i = 0; i < N; ++i)
    result[i] = rows[i].info;
  return result;
}

/// The rule with this id; does not compile when there is none, so a check cannot name a rule without
/// metadata. `rules` must live for ever.
template <class Rules>
consteval const rule_info& rule_in(const Rules& rules, std::string_view id) {
  for (const auto& rule : rules)
    if (rule.id == id)
      return rule;
  throw "no rule with this id";
}

} // namespace troupe::audit
