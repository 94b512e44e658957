// The instructions of a Dockerfile.
// Invariant: instructions do not overlap, and each begins on a line of its own.

#include "dockerfile.hpp"

#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

/// End mark of a here-document that begins in `line`; empty when none does.
std::string_view here_mark(std::string_view line) {
  const auto at = line.find("<<");
  if (at == std::string_view::npos)
    return {};
  const auto begin = skip(line, at + 2, char_set{"-\"'"}, 2);
  return line.substr(begin, skip(line, begin, word_bytes) - begin);
}

} // namespace

std::vector<docker_instruction> docker_instructions(std::string_view text) {
  constexpr char_set letters{"A-Za-z"};
  std::vector<docker_instruction> result;
  bool goes_on = false;
  std::string_view here;
  for (const auto& line : lines_of(text)) {
    const auto bare = trim(line.text);
    if (!here.empty()) {
      if (bare == here)
        here = {};
      result.back().rest =
          text.substr(result.back().offset, line.offset + line.text.size() - result.back().offset);
      continue;
    }
    if (bare.empty() || bare.starts_with('#'))
      continue; // also between the lines of one instruction
    if (!goes_on)
      result.push_back({{}, {}, static_cast<std::size_t>(bare.data() - text.data())});
    auto& now = result.back();
    now.rest = text.substr(now.offset, line.offset + line.text.size() - now.offset);
    here = here_mark(bare);
    goes_on = bare.ends_with('\\');
  }
  for (auto& now : result) {
    const auto end = skip(now.rest, 0, letters);
    now.name = now.rest.substr(0, end);
    std::transform(now.name.begin(), now.name.end(), now.name.begin(),
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
    now.rest = trim(now.rest.substr(end));
  }
  return result;
}

bool is_floating_image(std::string_view image) {
  if (image.empty() || image == "scratch" || contains_any(image, "$ {{ @sha256:"))
    return false;
  const auto name = file_name(image);
  const auto tag = name.find(':');
  return tag == std::string_view::npos || name.substr(tag + 1) == "latest";
}

} // namespace troupe::audit
