// CAPABILITY: match and score.
// Invariant: by_capability_ names exactly the agents of agents_ that have the capability.

#include <algorithm>
#include <troupe/actors/agent/capability.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

bool has(const AgentRecord& record, const std::string& capability) {
  auto& all = record.request().capabilities();
  return std::find(all.begin(), all.end(), capability) != all.end();
}

bool same_capabilities(const AgentRecord& a, const AgentRecord& b) {
  auto &one = a.request().capabilities(), &other = b.request().capabilities();
  return std::equal(one.begin(), one.end(), other.begin(), other.end());
}

std::string list(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string text;
  for (auto& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

} // namespace

uint32_t slots_of(const AgentRecord& record, uint32_t default_slots) {
  auto configured = record.request().config().max_concurrent();
  return configured > 0 ? configured : default_slots;
}

caf::error load_agents(const store& rows, capability_index& index) {
  caf::error failed;
  for (unsigned shard = 0; shard < limits::shards && !failed; ++shard) {
    auto s = static_cast<uint8_t>(shard);
    failed = rows.scan(space::index, index_begin(s, index_table::agents), index_end(s, index_table::agents),
                       [&](std::string_view, std::string_view value) {
                         AgentRecord record;
                         if (record.ParseFromArray(value.data(), static_cast<int>(value.size())))
                           index.put(record);
                         return true;
                       });
  }
  return failed;
}

void capability_index::put(const AgentRecord& record) {
  auto known = agents_.find(record.id());
  if (known != agents_.end() && !record.unregistered() && same_capabilities(known->second, record)) {
    known->second = record; // after each task: nothing to index anew
    return;
  }
  remove(record.id());
  if (record.unregistered())
    return;
  auto& [id, kept] = *agents_.emplace(record.id(), record).first;
  for (auto& capability : kept.request().capabilities())
    by_capability_[capability].emplace(id, &kept);
}

void capability_index::remove(const std::string& id) {
  auto i = agents_.find(id);
  if (i == agents_.end())
    return;
  for (auto& capability : i->second.request().capabilities()) {
    auto entry = by_capability_.find(capability);
    if (entry != by_capability_.end() && entry->second.erase(id) > 0 && entry->second.empty())
      by_capability_.erase(entry);
  }
  agents_.erase(i);
}

void capability_index::set_in_flight(const std::string& id, uint32_t tasks) {
  if (tasks == 0)
    in_flight_.erase(id);
  else
    in_flight_[id] = tasks;
}

uint32_t capability_index::in_flight(const std::string& id) const {
  auto i = in_flight_.find(id);
  return i == in_flight_.end() ? 0 : i->second;
}

template <class F>
void capability_index::each_candidate(const AgentQuery& query, F&& visit) const {
  auto fits = [&](const AgentRecord& record) {
    return record.status() != AGENT_OFFLINE && record.status() != AGENT_ERROR &&
           (query.domain().empty() || query.domain() == record.request().domain()) &&
           record.metadata().success_rate() >= query.min_success_rate() &&
           std::all_of(query.required().begin(), query.required().end(),
                       [&](const std::string& capability) { return has(record, capability); });
  };
  if (query.required().empty()) {
    for (auto& [id, record] : agents_)
      if (fits(record))
        visit(record);
    return;
  }
  const std::map<std::string_view, const AgentRecord*>* rarest = nullptr;
  for (auto& capability : query.required()) {
    auto i = by_capability_.find(capability);
    if (i == by_capability_.end())
      return;
    if (!rarest || i->second.size() < rarest->size())
      rarest = &i->second;
  }
  for (auto& [id, record] : *rarest)
    if (fits(*record))
      visit(*record);
}

capability_index::shares capability_index::score(const AgentRecord& record, const AgentQuery& query) const {
  shares of;
  auto optional = std::count_if(query.optional().begin(), query.optional().end(),
                                [&](const std::string& capability) { return has(record, capability); });
  of.optional = query.optional().empty() ? 1 : static_cast<double>(optional) / query.optional_size();
  auto slots = static_cast<double>(slots_of(record, default_slots_));
  of.free = std::max(0.0, slots - in_flight(record.id())) / slots;
  of.score = optional_weight * of.optional + success_weight * record.metadata().success_rate() +
             free_weight * of.free;
  return of;
}

AgentMatches capability_index::find(const AgentQuery& query, size_t limit) const {
  AgentMatches result;
  std::vector<std::pair<shares, const AgentRecord*>> candidates;
  size_t too_busy = 0;
  each_candidate(query, [&](const AgentRecord& record) {
    if (query.max_in_flight() > 0 && in_flight(record.id()) >= query.max_in_flight())
      ++too_busy;
    else
      candidates.emplace_back(score(record, query), &record);
  });
  auto count = limit == 0 ? candidates.size() : std::min(limit, candidates.size());
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<ptrdiff_t>(count), candidates.end(),
                    [](auto& a, auto& b) {
                      return a.first.score != b.first.score ? a.first.score > b.first.score
                                                            : a.second->id() < b.second->id();
                    });
  for (size_t i = 0; i < count; ++i) {
    auto& [of, record] = candidates[i];
    auto* match = result.add_matches();
    match->set_id(record->id());
    match->set_score(of.score);
    match->set_required_share(1);
    match->set_optional_share(of.optional);
    match->set_success_rate(record->metadata().success_rate());
    match->set_free_share(of.free);
  }
  if (count > 0)
    return result;
  google::protobuf::RepeatedPtrField<std::string> missing;
  for (auto& capability : query.required())
    if (by_capability_.count(capability) == 0)
      *missing.Add() = capability;
  if (agents_.empty())
    result.set_reason("no agent is registered");
  else if (!missing.empty())
    result.set_reason("no agent can " + list(missing));
  else if (too_busy > 0)
    result.set_reason(std::to_string(too_busy) + " matching agents are too busy");
  else
    result.set_reason("no agent in service has all of " + list(query.required()) +
                      (query.domain().empty() ? "" : " in domain " + query.domain()) +
                      (query.min_success_rate() > 0 ? " at the wanted success rate" : ""));
  return result;
}

const AgentRecord* capability_index::get(const std::string& id) const {
  auto i = agents_.find(id);
  return i == agents_.end() ? nullptr : &i->second;
}

RegistryStats capability_index::stats() const {
  RegistryStats stats;
  stats.set_agents(agents_.size());
  stats.set_capabilities(by_capability_.size());
  for (auto& [id, record] : agents_) {
    stats.set_idle(stats.idle() + (record.status() == AGENT_IDLE && in_flight(id) == 0));
    stats.set_busy(stats.busy() +
                   (record.status() == AGENT_BUSY || (record.status() == AGENT_IDLE && in_flight(id) > 0)));
    stats.set_error(stats.error() + (record.status() == AGENT_ERROR));
    stats.set_offline(stats.offline() + (record.status() == AGENT_OFFLINE));
  }
  return stats;
}

} // namespace troupe
