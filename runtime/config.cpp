// CONFIG: the only file that sees toml++. Invariant: a config that comes out has every value within its row's
// range.

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <toml++/toml.h>
#include <troupe/runtime/config_table.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/nearest.hpp>

namespace troupe {
namespace {

template <class Names>
std::string listed(const Names& names) {
  return fmt::format("{}", fmt::join(names, ", "));
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
      std::string_view name = key.str();
      auto section = std::find_if(config_table().begin(), config_table().end(),
                                  [&](auto& row) { return row.name == name; });
      if (section == config_table().end())
        unknown(key, fmt::format("unknown section '{}'", key.str()), names(config_table()),
                "the sections are ");
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
  void read(const config_section& section, const toml::table& keys) {
    for (auto&& [key, node] : keys) {
      std::string_view name = key.str();
      auto row =
          std::find_if(section.keys.begin(), section.keys.end(), [&](auto& r) { return r.name == name; });
      if (row == section.keys.end())
        unknown(key, fmt::format("unknown key '{}.{}'", section.name, key.str()) + elsewhere(key.str()),
                names(section.keys), fmt::format("the keys of [{}] are ", section.name));
      else if (auto wrong = take(*row, node))
        refuse(node, fmt::format("'{}.{}' must be {}, but is {}", section.name, key.str(), allowed_for(*row),
                                 *wrong));
    }
  }

  // Keeps a value, or says what it is instead of what it must be.
  std::optional<std::string> take(const config_key& row, const toml::node& node) {
    auto to = row.in(values);
    auto within = [&](double x) { return x >= row.lowest && x <= row.highest; }; // nan is not
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
        return json_of(&x);
      **decimal = x;
    } else if (auto* text = std::get_if<std::string*>(&to); text && node.is_string()) {
      auto x = node.as_string()->get();
      if (!row.choices.empty() && std::find(row.choices.begin(), row.choices.end(), x) == row.choices.end()) {
        auto near = nearest(x, row.choices);
        return json_of(&x) + (near.empty() ? "" : fmt::format("; did you mean {}?", near));
      }
      if (row.choices.empty() && !within(static_cast<double>(x.size())))
        return fmt::format("one of {} bytes", x.size());
      if (std::any_of(x.begin(), x.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
        return json_of(&x) + ", with control characters";
      if (auto wrong = row.check ? row.check(x) : std::nullopt)
        return fmt::format("{}: {}", json_of(&x), *wrong);
      **text = std::move(x);
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
    for (auto& section : config_table())
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

} // namespace troupe
