// Small text tools that every check shares: byte sets, lines, words, printable form.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// A set of byte values, written like the inside of a bracket expression: "A-Za-z0-9_-".
/// A '-' at the end stands for itself. Membership costs one look-up.
class char_set {
public:
  /// The empty set.
  constexpr char_set() = default;

  /// Reads `spec`; ranges are inclusive and must ascend.
  constexpr explicit char_set(std::string_view spec) {
    for (std::size_t i = 0; i < spec.size(); ++i) {
      const bool range = i + 2 < spec.size() && spec[i + 1] == '-';
      const auto last = static_cast<unsigned char>(range ? spec[i + 2] : spec[i]);
      for (unsigned c = static_cast<unsigned char>(spec[i]); c <= last; ++c)
        member_[c] = true;
      i += range ? 2 : 0;
    }
  }

  /// Tells whether the byte is in the set.
  constexpr bool has(char c) const {
    return member_[static_cast<unsigned char>(c)];
  }

  /// Adds all bytes of `other`.
  constexpr void add(const char_set& other) {
    for (std::size_t i = 0; i < member_.size(); ++i)
      member_[i] = member_[i] || other.member_[i];
  }

private:
  std::array<bool, 256> member_{};
};

/// Bytes of an identifier in every language checked here.
inline constexpr char_set word_bytes{"A-Za-z0-9_"};

/// Blanks inside a line.
inline constexpr char_set blank_bytes{" \t\r"};

/// Blanks including line ends.
inline constexpr char_set space_bytes{" \t\r\n\f\v"};

/// `text` without spaces at both ends.
std::string_view trim(std::string_view text);

/// ASCII lower case; other bytes stay.
std::string lower(std::string_view text);

/// The words of `text`, split at spaces; views into `text`.
std::vector<std::string_view> words_of(std::string_view text);

/// Tells whether `test` holds for any of the space-separated words of `list`.
template <class Test>
bool any_word(std::string_view list, Test test) {
  for (std::size_t at = 0; at < list.size();) {
    auto end = at;
    while (end < list.size() && !space_bytes.has(list[end]))
      ++end;
    if (end > at && test(list.substr(at, end - at)))
      return true;
    at = end + 1;
  }
  return false;
}

/// Tells whether `word` is one of the space-separated words of `list`.
bool listed(std::string_view word, std::string_view list);

/// Tells whether any of the space-separated words of `list` occurs in `text`. Time: size of both multiplied.
bool contains_any(std::string_view text, std::string_view list);

/// Position after `set` bytes from `at` on, at most `limit` of them.
std::size_t skip(std::string_view text, std::size_t at, const char_set& set,
                 std::size_t limit = std::string_view::npos);

/// Position of the first byte of the word that ends before `end`; `end` when there is none.
/// Looks back at most 256 bytes: longer identifiers are of no interest to any rule, and loops stay linear.
std::size_t word_begin(std::string_view text, std::size_t end);

/// Last part of a '/'-separated path.
std::string_view file_name(std::string_view path);

/// One line of a text: where it starts, in bytes, and its bytes without the line end.
struct text_line {
  std::size_t offset;
  std::string_view text;
};

/// The lines of `text`; a last line without line end counts, an empty one after the last line end does not.
std::vector<text_line> lines_of(std::string_view text);

/// Length in bytes of the UTF-8 sequence at `at`, or 0 when it is not well-formed (RFC 3629, section 4).
std::size_t utf8_length(std::string_view text, std::size_t at);

/// `text` with each byte that is not well-formed UTF-8 replaced by '?'; offsets stay.
std::string to_utf8(std::string_view text);

} // namespace troupe::audit
