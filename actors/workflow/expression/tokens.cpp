// The words of an expression, as Lua separates them.
// Invariant: what is accepted means the same here and to Lua, so whatever the two might read differently is refused: long brackets,
// unknown escapes, numbers that run into names.

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <troupe/actors/workflow/expression/tokens.hpp>

namespace troupe::expressions {
namespace {

constexpr std::array keywords{"and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
                              "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
                              "repeat",   "return", "then", "true", "until",  "while"};
// Longest first.
constexpr std::array symbols{"...", "<<", ">>", "<=", ">=", "~=", "==", "//", "..", "::", "+",
                             "-",   "*",  "/",  "%",  "^",  "#",  "&",  "~",  "|",  "<",  ">",
                             "=",   "(",  ")",  "{",  "}",  "[",  "]",  ";",  ":",  ",",  "."};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class lexer {
public:
  explicit lexer(std::string_view source) : source_(source) {}

  std::vector<token> all() {
    std::vector<token> tokens;
    do
      tokens.push_back(next());
    while (tokens.back().kind != token_kind::end);
    return tokens;
  }

private:
  char peek(size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  token take(token_kind kind, size_t from) {
    return {kind, source_.substr(from, at_ - from), from};
  }

  void skip() {
    for (;;) {
      auto c = peek();
      if (at_ < source_.size() && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
        ++at_;
      } else if (c == '-' && peek(1) == '-') {
        if (peek(2) == '[')
          throw refused{
              at_,
              "found '--[', a comment goes from '--' to the end of the line and does not begin with '['"};
        at_ = std::min(source_.find_first_of("\r\n", at_), source_.size());
      } else {
        return;
      }
    }
  }

  token next() {
    skip();
    auto from = at_;
    if (at_ == source_.size())
      return {token_kind::end, "the end", from};
    auto c = peek();
    if (begins_name(c)) {
      while (begins_name(peek()) || is_digit(peek()))
        ++at_;
      auto word = source_.substr(from, at_ - from);
      return take(std::find(keywords.begin(), keywords.end(), word) != keywords.end() ? token_kind::keyword
                                                                                      : token_kind::name,
                  from);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1))))
      return number();
    if (c == '"' || c == '\'')
      return quoted(c);
    if (c == '[' && (peek(1) == '[' || peek(1) == '='))
      throw refused{from, "found a long bracket; a text is written in \"…\" or '…', and `[ [` needs a space"};
    for (std::string_view symbol : symbols)
      if (source_.substr(at_).starts_with(symbol)) {
        at_ += symbol.size();
        return take(token_kind::symbol, from);
      }
    throw refused{from, c > ' ' && c <= '~'
                            ? fmt::format("found '{}', which means nothing outside of a text", c)
                            : fmt::format("found byte {}, which is allowed only in a text",
                                          static_cast<unsigned char>(c))};
  }

  token number() {
    auto from = at_;
    auto digits = [&](auto is) {
      while (is(peek()))
        ++at_;
    };
    auto whole = true;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
      at_ += 2;
      digits(is_hex);
      whole = false; // more than 64 bits wrap around, as in Lua: refused below by their length
      if (at_ - from == 2 || at_ - from > 18)
        throw refused{from, "found a hexadecimal number without digits or with more than 16"};
    } else {
      digits(is_digit);
      if (peek() == '.') {
        whole = false;
        ++at_;
        digits(is_digit);
      }
      if (peek() == 'e' || peek() == 'E') {
        whole = false;
        at_ += 1 + (peek(1) == '+' || peek(1) == '-');
        if (!is_digit(peek()))
          throw refused{from, "found a number without digits after its 'e'"};
        digits(is_digit);
      }
    }
    auto found = take(token_kind::number, from);
    if (begins_name(peek()) || peek() == '.')
      throw refused{from, fmt::format("found '{}{}'; leave a space after a number", found.text, peek())};
    int64_t value = 0;
    if (whole && std::from_chars(found.text.begin(), found.text.end(), value).ec != std::errc{})
      throw refused{from, fmt::format("found {}; whole numbers end at 9223372036854775807", found.text)};
    return found;
  }

  token quoted(char mark) {
    auto from = at_++;
    while (peek() != mark) {
      if (at_ >= source_.size() || peek() == '\n' || peek() == '\r')
        throw refused{from,
                      fmt::format("found a text that does not end on its line; close it with {}", mark)};
      if (peek() != '\\') {
        ++at_;
        continue;
      }
      auto escape = at_;
      at_ += 2;
      auto kind = source_.substr(std::min(escape + 1, source_.size()), 1);
      if (kind.empty() || std::string_view{"ntr\\\"'u"}.find(kind[0]) == std::string_view::npos)
        throw refused{escape,
                      fmt::format("found '\\{}'; after \\ may come n, t, r, \\, \", ' or u{{…}}", kind)};
      if (kind[0] == 'u')
        code_point(escape);
    }
    ++at_;
    return take(token_kind::text, from);
  }

  void code_point(size_t escape) {
    auto from = at_ + 1;
    auto end = source_.find('}', at_);
    uint32_t value = 0;
    auto valid = peek() == '{' && end != source_.npos && end > from && end - from <= 6;
    if (valid) {
      auto last = source_.data() + end;
      auto [stopped, failed] = std::from_chars(source_.data() + from, last, value, 16);
      valid =
          failed == std::errc{} && stopped == last && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    }
    if (!valid)
      throw refused{escape, "found '\\u' without a Unicode character in hexadecimal, as \\u{e9}"};
    at_ = end + 1;
  }

  std::string_view source_;
  size_t at_ = 0;
};

} // namespace

std::vector<token> tokens_of(std::string_view source) {
  return lexer{source}.all();
}

std::pair<size_t, size_t> place_of(std::string_view source, size_t offset) {
  size_t line = 1, begin = 0;
  for (size_t at = 0; at < offset; ++at)
    if (source[at] == '\n' || (source[at] == '\r' && source.substr(at + 1, 1) != "\n")) {
      ++line;
      begin = at + 1;
    }
  return {line, offset - begin + 1};
}

} // namespace troupe::expressions
