// The words of an expression: names, numbers, texts, symbols.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::expressions {

/// What a word is.
enum class token_kind : uint8_t { end, name, keyword, number, text, symbol };

/// One word and where it stands.
struct token {
  token_kind kind = token_kind::end;
  std::string_view text;
  size_t offset = 0;

  /// Is it this symbol or keyword?
  bool is(std::string_view word) const {
    return text == word && (kind == token_kind::symbol || kind == token_kind::keyword);
  }
};

/// Why a source is refused. Thrown, and caught by parse_expression(): the grammar calls itself, and each caller would have to hand
/// it on.
struct refused {
  size_t offset;
  std::string why;
};

/// The words of a source; the last is the end. Throws refused.
std::vector<token> tokens_of(std::string_view source);

/// Line and column, from 1, of an offset.
std::pair<size_t, size_t> place_of(std::string_view source, size_t offset);

} // namespace troupe::expressions
