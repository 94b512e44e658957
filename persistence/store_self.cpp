// STORE SELF: what a store knows of itself.
// Invariant: the epoch of a shard never falls; a store is never read by a program older than its layout.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/store_self.hpp>

namespace troupe {
namespace {

std::string epoch_key(size_t shard) {
  return store_key("epoch/" + std::to_string(shard));
}

// The number a row holds; nothing if it holds no number.
std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size())
    return {};
  return value;
}

} // namespace

store_self::store_self(std::string naming_key, std::string id)
    : naming_key_{std::move(naming_key)}, id_{std::move(id)} {}

const std::string& store_self::moved_naming_key() {
  static const std::string zeros(32, '\0');
  return zeros;
}

caf::expected<store_self> store_self::read(const std::map<std::string, std::string>& rows) {
  auto row = [&](const std::string& key) {
    auto found = rows.find(key);
    return found == rows.end() ? std::string{} : found->second;
  };
  auto version = number(row(store_key("layout")));
  if (!version)
    return make_error(ec::corrupt, "the row of its layout version is missing or damaged");
  if (*version > layout)
    return make_error(
        ec::from_future,
        fmt::format("its layout is {}, this program reads up to {}: use a newer one", *version, layout));
  store_self self{row(store_key("naming_key")), row(store_key("id"))};
  if (self.naming_key_.size() != 32 || self.id_.empty())
    return make_error(ec::corrupt, "the rows of its id and naming key are missing or damaged");
  for (size_t shard = 0; shard < self.epochs_.size(); ++shard) {
    auto stored = rows.find(epoch_key(shard));
    if (stored == rows.end())
      continue;
    auto epoch = number(stored->second);
    if (!epoch)
      return make_error(ec::corrupt, fmt::format("the epoch of shard {} is no number", shard));
    self.epochs_[shard] = *epoch;
  }
  return self;
}

caf::error store_self::reread(const std::map<std::string, std::string>& rows) {
  auto found = read(rows);
  if (!found)
    return found.error();
  if (found->id_ != id_ || (found->naming_key_ != naming_key_ && found->naming_key_ != moved_naming_key()))
    return make_error(ec::corrupt,
                      fmt::format("store {} was opened and now it is store {}", id_, found->id_));
  epochs_ = found->epochs_;
  return caf::none;
}

write_batch store_self::birth() const {
  return {{space::meta, store_key("layout"), std::to_string(layout_at_birth)},
          {space::meta, store_key("naming_key"), naming_key_},
          {space::meta, store_key("id"), id_}};
}

caf::expected<write_batch> store_self::admit(const std::vector<fence>& fences) const {
  auto raised = *this;
  raised.admitted(fences);
  write_batch rows;
  for (auto& [shard, epoch] : fences) {
    if (epoch < raised.epochs_[shard])
      return make_error(ec::stale, fmt::format("shard {} has been taken over: epoch {} is below {}", shard,
                                               epoch, raised.epochs_[shard]));
    if (epoch > epochs_[shard])
      rows.push_back({space::meta, epoch_key(shard), std::to_string(epoch)});
  }
  return rows;
}

void store_self::admitted(const std::vector<fence>& fences) {
  for (auto& [shard, epoch] : fences)
    epochs_[shard] = std::max(epochs_[shard], epoch);
}

} // namespace troupe
