// TASK RATES: a small language, `CAPABILITY: rate=NUMBER, burst=NUMBER; key NAME: ...`.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/queue_limits.hpp>
#include <troupe/runtime/rule_text.hpp>
#include <troupe/runtime/task_rates.hpp>

namespace troupe {
namespace {

constexpr std::string_view key_word = "key ";

// One `rate=NUMBER` or `burst=NUMBER`; what is wrong with it.
std::optional<std::string> take(std::string_view rule, task_rate& into) {
  auto equals = rule.find('=');
  auto word = trimmed(rule.substr(0, equals));
  if (equals == std::string_view::npos || (word != "rate" && word != "burst"))
    return fmt::format("'{}' is neither rate=NUMBER nor burst=NUMBER", rule);
  auto& number = word == "rate" ? into.per_second : into.burst;
  if (number != 0)
    return fmt::format("{} is said twice", word);
  auto text = trimmed(rule.substr(equals + 1));
  auto lowest =
      word == "rate" ? 1e-6 : 1.0; // one in twelve days; and what grants nothing at once grants nothing
  double value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() ||
      !(value >= lowest && value <= limits::task_rate))
    return fmt::format("'{}' is no {} from {} to {}", text, word, lowest, limits::task_rate);
  number = value;
  return {};
}

} // namespace

caf::expected<task_rates> parse_task_rates(std::string_view text) {
  task_rates all;
  auto refuse = [](std::string why) { return make_error(ec::invalid_argument, std::move(why)); };
  if (trimmed(text).empty())
    return all;
  for (auto entry : parts_of(text, ';')) {
    auto colon = entry.find(':');
    auto name = trimmed(entry.substr(0, colon));
    auto is_key = name.starts_with(key_word);
    if (is_key)
      name = trimmed(name.substr(key_word.size()));
    if (colon == std::string_view::npos || !is_rule_name(name))
      return refuse(fmt::format(
          "'{}' does not begin with a capability, or `key` and a concurrency key, and a colon", entry));
    if (all.by_capability.size() + all.by_key.size() == limits::task_rates)
      return refuse(fmt::format("{}: more than {} rates", name, limits::task_rates));
    auto [place, is_new] = (is_key ? all.by_key : all.by_capability).emplace(name, task_rate{});
    if (!is_new)
      return refuse(fmt::format("{}: is there twice", name));
    for (auto rule : parts_of(entry.substr(colon + 1), ','))
      if (auto wrong = take(rule, place->second))
        return refuse(fmt::format("{}: {}", name, *wrong));
    auto& rate = place->second;
    if (rate.per_second == 0)
      return refuse(fmt::format("{}: has no rate=NUMBER", name));
    if (rate.burst == 0)
      rate.burst = std::max(1.0, rate.per_second);
  }
  return all;
}

std::optional<std::string> check_task_rates(std::string_view text) {
  auto read = parse_task_rates(text);
  return read ? std::nullopt : std::optional{text_of(read.error())};
}

} // namespace troupe
