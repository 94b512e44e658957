// JOURNAL FENCES: epochs as they were before anything was read, and those that a store has refused.
// Invariant: a batch is fenced with the epoch of every shard it touches, and that epoch was known before the batch was begun.

#include <algorithm>
#include <bitset>
#include <troupe/persistence/journal_fences.hpp>

namespace troupe {

std::optional<uint8_t> shard_of_key(std::string_view key) {
  if (key.size() < 2 || key[0] == '\0')
    return {};
  return static_cast<uint8_t>(key[1]);
}

journal_fences::journal_fences(std::optional<journal_sharing> sharing) : sharing_{std::move(sharing)} {}

void journal_fences::look() {
  if (!sharing_)
    return;
  told_.clear();
  now_ = sharing_->epochs->all();
  for (size_t shard = 0; shard < now_.size(); ++shard)
    if (now_[shard] != 0 && now_[shard] <= stale_[shard])
      now_[shard] = 0;
}

caf::error journal_fences::gone(uint8_t shard) {
  if (stale_[shard] != 0 && sharing_->deposed && sharing_->epochs->of(shard) == stale_[shard] &&
      told_.insert(shard).second)
    sharing_->deposed(shard);
  return make_error(ec::unavailable, "shard " + std::to_string(shard) + " has left this node");
}

caf::error journal_fences::refusal(uint8_t shard, uint64_t epoch) {
  if (!sharing_ || (epoch != 0 && epoch == now_[shard]))
    return {};
  return gone(shard);
}

caf::expected<std::vector<fence>> journal_fences::around(const write_batch& batch) {
  std::vector<fence> fences;
  if (!sharing_)
    return fences;
  std::bitset<limits::shards> touched;
  for (auto& row : batch)
    if (auto shard = shard_of_key(row.key))
      touched.set(*shard);
  for (size_t i = 0; i < touched.size(); ++i) {
    auto shard = static_cast<uint8_t>(i);
    if (!touched[i])
      continue;
    if (now_[shard] == 0)
      return gone(shard);
    fences.push_back({shard, now_[shard]});
  }
  return fences;
}

caf::error journal_fences::depose(uint8_t shard) {
  stale_[shard] = std::max(stale_[shard], now_[shard]);
  now_[shard] = 0;
  return gone(shard);
}

std::map<uint8_t, write_batch> apart(write_batch batch) {
  std::map<uint8_t, write_batch> parts;
  for (auto& row : batch)
    if (auto shard = shard_of_key(row.key))
      parts[*shard].push_back(std::move(row));
  return parts;
}

} // namespace troupe
