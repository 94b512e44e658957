// Small text tools that every check shares.
// Invariant: all views returned point into the argument; nothing here allocates more than its result.

#include "text.hpp"

#include <algorithm>

namespace troupe::audit {

std::string_view trim(std::string_view text) {
  const auto begin = skip(text, 0, space_bytes);
  auto end = text.size();
  while (end > begin && space_bytes.has(text[end - 1]))
    --end;
  return text.substr(begin, end - begin);
}

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> result;
  any_word(text, [&](std::string_view word) {
    result.push_back(word);
    return false;
  });
  return result;
}

bool listed(std::string_view word, std::string_view list) {
  return any_word(list, [word](std::string_view one) { return one == word; });
}

bool contains_any(std::string_view text, std::string_view list) {
  return any_word(list, [text](std::string_view one) { return text.find(one) != std::string_view::npos; });
}

std::size_t skip(std::string_view text, std::size_t at, const char_set& set, std::size_t limit) {
  while (at < text.size() && limit > 0 && set.has(text[at])) {
    ++at;
    --limit;
  }
  return at;
}

std::size_t word_begin(std::string_view text, std::size_t end) {
  const auto floor = end > 256 ? end - 256 : 0;
  while (end > floor && word_bytes.has(text[end - 1]))
    --end;
  return end;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1); // npos + 1 == 0
}

std::vector<text_line> lines_of(std::string_view text) {
  std::vector<text_line> result;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    result.push_back({at, line});
    at = end + 1;
  }
  return result;
}

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const auto lead = byte(0);
  if (lead < 0x80)
    return at < text.size() ? 1 : 0;
  if (lead >= 0xC2 && lead <= 0xDF)
    return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) { // no overlong form, no surrogate
    const bool second = lead == 0xE0 ? byte(1) >= 0xA0 : lead == 0xED ? byte(1) <= 0x9F : true;
    return second && tail(1) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) { // no overlong form, nothing above U+10FFFF
    const bool second = lead == 0xF0 ? byte(1) >= 0x90 : lead == 0xF4 ? byte(1) <= 0x8F : true;
    return second && tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

std::string to_utf8(std::string_view text) {
  std::string result{text};
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text, at);
    if (length == 0)
      result[at] = '?';
    at += std::max<std::size_t>(length, 1);
  }
  return result;
}

} // namespace troupe::audit
