// TREE: printing. Invariant: what is printed is read as the same tree, by our readers and by those of others: whatever YAML 1.1 or
// 1.2 takes for something else than a text stands in quotes.

#include <algorithm>
#include <array>
#include <cctype>
#include <troupe/behaviors/form/tree.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

// YAML looks for the `:` of a name only so far.
constexpr size_t longest_name = 1000;
constexpr size_t longest_line = 100;

bool letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A word that some YAML takes for a boolean or for nothing.
bool is_word_of_yaml(std::string_view text) {
  constexpr std::array<std::string_view, 9> words{"true", "false", "yes", "no", "on",
                                                  "off",  "null",  "y",   "n"};
  auto same = [&](std::string_view word) {
    return std::equal(word.begin(), word.end(), text.begin(), text.end(),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  };
  return std::any_of(words.begin(), words.end(), same);
}

// No control characters, and nothing that is one for some reader of YAML: DEL, C1, line separators, byte order marks.
bool is_printable(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (c < 0x20 || c == 0x7F || (c == 0xC2 && next < 0xA0))
      return false;
  }
  return !has(text, "\u2028") && !has(text, "\u2029") && !has(text, "\uFEFF");
}

bool is_plain(std::string_view text) {
  return !text.empty() && (letter(text[0]) || text[0] == '_' || text[0] == '/') && text.back() != ' ' &&
         text.back() != ':' && !has(text, ": ") && !has(text, " #") && is_printable(text) &&
         !is_word_of_yaml(text);
}

// One that may stand between brackets and commas.
bool is_plain_in_flow(std::string_view text) {
  return is_plain(text) && text.find_first_of(",[]{}:?") == std::string_view::npos;
}

// The sign before a text of several lines that stands as it is, or nothing if it cannot.
std::string_view block_sign(std::string_view text) {
  auto ends = text.ends_with('\n');
  auto lines = ends ? text.substr(0, text.size() - 1) : text;
  if (!has(lines, "\n") || lines.starts_with(' ') || lines.starts_with('\n') || lines.ends_with('\n'))
    return {};
  for (size_t from = 0, to = 0; from <= lines.size(); from = to + 1) {
    to = std::min(lines.find('\n', from), lines.size());
    auto line = lines.substr(from, to - from);
    if (!is_printable(line) || line.ends_with(' '))
      return {};
  }
  return ends ? "|" : "|-";
}

std::string in_quotes(std::string_view text) {
  std::string out;
  if (is_printable(text) && (has(text, "\"") || has(text, "\\"))) {
    out += '\'';
    for (auto c : text)
      out.append(c == '\'' ? 2 : 1, c);
    return out + '\'';
  }
  append_json(out, text);
  return out;
}

class yaml_printer {
public:
  std::string print(const written_value& root) {
    if (root.items.empty() || root.scalar())
      out_ += inline_form(root) + "\n";
    else
      block(root, 0);
    return std::move(out_);
  }

private:
  static std::string word(const written_value& value) {
    return value.as == written_as::plain || is_plain(value.text) ? value.text : in_quotes(value.text);
  }

  static std::string inline_form(const written_value& value) {
    switch (value.as) {
    case written_as::null:
      return "null";
    case written_as::list:
      return "[]";
    case written_as::object:
      return "{}";
    default:
      return word(value);
    }
  }

  // [a, b], if short words are all there is.
  static std::string line_of_words(const written_value& list) {
    std::string out = "[";
    for (auto& item : list.items) {
      if (!item.scalar() || !(item.as == written_as::plain || is_plain_in_flow(item.text)) ||
          out.size() > longest_line)
        return {};
      out += (out.size() > 1 ? ", " : "") + item.text;
    }
    return out.size() > longest_line ? std::string{} : out + "]";
  }

  // The first line of an object in a list begins behind the `- `.
  void block(const written_value& value, size_t indent) {
    for (size_t i = 0; i < value.items.size(); ++i) {
      if (out_.ends_with('\n'))
        out_.append(indent, ' ');
      if (value.as == written_as::list) {
        out_ += "- ";
        item(value.items[i], indent + 2);
      } else {
        name(value.keys[i], indent);
        member(value.items[i], indent + 2);
      }
    }
  }

  void name(const written_value& key, size_t indent) {
    auto text = word(key);
    if (text.size() > longest_name)
      (out_ += "? " + text + "\n").append(indent, ' ');
    else
      out_ += text;
    out_ += ':';
  }

  void member(const written_value& value, size_t indent) {
    if (value.scalar() || value.items.empty())
      return scalar_or_empty(value, indent, " ");
    if (auto line = value.as == written_as::list ? line_of_words(value) : std::string{}; !line.empty()) {
      out_ += " " + line + "\n";
      return;
    }
    out_ += '\n';
    block(value, indent);
  }

  void item(const written_value& value, size_t indent) {
    if (value.scalar() || value.items.empty())
      return scalar_or_empty(value, indent, "");
    block(value, indent);
  }

  void scalar_or_empty(const written_value& value, size_t indent, std::string_view before) {
    out_ += before;
    auto sign = value.as == written_as::quoted ? block_sign(value.text) : std::string_view{};
    if (sign.empty()) {
      out_ += inline_form(value) + "\n";
      return;
    }
    out_ += sign;
    out_ += '\n';
    std::string_view text = value.text;
    while (!text.empty()) {
      auto line = text.substr(0, text.find('\n'));
      if (!line.empty())
        out_.append(indent, ' ') += line;
      out_ += '\n';
      text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
  }

  std::string out_;
};

// JSON, over several lines or in one.
class json_printer {
public:
  explicit json_printer(bool compact) : compact_{compact} {}

  std::string print(const written_value& root) {
    value(root, 0);
    if (!compact_)
      out_ += '\n';
    return std::move(out_);
  }

private:
  void value(const written_value& from, size_t indent) {
    switch (from.as) {
    case written_as::null:
      out_ += "null";
      break;
    case written_as::plain:
      if (is_json_literal(from.text))
        out_ += from.text;
      else
        append_json(out_, from.text);
      break;
    case written_as::quoted:
      append_json(out_, from.text);
      break;
    default:
      several(from, indent + 2);
    }
  }

  void several(const written_value& from, size_t indent) {
    auto is_object = from.as == written_as::object;
    auto in_one = compact_ || from.items.empty() ||
                  (!is_object && std::all_of(from.items.begin(), from.items.end(),
                                             [](auto& item) { return item.scalar(); }));
    out_ += is_object ? '{' : '[';
    for (size_t i = 0; i < from.items.size(); ++i) {
      out_ += i == 0 ? "" : in_one && !compact_ ? ", " : ",";
      if (!in_one)
        (out_ += '\n').append(indent, ' ');
      if (is_object) {
        append_json(out_, from.keys[i].text);
        out_ += compact_ ? ":" : ": ";
      }
      value(from.items[i], indent);
    }
    if (!in_one)
      (out_ += '\n').append(indent - 2, ' ');
    out_ += is_object ? '}' : ']';
  }

  bool compact_;
  std::string out_;
};

} // namespace

bool is_json_literal(std::string_view plain) {
  if (plain == "true" || plain == "false")
    return true;
  size_t at = plain.starts_with('-') ? 1 : 0;
  auto digits = [&] {
    auto from = at;
    while (at < plain.size() && plain[at] >= '0' && plain[at] <= '9')
      ++at;
    return at - from;
  };
  auto leading_zero = plain.substr(std::min(at, plain.size())).starts_with('0');
  if (auto whole = digits(); whole == 0 || (leading_zero && whole > 1))
    return false;
  if (at < plain.size() && plain[at] == '.' && (++at, digits() == 0))
    return false;
  if (at < plain.size() && (plain[at] | 0x20) == 'e') {
    if (++at < plain.size() && (plain[at] == '+' || plain[at] == '-'))
      ++at;
    if (digits() == 0)
      return false;
  }
  return at == plain.size();
}

std::string print_yaml(const written_value& tree) {
  return yaml_printer{}.print(tree);
}

std::string print_json(const written_value& tree) {
  return json_printer{false}.print(tree);
}

std::string print_compact_json(const written_value& tree) {
  return json_printer{true}.print(tree);
}

} // namespace troupe
