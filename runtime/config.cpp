// CONFIG: the only file that sees toml++. Invariant: a config that comes out has every value within its row's
// range.

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <toml++/toml.h>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/nearest.hpp>
#include <troupe/runtime/utf8.hpp>
#include <variant>
#include <vector>

namespace troupe {
namespace {

using field = std::variant<bool*, int64_t*, double*, std::string*>;

struct key_row {
  std::string_view name;
  field (*in)(config&);
  double lowest = 0; // of a text: its bytes
  double highest = 0;
  std::string_view unit;
  std::vector<std::string_view> choices; // a text that is none of them is refused
  std::string_view what;
};

struct section_row {
  std::string_view name;
  std::string_view what;
  std::vector<key_row> keys;
};

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find('|');
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      break;
  }
  return parts;
}

std::vector<section_row> make_table() {
  std::vector<section_row> table;
#define SECTION(section, what)                                                                               \
  {                                                                                                          \
    constexpr auto part = &config::section;                                                                  \
    auto& keys = table.emplace_back(section_row{#section, what, {}}).keys;
#define IN(key) [](config& c) -> field { return &(c.*part).key; }
#define FLAG(key, initial, what) keys.push_back({#key, IN(key), 0, 0, "", {}, what});
#define WHOLE(key, initial, lowest, highest, unit, what)                                                     \
  keys.push_back({#key, IN(key), lowest, highest, unit, {}, what});
#define NUMBER(key, initial, lowest, highest, unit, what) WHOLE(key, initial, lowest, highest, unit, what)
#define TEXT(key, initial, fewest, most, what)                                                               \
  keys.push_back({#key, IN(key), fewest, most, "bytes", {}, what});
#define CHOICE(key, initial, choices, what) keys.push_back({#key, IN(key), 0, 0, "", split(choices), what});
#define END(section) }
#include <troupe/runtime/config_keys.def>
#undef IN
  return table;
}

const std::vector<section_row>& table() {
  static const auto rows = make_table();
  return rows;
}

std::string number(double value) {
  auto text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

std::string value_text(const field& f) {
  struct print {
    std::string operator()(const bool* x) const {
      return *x ? "true" : "false";
    }
    std::string operator()(const int64_t* x) const {
      return std::to_string(*x);
    }
    std::string operator()(const double* x) const {
      return number(*x);
    }
    std::string operator()(const std::string* x) const {
      return json_text(*x);
    }
  };
  return std::visit(print{}, f);
}

template <class Names>
std::string listed(const Names& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string allowed(const key_row& row) {
  config defaults;
  auto f = row.in(defaults);
  auto unit = row.unit.empty() ? std::string{} : " " + std::string{row.unit};
  if (std::holds_alternative<bool*>(f))
    return "true or false";
  if (std::holds_alternative<int64_t*>(f))
    return fmt::format("an integer from {:.0f} to {:.0f}{}", row.lowest, row.highest, unit);
  if (std::holds_alternative<double*>(f))
    return fmt::format("a number from {} to {}{}", number(row.lowest), number(row.highest), unit);
  if (!row.choices.empty())
    return "one of " + listed(row.choices);
  return fmt::format("text of {:.0f} to {:.0f} bytes", row.lowest, row.highest);
}

std::string_view type_name(toml::node_type type) {
  switch (type) {
  case toml::node_type::string:
    return "text";
  case toml::node_type::integer:
    return "an integer";
  case toml::node_type::floating_point:
    return "a decimal number";
  case toml::node_type::boolean:
    return "true or false";
  case toml::node_type::table:
    return "a section";
  case toml::node_type::array:
    return "a list";
  default:
    return "a date or time";
  }
}

struct mistake {
  toml::source_position at;
  std::string text;
};

class reader {
public:
  config values;
  std::vector<mistake> mistakes;

  void read(const toml::table& file) {
    for (auto&& [key, node] : file) {
      auto section =
          std::find_if(table().begin(), table().end(), [&](auto& row) { return row.name == key.str(); });
      if (section == table().end())
        unknown(key, fmt::format("unknown section '{}'", key.str()), names(table()), "the sections are ");
      else if (auto* keys = node.as_table())
        read(*section, *keys);
      else
        refuse(node, fmt::format("'{}' must be a section, but is {}", key.str(), type_name(node.type())));
    }
    auto& s = values.supervision;
    if (s.backoff_longest_ms < s.backoff_first_ms) { // then one of them is in the file
      auto keys = file["supervision"];
      auto given = keys["backoff_longest_ms"] ? keys["backoff_longest_ms"] : keys["backoff_first_ms"];
      refuse(*given.node(), fmt::format("'supervision.backoff_longest_ms' is {}, below backoff_first_ms, {}",
                                        s.backoff_longest_ms, s.backoff_first_ms));
    }
  }

private:
  void read(const section_row& section, const toml::table& keys) {
    for (auto&& [key, node] : keys) {
      auto row = std::find_if(section.keys.begin(), section.keys.end(),
                              [&](auto& r) { return r.name == key.str(); });
      if (row == section.keys.end())
        unknown(key, fmt::format("unknown key '{}.{}'", section.name, key.str()) + elsewhere(key.str()),
                names(section.keys), fmt::format("the keys of [{}] are ", section.name));
      else if (auto wrong = take(*row, node))
        refuse(node,
               fmt::format("'{}.{}' must be {}, but is {}", section.name, key.str(), allowed(*row), *wrong));
    }
  }

  // Keeps a value, or says what it is instead of what it must be.
  std::optional<std::string> take(const key_row& row, const toml::node& node) {
    auto to = row.in(values);
    auto within = [&](double x) {
      return x >= row.lowest && x <= row.highest;
    }; // false for what is no number
    if (auto* flag = std::get_if<bool*>(&to); flag && node.is_boolean()) {
      **flag = node.as_boolean()->get();
    } else if (auto* whole = std::get_if<int64_t*>(&to); whole && node.is_integer()) {
      auto x = node.as_integer()->get();
      if (!within(static_cast<double>(x)))
        return std::to_string(x);
      **whole = x;
    } else if (auto* decimal = std::get_if<double*>(&to); decimal && node.is_number()) {
      auto x = *node.value<double>();
      if (!within(x))
        return number(x);
      **decimal = x;
    } else if (auto* text = std::get_if<std::string*>(&to); text && node.is_string()) {
      auto& x = node.as_string()->get();
      if (!row.choices.empty() && std::find(row.choices.begin(), row.choices.end(), x) == row.choices.end()) {
        auto near = nearest(x, row.choices);
        return json_text(x) + (near.empty() ? "" : fmt::format("; did you mean {}?", near));
      }
      if (row.choices.empty() && !within(static_cast<double>(x.size())))
        return fmt::format("one of {} bytes", x.size());
      if (std::any_of(x.begin(), x.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
        return json_text(x) + ", with control characters";
      **text = x;
    } else {
      return std::string{type_name(node.type())};
    }
    return {};
  }

  template <class Rows>
  static std::vector<std::string_view> names(const Rows& rows) {
    std::vector<std::string_view> all;
    for (auto& row : rows)
      all.push_back(row.name);
    return all;
  }

  static std::string elsewhere(std::string_view key) {
    for (auto& section : table())
      for (auto& row : section.keys)
        if (row.name == key)
          return fmt::format("; it belongs to [{}]", section.name);
    return {};
  }

  void unknown(const toml::key& key, std::string text, const std::vector<std::string_view>& known,
               std::string list) {
    auto near = nearest(key.str(), known);
    if (!near.empty())
      text += fmt::format("; did you mean '{}'?", near);
    mistakes.push_back({key.source().begin, text + "; " + list + listed(known)});
  }

  void refuse(const toml::node& node, std::string text) {
    mistakes.push_back({node.source().begin, std::move(text)});
  }
};

std::string place(std::string_view name, const toml::source_position& at, std::string_view text) {
  return fmt::format("{}:{}:{}: {}", name, at.line, at.column, text);
}

} // namespace

caf::expected<config> parse_config(std::string_view text, std::string_view name) {
  if (text.size() > limits::config_bytes)
    return make_error(ec::invalid_argument, fmt::format("{}: {} bytes; at most {} are read", name,
                                                        text.size(), limits::config_bytes));
  reader r;
  try {
    r.read(toml::parse(text, name));
  } catch (const toml::parse_error& e) {
    return make_error(ec::invalid_argument, place(name, e.source().begin, e.description()));
  }
  if (r.mistakes.empty())
    return std::move(r.values);
  std::stable_sort(r.mistakes.begin(), r.mistakes.end(), [](auto& a, auto& b) { return a.at < b.at; });
  std::vector<std::string> lines;
  for (auto& m : r.mistakes)
    lines.push_back(place(name, m.at, m.text));
  return make_error(ec::invalid_argument, fmt::format("{}", fmt::join(lines, "\n")));
}

caf::expected<config> load_config(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text;
  if (file) {
    text.resize(limits::config_bytes + 1); // one byte more tells a file that is too long
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
  }
  if (!file.eof() && file.fail() && text.empty())
    return make_error(ec::not_found, path + ": no configuration file can be read here");
  return parse_config(text, path);
}

std::string describe_config() {
  std::string page = "# troupe.toml\n\nThe configuration of a node. Every key is optional. A key that is not "
                     "listed here, or a "
                     "value that is not allowed, is\nrefused at the start, with its place in the file.\n";
  config defaults;
  for (auto& section : table()) {
    page += fmt::format(
        "\n## [{}]\n\n{}\n\n| key | default | allowed | what it does |\n| --- | --- | --- | --- |\n",
        section.name, section.what);
    for (auto& row : section.keys)
      page += fmt::format("| `{}` | `{}` | {} | {} |\n", row.name, value_text(row.in(defaults)), allowed(row),
                          row.what);
  }
  return page;
}

std::string config_to_json(const config& values) {
  auto copy = values;
  std::vector<std::string> sections;
  for (auto& section : table()) {
    std::vector<std::string> keys;
    for (auto& row : section.keys)
      keys.push_back(fmt::format("\"{}\":{}", row.name, value_text(row.in(copy))));
    sections.push_back(fmt::format("\"{}\":{{{}}}", section.name, fmt::join(keys, ",")));
  }
  return fmt::format("{{{}}}", fmt::join(sections, ","));
}

} // namespace troupe
