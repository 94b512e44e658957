// JSON, reading. Boost.JSON says whether a text is JSON, what is found here is only what it holds and where. Invariant: nothing is
// looked for in a text that is no JSON.

#include <algorithm>
#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>
#include <limits>
#include <troupe/behaviors/form/tree.hpp>
#include <troupe/runtime/workflow_limits.hpp>
#include <utility>

namespace troupe {
namespace {

namespace json = boost::json;

// Looks at everything and keeps nothing.
struct json_judge {
  static constexpr size_t unbounded = std::numeric_limits<size_t>::max();
  static constexpr size_t max_object_size = unbounded, max_array_size = unbounded, max_key_size = unbounded,
                          max_string_size = unbounded;
  using fail = json::error_code&;
  using part = json::string_view;

  // clang-format off
  bool on_document_begin(fail) { return true; }
  bool on_document_end(fail) { return true; }
  bool on_array_begin(fail) { return true; }
  bool on_array_end(size_t, fail) { return true; }
  bool on_object_begin(fail) { return true; }
  bool on_object_end(size_t, fail) { return true; }
  bool on_string_part(part, size_t, fail) { return true; }
  bool on_string(part, size_t, fail) { return true; }
  bool on_key_part(part, size_t, fail) { return true; }
  bool on_key(part, size_t, fail) { return true; }
  bool on_number_part(part, fail) { return true; }
  bool on_int64(int64_t, part, fail) { return true; }
  bool on_uint64(uint64_t, part, fail) { return true; }
  bool on_double(double, part, fail) { return true; }
  bool on_bool(bool, fail) { return true; }
  bool on_null(fail) { return true; }
  bool on_comment_part(part, fail) { return true; }
  bool on_comment(part, fail) { return true; }
  // clang-format on
};

void append_utf8(std::string& out, uint32_t c) {
  auto byte = [&](uint32_t bits) { out += static_cast<char>(bits); };
  if (c < 0x80)
    return byte(c);
  if (c < 0x800) {
    byte(0xC0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      byte(0xE0 | (c >> 12));
    } else {
      byte(0xF0 | (c >> 18));
      byte(0x80 | ((c >> 12) & 0x3F));
    }
    byte(0x80 | ((c >> 6) & 0x3F));
  }
  byte(0x80 | (c & 0x3F));
}

// Walks through a text that is JSON.
class json_walker {
public:
  explicit json_walker(std::string_view text) : text_{text} {}

  written_text walk() {
    while (step() && !tree_.problem()) {
    }
    if (tree_.problem())
      return {{}, tree_.problem()};
    return {tree_.take(), std::nullopt};
  }

private:
  // One value, key or sign of structure; false at the end.
  bool step() {
    skip();
    if (at_ == text_.size())
      return false;
    auto here = place();
    switch (text_[at_]) {
    case '{':
      ++at_;
      return tree_.open(written_as::object, here);
    case '[':
      ++at_;
      return tree_.open(written_as::list, here);
    case '}':
    case ']':
      ++at_;
      tree_.close();
      return true;
    case '"':
      return tree_.scalar(written_as::quoted, string(), here);
    default:
      auto end = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
      auto word = text_.substr(at_, end - at_);
      at_ = end;
      return tree_.scalar(word == "null" ? written_as::null : written_as::plain, std::string{word}, here);
    }
  }

  void skip() { // structure between values is known to be right
    for (; at_ < text_.size() && std::string_view{" \t\r\n,:"}.find(text_[at_]) != std::string_view::npos;
         ++at_)
      if (text_[at_] == '\n') {
        ++line_;
        line_begin_ = at_ + 1;
      }
  }

  text_place place() const {
    return {line_, at_ - line_begin_ + 1};
  }

  uint32_t hex() {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) {
      auto c = static_cast<unsigned char>(text_[at_++]);
      value = value * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10u);
    }
    return value;
  }

  std::string string() {
    std::string out;
    for (++at_; text_[at_] != '"';) {
      auto end = text_.find_first_of("\\\"", at_);
      out += text_.substr(at_, end - at_);
      at_ = end;
      if (text_[at_] == '\\')
        escape(out);
    }
    ++at_;
    return out;
  }

  void escape(std::string& out) {
    constexpr std::string_view letters = "bfnrt", meanings = "\b\f\n\r\t";
    auto letter = text_[at_ + 1];
    at_ += 2;
    if (letter == 'u') {
      auto character = hex();
      if (character >= 0xD800 && character < 0xDC00) { // the other half of the pair follows
        at_ += 2;
        character = 0x10000 + ((character - 0xD800) << 10) + (hex() - 0xDC00);
      }
      append_utf8(out, character);
    } else {
      auto known = letters.find(letter);
      out += known == std::string_view::npos ? letter : meanings[known];
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
  size_t line_begin_ = 0;
  tree_collector tree_;
};

} // namespace

written_text read_json_tree(std::string_view text) {
  json::parse_options options;
  options.max_depth = limits::definition_depth + 1; // the walk ends before, and says it better
  json::basic_parser<json_judge> judge{options};
  json::error_code failed;
  auto at = judge.write_some(false, text.data(), text.size(), failed);
  if (failed == json::error::too_deep)
    return json_walker{text}.walk();
  if (!failed)
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
  if (failed || at < text.size()) {
    auto before = text.substr(0, at);
    text_place place{static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
                     at - (before.rfind('\n') + 1) + 1};
    auto why =
        failed ? fmt::format("no JSON: {}; a text that begins with `{{` is read as JSON", failed.message())
               : std::string{"the object has ended, but the text has not"};
    return {{}, workflow_problem{{}, std::move(why), {}, place}};
  }
  return json_walker{text}.walk();
}

} // namespace troupe
