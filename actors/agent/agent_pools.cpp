// AGENT POOLS: who is free, without looking at everybody.
// Invariant: a pool lists exactly those members as free that are in service and have a free slot, under their score.

#include <algorithm>
#include <troupe/actors/agent/agent_pools.hpp>
#include <troupe/runtime/queue_limits.hpp>

namespace troupe {

void agent_pools::put(const AgentRecord& record) {
  if (record.unregistered())
    return remove(record.id());
  auto& request = record.request();
  std::pair abilities{request.domain(),
                      std::set<std::string>{request.capabilities().begin(), request.capabilities().end()}};
  auto [place, is_new_pool] = by_abilities_.try_emplace(abilities, 0);
  if (is_new_pool) {
    place->second = ++last_pool_;
    pools_[last_pool_] = {abilities.first, abilities.second, {}, {}};
    new_.push_back(last_pool_);
    known_.clear();
  }
  auto home = place->second;
  auto& one = agents_[record.id()];
  unlist(record.id(), one);
  if (one.pool != home) {
    leave_pool(record.id(), one);
    one.pool = home;
    pools_.at(home).members.insert(record.id());
  }
  one.slots = slots_of(record, default_slots_);
  one.success_rate = record.metadata().success_rate();
  one.works = record.status() != AGENT_OFFLINE && record.status() != AGENT_ERROR;
  list(record.id());
}

void agent_pools::remove(const std::string& id) {
  silent_.erase(id);
  auto i = agents_.find(id);
  if (i == agents_.end())
    return;
  unlist(id, i->second);
  leave_pool(id, i->second);
  agents_.erase(i);
}

void agent_pools::leave_pool(const std::string& id, agent& one) {
  auto home = pools_.find(one.pool);
  if (home == pools_.end())
    return;
  home->second.members.erase(id);
  if (!home->second.members.empty())
    return;
  by_abilities_.erase({home->second.domain, home->second.capabilities});
  closed_.push_back(home->first);
  pools_.erase(home);
  known_.clear();
}

void agent_pools::set_in_flight(const std::string& id, uint32_t tasks) {
  if (auto i = agents_.find(id); i != agents_.end())
    unlist(id, i->second);
  if (tasks == 0)
    in_flight_.erase(id);
  else
    in_flight_[id] = tasks;
  list(id);
}

void agent_pools::set_silent(const std::string& id, bool silent) {
  if (auto i = agents_.find(id); i != agents_.end())
    unlist(id, i->second);
  if (silent)
    silent_.insert(id);
  else
    silent_.erase(id);
  list(id);
}

uint32_t agent_pools::in_flight(const std::string& id) const {
  auto i = in_flight_.find(id);
  return i == in_flight_.end() ? 0 : i->second;
}

void agent_pools::list(const std::string& id) {
  auto i = agents_.find(id);
  if (i == agents_.end() || !is_in_service(id))
    return;
  auto& one = i->second;
  auto busy = in_flight(id);
  if (busy >= one.slots)
    return;
  one.score = success_weight * one.success_rate +
              free_weight * static_cast<double>(one.slots - busy) / static_cast<double>(one.slots);
  one.listed = true;
  pools_.at(one.pool).free.emplace(-one.score, id);
}

void agent_pools::unlist(const std::string& id, agent& one) {
  if (std::exchange(one.listed, false))
    pools_.at(one.pool).free.erase({-one.score, id});
}

bool agent_pools::is_in_service(const std::string& id) const {
  auto i = agents_.find(id);
  return i != agents_.end() && i->second.works && silent_.count(id) == 0;
}

bool agent_pools::has_slot(const std::string& id) const {
  auto i = agents_.find(id);
  return i != agents_.end() && i->second.listed;
}

bool agent_pools::is_free(const std::string& id, const AgentQuery& query) const {
  auto i = agents_.find(id);
  return i != agents_.end() && i->second.listed && i->second.success_rate >= query.min_success_rate() &&
         (query.max_in_flight() == 0 || in_flight(id) < query.max_in_flight());
}

const std::string* agent_pools::best_free(const AgentQuery& query) const {
  const std::string* best = nullptr;
  double best_score = -1;
  for (auto id : pools_for(query)) {
    auto& one = pools_.at(id);
    auto first = std::find_if(one.free.begin(), one.free.end(),
                              [&](auto& listed) { return is_free(listed.second, query); });
    if (first == one.free.end())
      continue;
    auto has = std::count_if(query.optional().begin(), query.optional().end(),
                             [&](const std::string& wish) { return one.capabilities.count(wish) > 0; });
    auto share = query.optional().empty() ? 1 : static_cast<double>(has) / query.optional_size();
    auto score = optional_weight * share - first->first;
    if (!best || score > best_score || (score == best_score && first->second < *best)) {
      best = &first->second;
      best_score = score;
    }
  }
  return best;
}

std::optional<agent_pools::pool_id> agent_pools::pool_of(const std::string& id) const {
  auto i = agents_.find(id);
  return i == agents_.end() ? std::nullopt : std::optional{i->second.pool};
}

const std::vector<agent_pools::pool_id>& agent_pools::pools_for(const AgentQuery& query) const {
  if (known_.size() >= limits::known_queries)
    known_.clear();
  auto [place, is_new] = known_.try_emplace(query.SerializeAsString());
  if (is_new)
    for (auto& [id, one] : pools_)
      if (can(one, query))
        place->second.push_back(id);
  return place->second;
}

bool agent_pools::can(pool_id which, const AgentQuery& query) const {
  auto i = pools_.find(which);
  return i != pools_.end() && can(i->second, query);
}

bool agent_pools::can(const pool& one, const AgentQuery& query) const {
  return (query.domain().empty() || query.domain() == one.domain) &&
         std::all_of(query.required().begin(), query.required().end(),
                     [&](const std::string& needed) { return one.capabilities.count(needed) > 0; });
}

std::vector<agent_pools::pool_id> agent_pools::take_new() {
  return std::exchange(new_, {});
}

std::vector<agent_pools::pool_id> agent_pools::take_closed() {
  return std::exchange(closed_, {});
}

} // namespace troupe
