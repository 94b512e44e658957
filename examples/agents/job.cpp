// JOB: reading inputs.

#include "job.hpp"

#include <fmt/format.h>
#include <troupe/runtime/error.hpp>

namespace troupe::crew {

std::string job::text(std::string_view name) const {
  auto found = inputs_.find(name);
  return found == inputs_.end() ? std::string{} : found->second;
}

bool job::flag(std::string_view name) const {
  return text(name) == "true";
}

caf::expected<audit::json> job::tree(std::string_view name) const {
  auto source = text(name);
  if (source.empty())
    return audit::json{};
  auto parsed = audit::parse_json(source);
  if (auto* wrong = std::get_if<audit::json_error>(&parsed))
    return make_error(ec::invalid_argument, fmt::format("{} is {}", name, wrong->text));
  return std::move(std::get<audit::json>(parsed));
}

caf::expected<std::vector<std::string>> job::list(std::string_view name) const {
  auto parsed = tree(name);
  if (!parsed)
    return std::move(parsed.error());
  std::vector<std::string> items;
  if (parsed->as<std::nullptr_t>())
    return items;
  auto* all = parsed->as<audit::json_list>();
  if (!all || all->size() > list_items)
    return make_error(ec::invalid_argument,
                      fmt::format("{} is no list of at most {} texts", name, list_items));
  for (auto& one : *all) {
    auto* item = one.as<std::string>();
    if (!item)
      return make_error(ec::invalid_argument, fmt::format("{} holds something that is no text", name));
    items.push_back(*item);
  }
  return items;
}

std::string text_in(const audit::json& object, std::string_view key) {
  auto* found = audit::member(object, key);
  auto* words = found ? found->as<std::string>() : nullptr;
  return words ? *words : std::string{};
}

std::string slug(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string result;
  for (char c : text) {
    auto letter = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
      result += letter;
    else if (!result.empty() && result.back() != '-')
      result += '-';
    if (result.size() == longest)
      break;
  }
  while (!result.empty() && result.back() == '-')
    result.pop_back();
  return result.empty() ? "unnamed" : result;
}

std::string fingerprint(std::string_view text) {
  uint64_t hash = 14695981039346656037u; // Fowler, Noll, Vo
  for (unsigned char byte : text)
    hash = (hash ^ byte) * 1099511628211u;
  return fmt::format("{:016x}", hash);
}

} // namespace troupe::crew
