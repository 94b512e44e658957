// From places to findings.
// Invariant: the result depends only on what was added, not on the order, and no excerpt shows a secret.

#include "hits.hpp"

#include "secrets.hpp"
#include "text.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::audit {
namespace {

constexpr rule_info rules[]{
    {"audit.findings-cut", "FindingsCut", "This file has more findings than are listed.",
     "Mend what is listed and run the audit again, or exclude the file if it is generated.", severity::info},
};

constexpr std::size_t excerpt_before = 40; // bytes shown left of the place: enough for a name and a sign
constexpr std::size_t excerpt_after = 80;  // bytes shown from the place on: one call with its arguments
constexpr std::size_t secret_window =
    512; // bytes searched for secrets on each side: more than any token is long

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

/// Counts lines and columns while offsets ascend, so that all findings of a text cost one pass.
class position_counter {
public:
  explicit position_counter(std::string_view text) : text_(text) {}

  void move_to(std::size_t offset) {
    for (; at_ < offset && at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') {
        ++line;
        column = 1;
      } else if (!is_continuation(text_[at_])) {
        ++column;
      }
    }
  }

  std::uint32_t line = 1;
  std::uint32_t column = 1;

private:
  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace

std::span<const rule_info> audit_rules() {
  return rules;
}

void hit_list::add(std::size_t offset, const rule_info& rule, std::string message) {
  add(offset, rule, rule.level, std::move(message));
}

void hit_list::add(std::size_t offset, const rule_info& rule, severity level, std::string message) {
  hits_.push_back({offset, &rule, level, std::move(message)});
  if (hits_.size() >= 2 * findings_per_check)
    cut_to(findings_per_check);
}

void hit_list::cut_to(std::size_t limit) {
  std::sort(hits_.begin(), hits_.end(), [](const hit& a, const hit& b) {
    return std::tie(b.level, a.offset, a.rule->id, a.message) <
           std::tie(a.level, b.offset, b.rule->id, b.message);
  });
  if (hits_.size() > limit) {
    cut_ += hits_.size() - limit;
    hits_.erase(hits_.begin() + static_cast<std::ptrdiff_t>(limit), hits_.end());
  }
}

std::vector<finding> hit_list::take(std::string_view path, std::string_view text) && {
  cut_to(findings_per_check);
  std::sort(hits_.begin(), hits_.end(), [](const hit& a, const hit& b) {
    return std::tie(a.offset, a.rule->id, a.message) < std::tie(b.offset, b.rule->id, b.message);
  });
  const auto file = to_utf8(path);
  std::vector<finding> result;
  if (cut_ > 0)
    result.push_back({std::string{rules[0].id},
                      rules[0].level,
                      file,
                      1,
                      1,
                      std::to_string(cut_) + " more findings of the same check are not listed.",
                      {}});
  position_counter place{text};
  for (auto& h : hits_) {
    place.move_to(h.offset);
    result.push_back({std::string{h.rule->id}, h.level, file, place.line, place.column,
                      h.message.empty() ? std::string{h.rule->text} : to_utf8(h.message),
                      excerpt_at(text, h.offset)});
  }
  std::stable_sort(result.begin(), result.end(), comes_before);
  return result;
}

std::string excerpt_at(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const auto left = offset - std::min(offset, secret_window);
  const auto line_break = text.substr(left, offset - left).rfind('\n');
  const auto from = line_break == std::string_view::npos ? left : left + line_break + 1;
  const auto right = text.substr(offset, secret_window);
  const auto to = offset + std::min(right.find('\n'), right.size());
  const auto window = text.substr(from, to - from);
  auto begin = offset - from > excerpt_before ? offset - from - excerpt_before : 0;
  auto end = std::min(window.size(), offset - from + excerpt_after);
  while (begin > 0 && is_continuation(window[begin]))
    --begin;
  while (end < window.size() && is_continuation(window[end]))
    ++end;
  std::string result;
  for (std::size_t at = begin; const auto& secret : secrets_in(window)) {
    if (secret.end <= at || secret.begin >= end)
      continue;
    if (secret.begin >= at) {
      result += window.substr(at, secret.begin - at);
      result += window.substr(secret.begin, secret.shown);
    }
    result += "…";
    at = begin = secret.end;
  }
  if (begin < end)
    result += window.substr(begin, end - begin);
  for (auto& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = ' ';
  return to_utf8(trim(result));
}

} // namespace troupe::audit
