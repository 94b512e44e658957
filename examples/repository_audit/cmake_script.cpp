// The commands of a CMake file.
// Invariant: one pass; text in comments is never a command.

#include "cmake_script.hpp"

#include "text.hpp"

#include <algorithm>
#include <string>

namespace troupe::audit {
namespace {

/// End of the bracket argument at `at`, "[==[ ... ]==]", behind its last bracket; `at` when there is none.
std::size_t bracket_end(std::string_view text, std::size_t at) {
  constexpr char_set equals{"="};
  const auto inner = skip(text, at + 1, equals);
  if (at >= text.size() || text[at] != '[' || inner >= text.size() || text[inner] != '[')
    return at;
  const auto close = "]" + std::string(inner - at - 1, '=') + "]";
  const auto end = text.find(close, inner);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

/// Position behind the comment at `at`.
std::size_t comment_end(std::string_view text, std::size_t at) {
  const auto end = bracket_end(text, at + 1);
  return end != at + 1 ? end : std::min(text.find('\n', at), text.size());
}

std::size_t quoted_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\')
      ++at;
  return std::min(at + 1, text.size());
}

/// Reads arguments from behind the opening parenthesis; returns the position behind the closing one.
std::size_t read_arguments(std::string_view text, std::size_t at, std::vector<std::string_view>& arguments) {
  constexpr std::string_view ends = " \t\r\n()#\"";
  for (std::size_t depth = 1; at < text.size();) {
    const char c = text[at];
    if (c == '(' || c == ')') {
      depth = c == '(' ? depth + 1 : depth - 1;
      ++at;
      if (depth == 0)
        return at;
    } else if (space_bytes.has(c)) {
      ++at;
    } else if (c == '#') {
      at = comment_end(text, at);
    } else if (c == '"') {
      const auto end = quoted_end(text, at);
      arguments.push_back(text.substr(at + 1, end - at - std::min<std::size_t>(2, end - at)));
      at = end;
    } else if (const auto bracket = bracket_end(text, at); bracket != at) {
      arguments.push_back(text.substr(at, bracket - at));
      at = bracket;
    } else {
      const auto end = std::min(text.find_first_of(ends, at + 1), text.size());
      arguments.push_back(text.substr(at, end - at));
      at = end;
    }
  }
  return at;
}

} // namespace

std::string_view cmake_call::after(std::string_view key) const {
  const auto found = std::find(arguments.begin(), arguments.end(), key);
  return found == arguments.end() || found + 1 == arguments.end() ? std::string_view{} : *(found + 1);
}

std::vector<cmake_call> cmake_calls(std::string_view text) {
  std::vector<cmake_call> result;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '#') {
      at = comment_end(text, at);
      continue;
    }
    const auto end = skip(text, at, word_bytes);
    const auto open = skip(text, end, blank_bytes);
    if (end == at || open >= text.size() || text[open] != '(') {
      at = std::max(end, at + 1);
      continue;
    }
    cmake_call call{text.substr(at, end - at), {}, at};
    at = read_arguments(text, open + 1, call.arguments);
    result.push_back(std::move(call));
  }
  return result;
}

} // namespace troupe::audit
