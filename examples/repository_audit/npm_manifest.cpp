// What a package.json depends on.
// Invariant: one pass over the tokens; a JSON parser would not tell where a value stands.

#include "npm_manifest.hpp"

#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr std::string_view sections = "dependencies devDependencies optionalDependencies";

/// End of the JSON string that begins at `at`, behind its closing quote.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\')
      ++at;
  return std::min(at + 1, text.size());
}

} // namespace

std::vector<npm_dependency> npm_dependencies(std::string_view text) {
  std::vector<npm_dependency> result;
  std::string_view section; // last key at depth 1
  std::string_view key;     // last key at depth 2
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '{' || c == '[')
      ++depth;
    if ((c == '}' || c == ']') && depth > 0)
      --depth;
    if (c != '"')
      continue;
    const auto end = string_end(text, at);
    const auto value = text.substr(at + 1, end - at - std::min<std::size_t>(2, end - at));
    const auto next = skip(text, end, space_bytes);
    const bool is_key = next < text.size() && text[next] == ':';
    if (is_key && depth == 1)
      section = value;
    else if (is_key && depth == 2)
      key = value;
    else if (depth == 2 && listed(section, sections))
      result.push_back({key, value, at + 1});
    at = end - 1;
  }
  return result;
}

} // namespace troupe::audit
