// CONFIG TABLE: config_keys.def as data, and the pages printed from it.

#include <fmt/format.h>
#include <troupe/runtime/cluster_members.hpp>
#include <troupe/runtime/config_table.hpp>
#include <troupe/runtime/retention_rules.hpp>
#include <troupe/runtime/store_address.hpp>
#include <troupe/runtime/task_rates.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    auto end = text.find('|');
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<config_section> make_table() {
  std::vector<config_section> table;
#define SECTION(section, what)                                                                               \
  {                                                                                                          \
    constexpr auto part = &config::section;                                                                  \
    auto& keys = table.emplace_back(config_section{#section, what, {}}).keys;
#define IN(key) [](config& c) -> config_field { return &(c.*part).key; }
#define FLAG(key, initial, what) keys.push_back({#key, IN(key), 0, 0, "", {}, what});
#define WHOLE(key, initial, lowest, highest, unit, what)                                                     \
  keys.push_back({#key, IN(key), lowest, highest, unit, {}, what});
#define NUMBER(key, initial, lowest, highest, unit, what) WHOLE(key, initial, lowest, highest, unit, what)
#define TEXT(key, initial, fewest, most, what)                                                               \
  keys.push_back({#key, IN(key), fewest, most, "bytes", {}, what});
#define CHOICE(key, initial, choices, what) keys.push_back({#key, IN(key), 0, 0, "", split(choices), what});
#define FORM(key, initial, most, example, check, what)                                                       \
  keys.push_back({#key, IN(key), 0, most, "bytes", {}, what, example, check});
#define END(section) }
#include <troupe/runtime/config_keys.def>
#undef IN
  return table;
}

std::string number(double value) {
  auto text = fmt::format("{}", value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text; // n: nan, inf
}

} // namespace

const std::vector<config_section>& config_table() {
  static const auto rows = make_table();
  return rows;
}

std::string json_of(const config_field& field) {
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
      std::string out;
      append_json(out, *x);
      return out;
    }
  };
  return std::visit(print{}, field);
}

std::string allowed_for(const config_key& row) {
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
    return fmt::format("one of {}", fmt::join(row.choices, ", "));
  if (row.check)
    return fmt::format("text such as `{}`, at most {:.0f} bytes", row.example, row.highest);
  return fmt::format("text of {:.0f} to {:.0f} bytes", row.lowest, row.highest);
}

std::string describe_config() {
  std::string page =
      "# troupe.toml\n\nThe configuration of a node. Every key is optional. An unknown key, or a "
      "value that is not allowed, is refused\nat the start, with its place in the file.\n";
  config defaults;
  for (auto& section : config_table()) {
    page += fmt::format(
        "\n## [{}]\n\n{}\n\n| key | default | allowed | what it does |\n| --- | --- | --- | --- |\n",
        section.name, section.what);
    for (auto& row : section.keys)
      page += fmt::format("| `{}` | `{}` | {} | {} |\n", row.name, json_of(row.in(defaults)),
                          allowed_for(row), row.what);
  }
  return page;
}

std::string config_to_json(const config& values) {
  auto copy = values;
  std::vector<std::string> sections;
  for (auto& section : config_table()) {
    std::vector<std::string> keys;
    for (auto& row : section.keys)
      keys.push_back(fmt::format("\"{}\":{}", row.name, json_of(row.in(copy))));
    sections.push_back(fmt::format("\"{}\":{{{}}}", section.name, fmt::join(keys, ",")));
  }
  return fmt::format("{{{}}}", fmt::join(sections, ","));
}

} // namespace troupe
