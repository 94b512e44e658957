// How a check collects the places where its rules hold, and turns them into findings.
#pragma once

#include "finding.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// Most findings of one check in one file. A file with more is generated or vendored, or one rule does not
/// fit it: nobody reads the two hundred and first.
inline constexpr std::size_t findings_per_check = 200;

/// Rules about the audit itself.
std::span<const rule_info> audit_rules();

/// The places found so far in one text. Holds at most twice findings_per_check of them, the worst and
/// earliest.
class hit_list {
public:
  /// Adds a place. `offset` is in bytes, within the text or at its end; `rule` must outlive the list. An
  /// empty `message` stands for the text of the rule.
  void add(std::size_t offset, const rule_info& rule, std::string message = {});

  /// Adds a place with a severity of its own.
  void add(std::size_t offset, const rule_info& rule, severity level, std::string message = {});

  /// The findings, sorted by line, column and rule, with redacted excerpts. When there were more than
  /// findings_per_check, the least severe and then the last are cut and one finding says how many.
  /// `text` is the text all offsets belong to. Time: linear in the text.
  std::vector<finding> take(std::string_view path, std::string_view text) &&;

private:
  struct hit {
    std::size_t offset;
    const rule_info* rule;
    severity level;
    std::string message;
  };

  void cut_to(std::size_t limit);

  std::vector<hit> hits_;
  std::size_t cut_ = 0;
};

/// The place at `offset` in its line: at most 120 bytes, control characters as blanks, every secret cut to at
/// most its first four characters and a '…'.
std::string excerpt_at(std::string_view text, std::size_t offset);

} // namespace troupe::audit
