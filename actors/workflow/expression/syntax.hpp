// The grammar of expressions, what they read, and which of them only select. Knows no Lua.
#pragma once

#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/actors/workflow/expression.hpp>
#include <variant>
#include <vector>

namespace troupe {

/// A field, or the position of an item from 1.
using path_step = std::variant<std::string, int64_t>;

/// What a source says.
struct expression_program {
  std::string source;
  size_t code_bytes = 0; ///< of the source, without a comment after its last word
  std::vector<expression_read> reads;
  /// Name and steps, if the source only selects.
  std::optional<std::vector<path_step>> path;
};

/// Whatever has a meaning of its own in expressions: `len`, or a library and its members.
struct expression_builtin {
  std::string_view name;
  std::vector<std::string_view> members; ///< empty: a function
};

/// Reads a source. Errors: ec::invalid_argument with line, column, what was found and what is allowed. What passes is, as `return (`
/// code and `)`, a chunk of Lua 5.4, unless it exceeds a bound of Lua's own compiler.
caf::expected<expression_program> parse_expression(std::string_view source,
                                                   const std::vector<expression_builtin>& builtins);

} // namespace troupe
