// YAML line by line.
// Invariant: the stack of open sections is indented ever more, so each line pops what it leaves exactly once.

#include "yaml_lines.hpp"

#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

std::string_view unquoted(std::string_view value) {
  value = trim(value);
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    return value.substr(1, value.size() - 2);
  return value;
}

/// `line` without a comment: a '#' outside of quotes, first or after a blank.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool first = i == 0 || blank_bytes.has(line[i - 1]);
    if (quote != 0)
      quote = line[i] == quote ? char{0} : quote;
    else if (line[i] == '#' && first)
      return line.substr(0, i);
    else if ((line[i] == '"' || line[i] == '\'') && (first || line[i - 1] == ':' || line[i - 1] == '['))
      quote = line[i];
  }
  return line;
}

/// Position of the ':' behind the key, or npos.
std::size_t key_end(std::string_view line) {
  if (line.empty())
    return std::string_view::npos;
  const char quote = line.front();
  const auto from = quote == '"' || quote == '\'' ? line.find(quote, 1) : 0;
  const auto at = line.find(':', std::min(from, line.size()));
  return at != std::string_view::npos && (at + 1 == line.size() || blank_bytes.has(line[at + 1]))
             ? at
             : std::string_view::npos;
}

} // namespace

std::vector<yaml_line> yaml_lines(std::string_view text) {
  constexpr char_set space{" "};
  std::vector<yaml_line> result;
  std::vector<yaml_line> open; // sections around the line at hand
  for (const auto& line : lines_of(text)) {
    auto bare = without_comment(line.text);
    yaml_line next{};
    next.indent = skip(bare, 0, space);
    next.offset = line.offset + next.indent;
    bare = trim(bare);
    if (bare.empty() || bare.starts_with("---"))
      continue;
    while (bare.starts_with("- ")) {
      const auto step = skip(bare, 1, space);
      next.item = true;
      next.indent += step;
      bare.remove_prefix(step);
    }
    const auto end = key_end(bare);
    next.key = unquoted(bare.substr(0, end == std::string_view::npos ? 0 : end));
    next.value = unquoted(bare.substr(end == std::string_view::npos ? 0 : end + 1));
    while (!open.empty() && open.back().indent >= next.indent)
      open.pop_back();
    if (!open.empty())
      next.section = open.back().key;
    if (!next.key.empty() && next.value.empty())
      open.push_back(next);
    result.push_back(next);
  }
  return result;
}

std::vector<std::string_view> yaml_list(std::string_view value) {
  if (!value.starts_with('[') || !value.ends_with(']'))
    return {unquoted(value)};
  std::vector<std::string_view> result;
  for (auto rest = value.substr(1, value.size() - 2); !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    result.push_back(unquoted(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

bool yaml_true(std::string_view value) {
  return listed(lower(value), "true yes on");
}

} // namespace troupe::audit
