// The directives of an nginx configuration.
// Invariant: one pass; comments hold no directives.

#include "nginx_conf.hpp"

#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr std::size_t most_arguments = 64;

} // namespace

bool nginx_directive::has(std::string_view argument) const {
  return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

std::vector<nginx_directive> nginx_directives(std::string_view text) {
  constexpr std::string_view ends = " \t\r\n;{}\"'#";
  std::vector<nginx_directive> result;
  std::vector<std::size_t> blocks;
  bool fresh = true; // the next word begins a directive
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (space_bytes.has(c)) {
      ++at;
    } else if (c == ';' || c == '{' || c == '}') {
      if (c == '{')
        blocks.push_back(result.empty() ? std::string_view::npos : result.size() - 1);
      else if (c == '}' && !blocks.empty())
        blocks.pop_back();
      fresh = true;
      ++at;
    } else {
      const bool quoted = c == '"' || c == '\'';
      const auto begin = at + (quoted ? 1 : 0);
      const auto end = std::min(quoted ? text.find(c, begin) : text.find_first_of(ends, at + 1), text.size());
      const auto word = text.substr(begin, end - begin);
      if (fresh)
        result.push_back({word, {}, at, blocks.empty() ? std::string_view::npos : blocks.back()});
      else if (result.back().arguments.size() < most_arguments)
        result.back().arguments.push_back(word);
      fresh = false;
      at = end + (quoted ? 1 : 0);
    }
  }
  return result;
}

} // namespace troupe::audit
