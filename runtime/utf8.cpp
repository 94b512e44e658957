// UTF-8: checking and escaping. Invariant: what comes out is valid UTF-8, whatever went in.

#include <algorithm>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

struct sequence {
  size_t bytes;
  bool valid;
};

// The sequence a text begins with: a character, or the maximal part that can not be one (Unicode 15, table
// 3-7).
sequence first_sequence(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80)
    return {1, true};
  if (lead < 0xC2 || lead > 0xF4)
    return {1, false};
  size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80; // no overlong forms
  unsigned char highest = lead == 0xED   ? 0x9F
                          : lead == 0xF4 ? 0x8F
                                         : 0xBF; // no surrogates, nothing above U+10FFFF
  for (size_t i = 1; i < length; ++i, lowest = 0x80, highest = 0xBF) {
    if (i == text.size())
      return {i, false};
    auto next = static_cast<unsigned char>(text[i]);
    if (next < lowest || next > highest)
      return {i, false};
  }
  return {length, true};
}

template <class Take>
void each_sequence(std::string_view text, Take take) {
  while (!text.empty()) {
    auto [bytes, valid] = first_sequence(text);
    take(valid ? text.substr(0, bytes) : replacement);
    text.remove_prefix(bytes);
  }
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
  case '"':
    out += "\\\"";
    break;
  case '\\':
    out += "\\\\";
    break;
  case '\n':
    out += "\\n";
    break;
  case '\r':
    out += "\\r";
    break;
  case '\t':
    out += "\\t";
    break;
  default:
    out += "\\u00";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[c & 15];
  }
}

} // namespace

std::string clean_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  each_sequence(text, [&](std::string_view part) { out += part; });
  return out;
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  each_sequence(text, [&](std::string_view part) {
    auto c = part[0];
    if (part.size() == 1 && (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7F))
      append_escaped(out, c);
    else
      out += part;
  });
  out += '"';
}

std::string_view cut_utf8(std::string_view text, size_t bytes) {
  if (text.size() <= bytes)
    return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80)
    --bytes;
  return text.substr(0, bytes);
}

} // namespace troupe
