// Patterns of tokens: literals and counted byte sets, matched without backtracking.
#pragma once

#include "text.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// A pattern such as `ghp_[A-Za-z0-9]{36}` or `SG.[A-Za-z0-9_-]{22}.[A-Za-z0-9_-]{43}`.
/// Outside of `[set]{n}` and `[set]{least,most}` every byte stands for itself. A set takes all it can, at
/// most `most` bytes, and gives nothing back: a match costs no more than the bytes it reads.
class pattern {
public:
  /// Reads `spec`, which must outlive the pattern. A spec comes from a table in this program, never from
  /// outside.
  explicit pattern(std::string_view spec);

  /// Length of the match that begins at `at`, or 0. A match stands alone: the byte before it is neither part
  /// of a word nor of the first set, the byte after it neither part of a word nor of the last set. Ends that
  /// are punctuation, as in "-----", may touch anything.
  std::size_t match(std::string_view text, std::size_t at) const;

  /// The bytes with which a match may begin.
  const char_set& first() const {
    return first_;
  }

private:
  struct piece {
    std::string_view literal; ///< empty for a set
    char_set set;
    std::size_t least = 0;
    std::size_t most = 0;
  };

  std::vector<piece> pieces_;
  char_set first_;
  char_set before_; ///< bytes that must not stand right before a match
  char_set after_;  ///< bytes that must not stand right after a match
};

} // namespace troupe::audit
