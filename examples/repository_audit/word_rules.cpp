// Rules about the use of one identifier in code.
// Invariant: an identifier is looked up whole, so `mystrcpy` never matches `strcpy`.

#include "word_rules.hpp"

#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr std::size_t argument_window = 400; // holds the arguments of nearly every call people write
constexpr std::size_t line_window = 200;     // on each side

constexpr char_set digits{"0-9"};

/// Words after which a call follows; any other word before a name makes a declaration of it.
constexpr std::string_view words_before_calls = "return else do case throw co_return co_await co_yield and "
                                                "or not if elif while in is lambda yield await assert "
                                                "print new typeof delete void default";

/// Position before the blanks that end at `end`.
std::size_t before_blanks(std::string_view code, std::size_t end) {
  const auto floor = end > line_window ? end - line_window : 0;
  while (end > floor && blank_bytes.has(code[end - 1]))
    --end;
  return end;
}

/// Arguments of the call whose '(' stands at `open`.
std::size_t arguments_end(std::string_view code, std::size_t open) {
  const auto limit = std::min(code.size(), open + argument_window);
  std::size_t depth = 0;
  for (auto at = open; at < limit; ++at) {
    if (code[at] == '(')
      ++depth;
    if (code[at] == ')' && --depth == 0)
      return at;
  }
  return limit;
}

/// Reads what stands before the word at `begin`: its owner and the word before.
void read_before(std::string_view code, std::size_t begin, word_use& use) {
  auto at = before_blanks(code, begin);
  for (std::string_view link : {"::", "->", "?.", "."})
    if (code.substr(0, at).ends_with(link)) {
      const auto end = before_blanks(code, at - link.size());
      at = word_begin(code, end);
      use.owner = code.substr(at, end - at);
      if (use.owner.empty() && link != "::") // "::name" is the global one
        use.owner = "?";
      at = before_blanks(code, at);
      break;
    }
  const auto end = before_blanks(code, at);
  const auto word = word_begin(code, end);
  use.before = code.substr(word, end - word);
}

/// Tells whether the name at `begin`, with arguments up to `close`, is declared, defined or initialized here:
/// `int system(const char*)`, `def eval(x)`, `eval(x) {`.
bool is_declaration(std::string_view code, std::size_t begin, std::size_t close, const word_use& use) {
  const auto after = skip(code, close + 1, space_bytes, line_window);
  if (after < code.size() && code[after] == '{')
    return true;
  if (!use.before.empty())
    return !listed(use.before, words_before_calls) && !digits.has(use.before.front());
  const auto end = before_blanks(code, begin);
  return end > 0 && (code[end - 1] == '*' || code[end - 1] == '&') &&
         contains_any(use.code, "const char void int FILE size_t");
}

} // namespace

word_rules::word_rules(std::span<const word_rule> table) {
  for (const auto& rule : table)
    for (auto word : words_of(rule.words))
      by_word_[word].push_back(&rule);
}

void word_rules::apply(std::string_view path, std::string_view text, std::string_view code,
                       hit_list& hits) const {
  for (std::size_t at = 0; at < code.size();) {
    const auto begin = at;
    const auto end = skip(code, at, word_bytes);
    at = std::max(end, at + 1);
    const auto rows = by_word_.find(code.substr(begin, end - begin));
    if (rows == by_word_.end())
      continue;
    word_use use;
    use.path = path;
    use.word = rows->first;
    read_before(code, begin, use);
    const auto left = code.substr(0, begin).substr(begin - std::min(begin, line_window));
    const auto line_begin = begin - (left.size() - (left.rfind('\n') + 1)); // npos + 1 == 0
    const auto right = code.substr(end, line_window);
    const auto line_end = end + std::min(right.find('\n'), right.size());
    use.line = code.substr(line_begin, line_end - line_begin);
    const auto next = skip(code, end, blank_bytes, line_window);
    const char sign = next < code.size() ? code[next] : '\n';
    const auto follows = sign == '(' ? arguments_end(code, next) : line_end;
    const auto from = std::min(next + 1, follows);
    use.code = code.substr(from, follows - from);
    use.text = text.substr(from, follows - from);
    if (sign == '(' && is_declaration(code, begin, follows, use))
      continue;
    const bool adds = sign == '+' && use.code.starts_with('=');
    const bool assigns = adds || (sign == '=' && !use.code.starts_with('=') && !use.code.starts_with('>'));
    if (adds)
      use.code.remove_prefix(1);
    for (const auto* rule : rows->second) {
      const bool goes_on = rule->next.empty() ||
                           (assigns && rule->next.find('=') != std::string_view::npos) ||
                           (sign != '=' && rule->next.find(sign) != std::string_view::npos);
      const bool owned = rule->owners == "*" || listed(use.owner.empty() ? "-" : use.owner, rule->owners);
      if (goes_on && owned && (rule->when == nullptr || rule->when(use)))
        hits.add(begin, rule->info);
    }
  }
}

std::string_view argument(std::string_view code, std::size_t index) {
  std::size_t depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= code.size(); ++at) {
    const char c = at < code.size() ? code[at] : ',';
    if (c == '(' || c == '[' || c == '{')
      ++depth;
    if ((c == ')' || c == ']' || c == '}') && depth > 0)
      --depth;
    if (c != ',' || (depth > 0 && at < code.size()))
      continue;
    if (index-- == 0)
      return trim(code.substr(begin, at - begin));
    begin = at + 1;
  }
  return {};
}

bool is_literal(std::string_view code) {
  constexpr char_set literal_bytes{"~\"'` \t\r\n;"};
  constexpr char_set prefix_bytes{"LuU8RrbB"};
  if (code.find_first_of("\"'`") == std::string_view::npos)
    return false;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const bool prefix = prefix_bytes.has(code[at]) && at + 1 < code.size() &&
                        (prefix_bytes.has(code[at + 1]) || code[at + 1] == '"' || code[at + 1] == '\'');
    if (!literal_bytes.has(code[at]) && !prefix)
      return false;
  }
  return true;
}

bool has_keyword(std::string_view code, std::string_view name, std::string_view value) {
  for (auto at = code.find(name); at != std::string_view::npos; at = code.find(name, at + 1)) {
    const auto sign = skip(code, at + name.size(), space_bytes);
    const bool whole = at == 0 || !word_bytes.has(code[at - 1]);
    if (whole && sign < code.size() && code[sign] == '=' &&
        code.substr(skip(code, sign + 1, space_bytes)).starts_with(value))
      return true;
  }
  return false;
}

bool names_secret(std::string_view code) {
  return contains_any(lower(code), "token secret passw nonce salt session csrf apikey api_key private_key");
}

} // namespace troupe::audit
