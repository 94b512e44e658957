// CAPABILITY: which agents can do a task, best first. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/agent.pb.h>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What the parts of a score weigh.
inline constexpr double optional_weight = 0.4, success_weight = 0.4, free_weight = 0.2;

/// Inverted index from capabilities to agents, and how each agent stands.
///
/// A match has all required capabilities. Its score, 0 to 1, is 0.4 x share of the optional capabilities + 0.4 x success rate +
/// 0.2 x share of free slots; ties go to the lower id. Cost: proportional to the agents that have the rarest required capability.
class capability_index {
public:
  /// `default_slots` are those of an agent whose registration names none.
  explicit capability_index(uint32_t default_slots = limits::agent_slots) : default_slots_{default_slots} {}

  /// Adds or replaces an agent. Unregistered agents are removed.
  void put(const AgentRecord& record);
  void remove(const std::string& id);

  /// Counts tasks that are with an agent now; not part of its record.
  void set_in_flight(const std::string& id, uint32_t tasks);

  /// Up to `limit` matches (0 = all), best first; `reason` says why there is none.
  AgentMatches find(const AgentQuery& query, size_t limit) const;

  /// The agent with this id, or null.
  const AgentRecord* get(const std::string& id) const;

  /// Agents by id.
  const std::map<std::string, AgentRecord>& all() const {
    return agents_;
  }
  RegistryStats stats() const;

private:
  struct shares {
    double optional = 0;
    double free = 0;
    double score = 0;
  };
  template <class F>
  void each_candidate(const AgentQuery& query, F&& visit) const;
  shares score(const AgentRecord& record, const AgentQuery& query) const;
  uint32_t in_flight(const std::string& id) const;

  uint32_t default_slots_;
  std::map<std::string, AgentRecord> agents_;
  std::unordered_map<std::string, std::map<std::string_view, const AgentRecord*>>
      by_capability_; // into agents_
  std::unordered_map<std::string, uint32_t> in_flight_;
};

/// Fills an index from the agents' rows. Errors: those of the store.
caf::error load_agents(const store& rows, capability_index& index);

/// Tasks an agent may work on at a time: what its registration says, or the default. Read by those who assign
/// work, never by what is replayed: another configuration counts at once, for agents known before too.
uint32_t slots_of(const AgentRecord& record, uint32_t default_slots);

} // namespace troupe
