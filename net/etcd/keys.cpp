// KEYS. Invariant: what is read back is what was written, byte by byte.

#include <charconv>
#include <fmt/format.h>
#include <troupe/net/etcd/keys.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe::etcd {
namespace {

constexpr std::string_view of_members = "members/", of_shards = "shards/";

} // namespace

std::string keys::member(std::string_view node) const {
  return fmt::format("{}{}{}", prefix_, of_members, node);
}

std::string keys::shard(uint8_t number) const {
  return fmt::format("{}{}{:03}", prefix_, of_shards, number);
}

std::optional<std::string> keys::member_in(std::string_view key) const {
  if (!key.starts_with(prefix_))
    return {};
  key.remove_prefix(prefix_.size());
  if (!key.starts_with(of_members))
    return {};
  key.remove_prefix(of_members.size());
  if (key.empty() || key.size() > limits::name_bytes || key.find('/') != std::string_view::npos)
    return {};
  return std::string{key};
}

std::optional<uint8_t> keys::shard_in(std::string_view key) const {
  auto digits = key.substr(std::min(prefix_.size() + of_shards.size(), key.size()));
  uint8_t number = 0;
  auto failed = std::from_chars(digits.data(), digits.data() + digits.size(), number).ec;
  return failed == std::errc{} && key == shard(number) ? std::optional{number} : std::nullopt;
}

} // namespace troupe::etcd
