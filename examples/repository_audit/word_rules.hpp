// Rules about the use of one identifier in code: calls, assignments, mentions.
#pragma once

#include "finding.hpp"
#include "hits.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::audit {

/// One use of an identifier. "Masked" is what mask() makes of a text.
struct word_use {
  std::string_view path; ///< of the file
  std::string_view word; ///< the identifier
  std::string_view
      owner; ///< identifier before '.', '->' or '::'; "?" for any other expression; empty without
  std::string_view
      before;            ///< word before the whole chain on the same line, as `return` or `def`; may be empty
  std::string_view code; ///< masked; the arguments of a call, or what follows '=' or ':' on the line
  std::string_view text; ///< the same, unmasked
  std::string_view line; ///< masked; the line around the use, at most 200 bytes on each side
};

/// A rule that holds where one of some identifiers is used in some way.
struct word_rule {
  rule_info info;
  std::string_view words;  ///< the identifiers
  std::string_view owners; ///< allowed owners; "-" stands for none, "*" for all
  std::string_view
      next; ///< the use must go on with one of these bytes; '=' is an assignment; empty: with anything
  bool (*when)(const word_use&) = nullptr; ///< further condition, or none
};

/// A table of word rules, ready for look-up. The table must live for ever.
class word_rules {
public:
  explicit word_rules(std::span<const word_rule> table);

  /// Adds every use in `text` for which a rule holds. `code` is the masked text. Declarations and
  /// definitions of a function of the same name are no use. Arguments are read for at most 400 bytes, so the
  /// time is linear in the text.
  void apply(std::string_view path, std::string_view text, std::string_view code, hit_list& hits) const;

private:
  std::unordered_map<std::string_view, std::vector<const word_rule*>> by_word_;
};

/// Argument `index` of masked arguments, without spaces around it; empty when there are fewer.
std::string_view argument(std::string_view code, std::size_t index);

/// Tells whether masked code is nothing but string literals without code inside.
bool is_literal(std::string_view code);

/// Tells whether masked arguments contain the keyword argument `name=value` of Python.
bool has_keyword(std::string_view code, std::string_view name, std::string_view value);

/// Tells whether masked code speaks of things that must not be guessed: tokens, passwords, nonces, salts,
/// sessions.
bool names_secret(std::string_view code);

} // namespace troupe::audit
