// Findings as bytes and back.
// Invariant: decode(encode(x)) == x for every x whose texts are UTF-8, and decode never throws.

#include "finding.hpp"

#include "json.hpp"

#include <limits>
#include <optional>
#include <tuple>

namespace troupe::audit {
namespace {

constexpr std::int64_t encoding_version = 1;
constexpr std::size_t fields_per_finding = 7;

std::optional<severity> severity_named(std::string_view name) {
  for (auto level : all_severities)
    if (name_of(level) == name)
      return level;
  return std::nullopt;
}

bool is_position(const std::int64_t* value) {
  return value != nullptr && *value >= 1 && *value <= std::numeric_limits<std::uint32_t>::max();
}

std::optional<finding> decode_one(const json& item) {
  const auto* fields = item.as<json_list>();
  if (fields == nullptr || fields->size() != fields_per_finding)
    return std::nullopt;
  const auto text = [&](std::size_t i) { return (*fields)[i].as<std::string>(); };
  const auto number = [&](std::size_t i) { return (*fields)[i].as<std::int64_t>(); };
  if (!text(0) || !text(1) || !text(2) || !text(5) || !text(6) || !is_position(number(3)) ||
      !is_position(number(4)))
    return std::nullopt;
  const auto level = severity_named(*text(1));
  if (!level)
    return std::nullopt;
  return finding{*text(0),
                 *level,
                 *text(2),
                 static_cast<std::uint32_t>(*number(3)),
                 static_cast<std::uint32_t>(*number(4)),
                 *text(5),
                 *text(6)};
}

} // namespace

std::string_view name_of(severity level) {
  constexpr std::array<std::string_view, 5> names{"info", "low", "medium", "high", "critical"};
  return names.at(static_cast<std::size_t>(level));
}

std::string_view category_of(std::string_view rule_id) {
  return rule_id.substr(0, rule_id.find('.'));
}

bool comes_before(const finding& a, const finding& b) {
  return std::tie(a.file, a.line, a.column, a.rule, a.message) <
         std::tie(b.file, b.line, b.column, b.rule, b.message);
}

std::string encode(std::span<const finding> findings) {
  json_list items;
  items.reserve(findings.size());
  for (const auto& f : findings)
    items.push_back(json_list{f.rule, name_of(f.level), f.file, f.line, f.column, f.message, f.excerpt});
  return write_json(json_object{{"v", encoding_version}, {"findings", std::move(items)}});
}

std::variant<std::vector<finding>, decode_error> decode(std::string_view bytes) {
  const auto parsed = parse_json(bytes);
  if (const auto* failure = std::get_if<json_error>(&parsed))
    return decode_error{"findings are " + failure->text};
  const auto& tree = std::get<json>(parsed);
  const auto* version = member(tree, "v");
  if (version == nullptr || version->as<std::int64_t>() == nullptr ||
      *version->as<std::int64_t>() != encoding_version)
    return decode_error{"findings are not of version 1"};
  const auto* items = member(tree, "findings");
  if (items == nullptr || items->as<json_list>() == nullptr)
    return decode_error{"findings have no list"};
  std::vector<finding> result;
  result.reserve(items->as<json_list>()->size());
  for (const auto& item : *items->as<json_list>()) {
    auto one = decode_one(item);
    if (!one)
      return decode_error{"finding " + std::to_string(result.size()) + " has a wrong field"};
    result.push_back(std::move(*one));
  }
  return result;
}

} // namespace troupe::audit
