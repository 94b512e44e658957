// SHARD CLOSING: shards with somebody left, and questions with shards left.
// Invariant: a shard is here exactly while somebody of it is left; a question is answered when none of its shards is.

#include <algorithm>
#include <troupe/actors/agent/shard_closing.hpp>

namespace troupe {

void shard_closing::begin(const std::map<uint8_t, std::set<std::string>>& awake, int64_t deadline_ms,
                          std::function<void()> done) {
  question asked{{}, std::move(done)};
  for (auto& [shard, refs] : awake) {
    if (refs.empty())
      continue;
    auto [one, is_new] = shards_.try_emplace(shard);
    auto& now = one->second;
    now.left.insert(refs.begin(), refs.end());
    now.deadline_ms = is_new ? deadline_ms : std::min(now.deadline_ms, deadline_ms);
    asked.shards.insert(shard);
  }
  if (asked.shards.empty())
    asked.done();
  else
    questions_.push_back(std::move(asked));
}

std::vector<std::string> shard_closing::gone(uint8_t shard, const std::string& ref) {
  auto one = shards_.find(shard);
  if (one == shards_.end())
    return {};
  one->second.left.erase(ref);
  if (!one->second.left.empty())
    return {};
  std::vector<std::string> wanted{one->second.put_off.begin(), one->second.put_off.end()};
  shards_.erase(one);
  answer(shard);
  return wanted;
}

void shard_closing::answer(uint8_t shard) {
  std::vector<std::function<void()>> done;
  std::erase_if(questions_, [&](question& one) {
    one.shards.erase(shard);
    if (one.shards.empty())
      done.push_back(std::move(one.done));
    return one.shards.empty();
  });
  for (auto& tell : done)
    tell();
}

std::vector<std::string> shard_closing::left() const {
  std::vector<std::string> refs;
  for (auto& [shard, one] : shards_)
    refs.insert(refs.end(), one.left.begin(), one.left.end());
  return refs;
}

std::vector<std::string> shard_closing::late(int64_t now_ms) const {
  std::vector<std::string> refs;
  for (auto& [shard, one] : shards_)
    if (one.deadline_ms <= now_ms)
      refs.insert(refs.end(), one.left.begin(), one.left.end());
  return refs;
}

} // namespace troupe
