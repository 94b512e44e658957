// Patterns of tokens.
// Invariant: matching reads each byte once; because a match cannot begin inside a run of its own first set,
// all attempts over one text together stay linear.

#include "pattern.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr char_set digits{"0-9"};

/// Reads a decimal number at `at` and moves `at` behind it.
std::size_t number(std::string_view spec, std::size_t& at) {
  std::size_t value = 0;
  for (; at < spec.size() && digits.has(spec[at]); ++at)
    value = value * 10 + static_cast<std::size_t>(spec[at] - '0');
  return value;
}

} // namespace

pattern::pattern(std::string_view spec) {
  for (std::size_t at = 0; at < spec.size();) {
    piece next;
    if (spec[at] == '[') {
      const auto close = spec.find(']', at);
      next.set = char_set{spec.substr(at + 1, close - at - 1)};
      at = close + 2; // behind "]{"
      next.least = next.most = number(spec, at);
      if (spec[at] == ',')
        next.most = number(spec, ++at);
      ++at; // behind "}"
    } else {
      const auto end = std::min(spec.find('[', at), spec.size());
      next.literal = spec.substr(at, end - at);
      at = end;
    }
    pieces_.push_back(next);
  }
  const auto& front = pieces_.front();
  const auto& back = pieces_.back();
  first_ = front.literal.empty() ? front.set : char_set{front.literal.substr(0, 1)};
  if (front.literal.empty() || word_bytes.has(front.literal.front())) {
    before_ = word_bytes;
    for (const auto& p : pieces_)
      if (p.literal.empty()) {
        before_.add(p.set);
        break;
      }
  }
  if (back.literal.empty() || word_bytes.has(back.literal.back())) {
    after_ = word_bytes;
    after_.add(back.set);
  }
}

std::size_t pattern::match(std::string_view text, std::size_t at) const {
  if (at > 0 && before_.has(text[at - 1]))
    return 0;
  auto end = at;
  for (const auto& p : pieces_) {
    if (!p.literal.empty()) {
      if (text.substr(end, p.literal.size()) != p.literal)
        return 0;
      end += p.literal.size();
    } else {
      const auto run = skip(text, end, p.set, p.most);
      if (run - end < p.least)
        return 0;
      end = run;
    }
  }
  return end < text.size() && after_.has(text[end]) ? 0 : end - at;
}

} // namespace troupe::audit
