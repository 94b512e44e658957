// RETENTION RULES: a small language, `TENANT: run=DAYS, task=DAYS; TENANT: ...`, and what it means.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/retention_rules.hpp>
#include <troupe/runtime/rule_text.hpp>

namespace troupe {
namespace {

constexpr int64_t day_ms = std::chrono::milliseconds{std::chrono::hours{24}}.count();

// One `run=DAYS` or `task=DAYS`; what is wrong with it.
std::optional<std::string> take(std::string_view rule, tenant_retention& into) {
  auto equals = rule.find('=');
  auto kind = trimmed(rule.substr(0, equals));
  auto& days = kind == "run" ? into.run_days : into.task_days;
  if (equals == std::string_view::npos || (kind != "run" && kind != "task"))
    return fmt::format("'{}' is neither run=DAYS nor task=DAYS", rule);
  if (days)
    return fmt::format("{} is said twice", kind);
  auto number = trimmed(rule.substr(equals + 1));
  int64_t value = 0;
  auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (failure != std::errc{} || end != number.data() + number.size() || value < 0 ||
      value > most_retention_days)
    return fmt::format("'{}' is no number of days from 0 to {}", number, most_retention_days);
  days = value;
  return {};
}

} // namespace

caf::expected<tenant_retentions> parse_retentions(std::string_view text) {
  tenant_retentions all;
  auto refuse = [](std::string_view tenant, std::string_view why) {
    return make_error(ec::invalid_argument,
                      tenant.empty() ? std::string{why} : fmt::format("{}: {}", tenant, why));
  };
  if (trimmed(text).empty())
    return all;
  for (auto entry : parts_of(text, ';')) {
    auto colon = entry.find(':');
    auto tenant = trimmed(entry.substr(0, colon));
    if (colon == std::string_view::npos || !is_rule_name(tenant))
      return refuse({}, fmt::format("'{}' does not begin with a tenant and a colon", entry));
    if (all.size() == limits::retention_tenants)
      return refuse(tenant, fmt::format("more than {} tenants", limits::retention_tenants));
    auto [place, is_new] = all.emplace(tenant, tenant_retention{});
    if (!is_new)
      return refuse(tenant, "is there twice");
    for (auto rule : parts_of(entry.substr(colon + 1), ','))
      if (auto wrong = take(rule, place->second))
        return refuse(tenant, *wrong);
  }
  return all;
}

std::optional<std::string> check_retentions(std::string_view text) {
  auto read = parse_retentions(text);
  return read ? std::nullopt : std::optional{text_of(read.error())};
}

caf::expected<retention_rules> retention_of(const config& settings) {
  auto tenants = parse_retentions(settings.retention.tenants);
  if (!tenants)
    return make_error(ec::invalid_argument, "[retention] tenants: " + text_of(tenants.error()));
  return retention_rules{settings.retention.run_days, settings.retention.task_days, std::move(*tenants)};
}

std::optional<int64_t> retention_rules::due_ms(std::string_view tenant, std::string_view kind,
                                               int64_t ended_ms) const {
  if (ended_ms <= 0 || (kind != "run" && kind != "task"))
    return {};
  auto is_run = kind == "run";
  auto days = is_run ? run_days : task_days;
  if (auto own = tenants.find(tenant); own != tenants.end())
    days = (is_run ? own->second.run_days : own->second.task_days).value_or(days);
  if (days <= 0)
    return {};
  return ended_ms + days * day_ms;
}

} // namespace troupe
