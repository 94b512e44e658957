// RESIDENTS: by ref and by address.
// Invariant: who is in one map is in the other, and counted as awake.

#include <algorithm>
#include <troupe/actors/agent/residents.hpp>

namespace troupe {

void resident_list::add(const std::string& ref, resident one) {
  one.kind->awake.add();
  one.kind->wakes.add();
  auto i = all_.insert_or_assign(ref, std::move(one)).first;
  by_address_[i->second.actor->address()] = &i->first;
}

std::optional<std::pair<std::string, resident>> resident_list::take(const std::string& ref) {
  auto gone = all_.extract(ref);
  if (!gone)
    return {};
  by_address_.erase(gone.mapped().actor->address());
  gone.mapped().kind->awake.add(-1);
  return std::pair{std::move(gone.key()), std::move(gone.mapped())};
}

std::optional<std::pair<std::string, resident>> resident_list::take(const caf::actor_addr& address) {
  auto i = by_address_.find(address);
  return i == by_address_.end() ? std::nullopt : take(std::string{*i->second});
}

std::vector<std::string> resident_list::tired(int64_t now_ms) const {
  std::map<std::string_view, std::vector<std::pair<int64_t, std::string_view>>> by_kind;
  for (auto& [ref, one] : all_)
    if (!one.asked_to_sleep)
      by_kind[one.kind->name].emplace_back(one.seat->last_active_ms.load(std::memory_order_relaxed), ref);
  std::vector<std::string> refs;
  for (auto& [kind_name, by_activity] : by_kind) {
    std::sort(by_activity.begin(), by_activity.end());
    auto& kind = *all_.find(std::string{by_activity.front().second})->second.kind;
    auto surplus = by_activity.size() > kind.most_awake ? by_activity.size() - kind.most_awake : 0;
    for (auto& [last_active, ref] : by_activity) {
      if (last_active + kind.idle.count() > now_ms && surplus == 0)
        break;
      surplus -= surplus > 0 ? 1 : 0;
      refs.emplace_back(ref);
    }
  }
  return refs;
}

void resident_list::note(std::map<uint8_t, std::set<std::string>>& by_shard) const {
  for (auto& [ref, one] : all_)
    if (auto shard = by_shard.find(one.seat->id.shard); shard != by_shard.end())
      shard->second.insert(ref);
}

} // namespace troupe
