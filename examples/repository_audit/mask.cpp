// Source text without what only looks like code.
// Invariant: the result has the size of the text, and the position only moves forward. A search that fails is
// not repeated on the same line, so no input makes the time grow faster than the text.

#include "mask.hpp"

#include "text.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::audit {
namespace {

/// What a language has. Quotes are bytes.
struct syntax {
  std::string_view line_comment = {};
  bool block_comments = false;
  std::string_view line_quotes = {};  ///< of strings that end with their line
  std::string_view block_quotes = {}; ///< of strings that may go over several lines
  char code_quote = 0;                ///< of strings that may hold code
  std::string_view code_open = {};    ///< begins code in such a string; its second byte nests
  char code_close = 0;
  bool escapes_in_single = true; ///< '\\' escapes inside of '...'
  bool triple_quotes = false;
  bool raw_strings = false;
  bool regular_expressions = false;
  bool here_documents = false;
};

std::optional<syntax> syntax_of(language lang) {
  switch (lang) {
  case language::c:
  case language::cpp:
    return syntax{.line_comment = "//", .block_comments = true, .line_quotes = "\"'", .raw_strings = true};
  case language::python:
    return syntax{.line_comment = "#", .line_quotes = "\"'", .triple_quotes = true};
  case language::javascript:
  case language::typescript:
    return syntax{.line_comment = "//",
                  .block_comments = true,
                  .line_quotes = "\"'",
                  .block_quotes = "`",
                  .code_quote = '`',
                  .code_open = "${",
                  .code_close = '}',
                  .regular_expressions = true};
  case language::shell:
    return syntax{.line_comment = "#",
                  .block_quotes = "\"'",
                  .code_quote = '"',
                  .code_open = "$(",
                  .code_close = ')',
                  .escapes_in_single = false,
                  .here_documents = true};
  default:
    return std::nullopt;
  }
}

class masker {
public:
  masker(std::string_view text, const syntax& rules) : text_(text), out_(text), syntax_(rules) {}

  std::string run() {
    while (at_ < text_.size())
      step();
    return std::move(out_);
  }

private:
  bool here(std::string_view mark) const {
    return !mark.empty() && text_.substr(at_, mark.size()) == mark;
  }

  bool one_of(std::string_view bytes) const {
    return bytes.find(text_[at_]) != std::string_view::npos;
  }

  /// Overwrites up to `end` and moves there; `keep_lines` leaves line ends.
  void fill(std::size_t end, char with, bool keep_lines) {
    for (end = std::min(end, text_.size()); at_ < end; ++at_)
      if (!keep_lines || text_[at_] != '\n')
        out_[at_] = with;
  }

  void step() {
    const char c = text_[at_];
    if (here(syntax_.line_comment) && begins_comment())
      fill(text_.find('\n', at_), ' ', true);
    else if (syntax_.block_comments && here("/*"))
      block_comment();
    else if (one_of(syntax_.line_quotes) || one_of(syntax_.block_quotes))
      open_string();
    else if (word_bytes.has(c))
      word();
    else if (syntax_.here_documents && c == '\\')
      at_ += 2;
    else if (syntax_.here_documents && here("<<"))
      here_document_mark();
    else if (syntax_.regular_expressions && c == '/' && may_begin_expression())
      regular_expression();
    else
      sign();
  }

  /// In shell, '#' begins a comment only where a word may begin.
  bool begins_comment() const {
    return !syntax_.here_documents || at_ == 0 ||
           std::string_view{" \t\n;&|()"}.find(text_[at_ - 1]) != std::string_view::npos;
  }

  void block_comment() {
    const auto end = text_.find("*/", at_ + 2);
    fill(end == std::string_view::npos ? end : end + 2, ' ', true);
  }

  void open_string() {
    const char quote = text_[at_];
    last_ = quote;
    const std::string triple(3, quote);
    if (syntax_.triple_quotes && here(triple)) {
      at_ += 3;
      while (at_ < text_.size() && !here(triple))
        fill(at_ + (text_[at_] == '\\' ? 2 : 1), '~', false);
      at_ += 3;
    } else {
      ++at_;
      inside_string(quote);
    }
  }

  /// Masks up to the closing quote, or to code inside of the string.
  void inside_string(char quote) {
    const bool one_line = syntax_.line_quotes.find(quote) != std::string_view::npos;
    const bool escapes = quote != '\'' || syntax_.escapes_in_single;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (one_line && text_[at_] == '\n')
        return;
      if (quote == syntax_.code_quote && here(syntax_.code_open)) {
        open_code_.push_back({quote, 0});
        at_ += syntax_.code_open.size();
        last_ = '(';
        return;
      }
      fill(at_ + (escapes && text_[at_] == '\\' ? 2 : 1), '~', false);
    }
    ++at_;
  }

  void word() {
    const auto begin = at_;
    at_ = skip(text_, at_, word_bytes);
    const bool number = text_[begin] >= '0' && text_[begin] <= '9';
    while (syntax_.raw_strings && number && at_ + 1 < text_.size() && text_[at_] == '\'' &&
           word_bytes.has(text_[at_ + 1]))
      at_ = skip(text_, at_ + 1, word_bytes); // 1'000'000
    last_ = 'a';
    const auto name = text_.substr(begin, std::min<std::size_t>(at_ - begin, 16));
    if (syntax_.raw_strings && at_ < text_.size() && text_[at_] == '"' && listed(name, "R LR uR UR u8R"))
      raw_string();
    else if (syntax_.regular_expressions && listed(name, "return typeof case in of do else void delete"))
      last_ = '(';
  }

  void raw_string() {
    constexpr std::size_t longest_delimiter = 16; // [lex.string]
    const auto open = text_.substr(at_, longest_delimiter + 2).find('(');
    if (open == std::string_view::npos)
      return;
    const auto close = ")" + std::string{text_.substr(at_ + 1, open - 1)} + "\"";
    ++at_;
    const auto end = text_.find(close, at_ + open);
    fill(end, '~', false);
    at_ = std::min(at_ + close.size(), text_.size());
  }

  bool may_begin_expression() const {
    return std::string_view{"(,=:[!&|?{;+-*%~^>\0", 19}.find(last_) != std::string_view::npos &&
           at_ >= no_expression_before_;
  }

  void regular_expression() {
    bool in_set = false;
    for (auto end = at_ + 1; end < text_.size() && text_[end] != '\n'; ++end) {
      if (text_[end] == '\\')
        ++end;
      else if (text_[end] == '/' && !in_set) {
        ++at_;
        fill(end, '~', true);
        ++at_;
        last_ = 'a';
        return;
      } else
        in_set = text_[end] == '[' || (in_set && text_[end] != ']');
    }
    no_expression_before_ = std::min(text_.find('\n', at_), text_.size());
    sign();
  }

  /// Remembers the end mark of a here-document; its lines begin after the line end.
  void here_document_mark() {
    at_ += 2;
    if (here("<")) { // "<<<" is a string
      ++at_;
      return;
    }
    const auto begin = skip(text_, at_ + (here("-") ? 1 : 0), char_set{" \t\\\"'"}, 4);
    const auto end = skip(text_, begin, word_bytes, 64);
    if (end > begin && !(text_[begin] >= '0' && text_[begin] <= '9'))
      here_marks_.push_back(text_.substr(begin, end - begin));
  }

  /// Masks the lines of one here-document. When its end never comes, "<<" was a shift, and nothing is masked.
  void here_document(std::string_view mark) {
    for (auto line = at_; line < text_.size() && at_ >= no_here_document_before_;) {
      const auto end = std::min(text_.find('\n', line), text_.size());
      if (trim(text_.substr(line, end - line)) == mark) {
        fill(line, '~', true);
        at_ = end;
        return;
      }
      line = end + 1;
    }
    no_here_document_before_ = text_.size();
  }

  void sign() {
    const char c = text_[at_++];
    if (!space_bytes.has(c))
      last_ = c;
    if (c == '\n') {
      const auto marks = std::exchange(here_marks_, {});
      for (auto mark : marks)
        here_document(mark);
    }
    if (open_code_.empty())
      return;
    auto& [quote, depth] = open_code_.back();
    if (c == syntax_.code_open.back()) {
      ++depth;
    } else if (c == syntax_.code_close && depth-- == 0) {
      const char resume = quote;
      open_code_.pop_back();
      inside_string(resume);
    }
  }

  struct open_code {
    char quote;
    std::size_t depth;
  };

  std::string_view text_;
  std::string out_;
  const syntax& syntax_;
  std::size_t at_ = 0;
  char last_ = 0;                            ///< last byte of code that is no blank; 'a' for a word
  std::vector<open_code> open_code_;         ///< strings around the code at hand
  std::vector<std::string_view> here_marks_; ///< of here-documents that begin after this line
  std::size_t no_expression_before_ = 0;
  std::size_t no_here_document_before_ = 0;
};

} // namespace

std::string mask(std::string_view text, language lang) {
  const auto rules = syntax_of(lang);
  return rules ? masker{text, *rules}.run() : std::string{text};
}

} // namespace troupe::audit
