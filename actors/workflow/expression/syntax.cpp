// The grammar of expressions: Lua's, without statements. A function is `function(x) return … end`.
// Invariant: what is accepted always ends, but for functions that call themselves; and it can change nothing.

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <troupe/actors/workflow/expression/syntax.hpp>
#include <troupe/actors/workflow/expression/tokens.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

using namespace expressions;

constexpr std::array binary{"or", "and", "<",  ">", "<=", ">=", "~=", "==", "|", "~", "&",
                            "<<", ">>",  "..", "+", "-",  "*",  "/",  "//", "%", "^"};
constexpr std::array unary{"not", "#", "-", "~"};

bool is_one_of(const auto& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class parser {
public:
  parser(std::string_view source, const std::vector<expression_builtin>& builtins)
      : source_(source), tokens_(tokens_of(source)), builtins_(builtins) {}

  std::vector<expression_read> whole() {
    expression();
    if (now().kind != token_kind::end)
      refuse("an operator or the end");
    return std::move(reads_);
  }

  // Where the last word ends.
  size_t code_bytes() const {
    auto& last = tokens_[tokens_.size() - 2]; // there is one in front of the end
    return last.offset + last.text.size();
  }

  // A name and the fields and positions after it, if there is nothing else.
  std::optional<std::vector<path_step>> path() const {
    if (tokens_[0].kind != token_kind::name || builtin(tokens_[0].text))
      return std::nullopt;
    std::vector<path_step> steps{std::string{tokens_[0].text}};
    for (size_t at = 1; tokens_[at].kind != token_kind::end;) {
      if (tokens_[at].kind != token_kind::symbol)
        return std::nullopt;
      if (tokens_[at].text == ".") {
        steps.emplace_back(std::string{tokens_[at + 1].text});
        at += 2;
      } else if (tokens_[at].text == "[" && tokens_[at + 2].text == "]") {
        auto step = constant(tokens_[at + 1]);
        if (!step)
          return std::nullopt;
        steps.push_back(std::move(*step));
        at += 3;
      } else {
        return std::nullopt;
      }
    }
    return steps;
  }

private:
  const token& now() const {
    return tokens_[at_];
  }

  bool is(std::string_view text) const {
    return now().is(text);
  }

  bool accept(std::string_view text) {
    auto found = is(text);
    at_ += found;
    return found;
  }

  [[noreturn]] void refuse(std::string_view wanted) const {
    if (is("="))
      throw refused{now().offset, "found '='; equality is written '=='"};
    if (is("...") || is(";") || is("::") ||
        (now().kind == token_kind::keyword && !is_one_of(std::array{"end", "return"}, now().text) &&
         !is_one_of(binary, now().text)))
      throw refused{
          now().offset,
          fmt::format("found '{}'; there are no statements here, only values, and functions of the form "
                      "function(x) return … end",
                      now().text)};
    throw refused{now().offset,
                  fmt::format("found {}, expected {}",
                              now().kind == token_kind::end ? "the end" : fmt::format("'{}'", now().text),
                              wanted)};
  }

  void expect(std::string_view text, std::string_view wanted) {
    if (!accept(text))
      refuse(wanted);
  }

  std::string_view name(std::string_view wanted) {
    if (now().kind != token_kind::name)
      refuse(wanted);
    if (now().text == "_ENV")
      throw refused{now().offset, "found '_ENV', which is not available"};
    return tokens_[at_++].text;
  }

  const expression_builtin* builtin(std::string_view wanted) const {
    auto found =
        std::find_if(builtins_.begin(), builtins_.end(), [&](auto& one) { return one.name == wanted; });
    return found == builtins_.end() ? nullptr : &*found;
  }

  // A position or a field that stands there as such.
  static std::optional<path_step> constant(const token& at) {
    int64_t position = 0;
    if (at.kind == token_kind::text && at.text.find('\\') == at.text.npos)
      return std::string{at.text.substr(1, at.text.size() - 2)};
    if (at.kind == token_kind::number) {
      auto [stopped, failed] = std::from_chars(at.text.begin(), at.text.end(), position);
      if (failed == std::errc{} && stopped == at.text.end())
        return position;
    }
    return std::nullopt;
  }

  void expression() {
    if (++depth_ > expression_limits::nesting)
      throw refused{now().offset, fmt::format("more than {} brackets, functions and arguments in each other",
                                              expression_limits::nesting)};
    do {
      while ((now().kind == token_kind::symbol || now().kind == token_kind::keyword) &&
             is_one_of(unary, now().text))
        ++at_;
      operand();
    } while ((now().kind == token_kind::symbol || now().kind == token_kind::keyword) &&
             is_one_of(binary, now().text) && ++at_);
    --depth_;
  }

  void operand() {
    if (now().kind == token_kind::number || now().kind == token_kind::text || is("nil") || is("true") ||
        is("false"))
      ++at_;
    else if (is("{"))
      table();
    else if (accept("function"))
      function();
    else
      suffixed();
  }

  void suffixed() {
    if (accept("(")) {
      expression();
      expect(")", "an operator or ')'");
    } else {
      primary();
    }
    for (;;) {
      if (accept(".")) {
        name("the name of a field");
      } else if (accept("[")) {
        expression();
        expect("]", "an operator or ']'");
      } else if (accept(":")) {
        name("the name of a function of texts");
        if (!arguments())
          refuse("'('");
      } else if (!arguments()) {
        return;
      }
    }
  }

  bool arguments() {
    if (now().kind == token_kind::text)
      return ++at_, true;
    if (is("{"))
      return table(), true;
    if (!accept("("))
      return false;
    if (accept(")"))
      return true;
    do
      expression();
    while (accept(","));
    expect(")", "an operator, ',' or ')'");
    return true;
  }

  void table() {
    expect("{", "'{'");
    while (!is("}")) {
      auto keyed = now().kind == token_kind::name && tokens_[at_ + 1].kind == token_kind::symbol &&
                   tokens_[at_ + 1].text == "=";
      if (keyed) {
        at_ += 2;
      } else if (accept("[")) {
        expression();
        expect("]", "an operator or ']'");
        expect("=", "'=' and the value of the key");
      }
      expression();
      if (!accept(",") && !accept(";"))
        break;
    }
    expect("}", "an operator, ',' or '}'");
  }

  void function() {
    auto outside = parameters_.size();
    expect("(", "'(' and names");
    if (!is(")"))
      do
        parameters_.push_back(name("the name of an argument"));
      while (accept(","));
    expect(")", "',' or ')'");
    expect("return", "'return': a function has the form function(x) return … end");
    expression();
    expect("end", "an operator or 'end'");
    parameters_.resize(outside);
  }

  void primary() {
    auto& at = now();
    auto found = name("a value");
    if (std::find(parameters_.begin(), parameters_.end(), found) != parameters_.end())
      return;
    if (auto* known = builtin(found))
      return member(*known);
    std::string field;
    if (is(".") && tokens_[at_ + 1].kind == token_kind::name)
      field = tokens_[at_ + 1].text;
    else if (is("[") && at_ + 2 < tokens_.size() && tokens_[at_ + 2].text == "]")
      if (auto step = constant(tokens_[at_ + 1]); step && std::holds_alternative<std::string>(*step))
        field = std::get<std::string>(*step);
    auto same = [&](auto& read) { return read.name == found && read.field == field; };
    if (std::none_of(reads_.begin(), reads_.end(), same)) {
      auto [line, column] = place_of(source_, at.offset);
      reads_.push_back({std::string{found}, std::move(field), line, column});
    }
  }

  // What a library does not have is found here, not when it is called.
  void member(const expression_builtin& library) const {
    if (library.members.empty() || !is(".") || tokens_[at_ + 1].kind != token_kind::name)
      return;
    auto& wanted = tokens_[at_ + 1];
    if (is_one_of(library.members, wanted.text))
      return;
    throw refused{wanted.offset, fmt::format("found '{}.{}', but {} has only {}", library.name, wanted.text,
                                             library.name, fmt::join(library.members, ", "))};
  }

  std::string_view source_;
  std::vector<token> tokens_; // the last is the end
  const std::vector<expression_builtin>& builtins_;
  std::vector<std::string_view> parameters_;
  std::vector<expression_read> reads_;
  size_t at_ = 0;
  size_t depth_ = 0;
};

} // namespace

caf::expected<expression_program> parse_expression(std::string_view source,
                                                   const std::vector<expression_builtin>& builtins) {
  if (source.size() > expression_limits::source_bytes)
    return make_error(ec::invalid_argument, fmt::format("an expression of {} bytes, of at most {}",
                                                        source.size(), expression_limits::source_bytes));
  try {
    parser all{source, builtins};
    auto reads = all.whole();
    return expression_program{std::string{source}, all.code_bytes(), std::move(reads), all.path()};
  } catch (const refused& found) {
    auto [line, column] = place_of(source, found.offset);
    return make_error(ec::invalid_argument, fmt::format("line {}, column {}: {}", line, column, found.why));
  }
}

} // namespace troupe
