// JSON whose values know their bytes. Boost.JSON says whether a text is JSON; what is found here is only where each value stands.
// Invariant: nothing is looked for in a text that is no JSON, and no search leaves the text.

#include <algorithm>
#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>
#include <limits>
#include <troupe/actors/workflow/expression/document.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

namespace json = boost::json;

// Keeps nothing of what the parser finds but how many values there are.
struct counter {
  static constexpr size_t unbounded = std::numeric_limits<size_t>::max();
  static constexpr size_t max_object_size = unbounded, max_array_size = unbounded, max_key_size = unbounded,
                          max_string_size = unbounded;
  using fail = json::error_code&;
  using part = json::string_view;

  bool on_document_begin(fail) {
    return true;
  }
  bool on_document_end(fail) {
    return true;
  }
  bool on_array_begin(fail) {
    return one();
  }
  bool on_array_end(size_t, fail) {
    return true;
  }
  bool on_object_begin(fail) {
    return one();
  }
  bool on_object_end(size_t, fail) {
    return true;
  }
  bool on_string_part(part, size_t, fail) {
    return true;
  }
  bool on_string(part, size_t, fail) {
    return one();
  }
  bool on_key_part(part, size_t, fail) {
    return true;
  }
  bool on_key(part, size_t, fail) {
    return one();
  }
  bool on_number_part(part, fail) {
    return true;
  }
  bool on_int64(int64_t, part, fail) {
    return one();
  }
  bool on_uint64(uint64_t, part, fail) {
    return one();
  }
  bool on_double(double, part, fail) {
    return one();
  }
  bool on_bool(bool, fail) {
    return one();
  }
  bool on_null(fail) {
    return one();
  }
  bool on_comment_part(part, fail) {
    return true;
  }
  bool on_comment(part, fail) {
    return true;
  }

  bool one() {
    ++values;
    return true;
  }

  size_t values = 0;
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void skip_space(std::string_view text, size_t& at) {
  while (at < text.size() && is_space(text[at]))
    ++at;
}

caf::error no_json(std::string_view text, size_t at, const std::string& why) {
  auto before = text.substr(0, at);
  auto line = 1 + std::count(before.begin(), before.end(), '\n');
  auto column = at - (before.rfind('\n') + 1) + 1; // npos + 1 is 0
  return make_error(ec::invalid_argument, fmt::format("line {}, column {}: {}", line, column, why));
}

} // namespace

caf::expected<json_document> json_document::read(std::string_view text, size_t max_depth, size_t max_values) {
  if (text.size() > std::numeric_limits<uint32_t>::max())
    return make_error(ec::invalid_argument, "the text is longer than 4 GiB");
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<counter> parser{options};
  json::error_code failed;
  auto at = parser.write_some(false, text.data(), text.size(), failed);
  skip_space(text, at);
  if (failed || at < text.size())
    return no_json(text, at, failed ? failed.message() : "the value has ended, but the text has not");
  auto count = parser.handler().values;
  if (count > max_values)
    return make_error(ec::invalid_argument, fmt::format("{} values, of at most {}", count, max_values));
  json_document result;
  result.text_ = text;
  result.values_.reserve(count);
  result.children_.reserve(count);
  std::vector<uint32_t> open;
  size_t from = 0;
  result.find(from, open);
  return result;
}

// Notes the value that begins at or after `at`; its depth was checked with the text. `open` holds children of what is not complete.
uint32_t json_document::find(size_t& at, std::vector<uint32_t>& open) {
  skip_space(text_, at);
  value found;
  found.begin = static_cast<uint32_t>(at);
  auto began = open.size();
  auto step_over = [&] {
    skip_space(text_, at);
    if (at < text_.size() && (text_[at] == ',' || text_[at] == ':'))
      ++at;
    skip_space(text_, at);
  };
  switch (at < text_.size() ? text_[at] : 'n') {
  case '"':
    found.is = kind::text;
    for (++at; at < text_.size() && text_[at] != '"'; ++at)
      at += text_[at] == '\\';
    ++at;
    break;
  case '[':
  case '{': {
    auto end = text_[at] == '[' ? ']' : '}';
    found.is = end == ']' ? kind::list : kind::object;
    ++at;
    for (step_over(); at < text_.size() && text_[at] != end; step_over())
      open.push_back(find(at, open));
    ++at;
    break;
  }
  default:
    found.is = text_[at] == 'n'                       ? kind::null
               : text_[at] == 't' || text_[at] == 'f' ? kind::boolean
                                                      : kind::number;
    at = std::min(text_.find_first_of(",]} \t\n\r", at), text_.size());
  }
  at = std::min(at, text_.size());
  found.end = static_cast<uint32_t>(at);
  found.first = static_cast<uint32_t>(children_.size());
  found.count = static_cast<uint32_t>(open.size() - began);
  children_.insert(children_.end(), open.begin() + static_cast<ptrdiff_t>(began), open.end());
  open.resize(began);
  values_.push_back(found);
  return static_cast<uint32_t>(values_.size() - 1);
}

const json_document::value* json_document::member(const value& object, std::string_view key) const {
  std::string buffer;
  for (auto n = object.is == kind::object ? object.count : 0; n > 0; n -= 2)
    if (characters(child(object, n - 2), buffer) == key)
      return &child(object, n - 1);
  return nullptr;
}

std::string_view json_document::characters(const value& text, std::string& buffer) const {
  auto quoted = bytes(text);
  if (quoted.find('\\') == quoted.npos)
    return quoted.substr(1, quoted.size() - 2);
  auto read = json::parse(json::string_view{quoted.data(), quoted.size()});
  buffer.assign(read.get_string().data(), read.get_string().size());
  return buffer;
}

} // namespace troupe
