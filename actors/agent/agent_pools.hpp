// AGENT POOLS: agents of equal abilities, and which of them is free. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <troupe/actors/agent/capability.hpp>
#include <vector>

namespace troupe {

/// Agents with the same domain and capabilities are one pool: among them the best free one is the same for every task. Between
/// pools the score decides, see capability_index.
///
/// Cost: O(log agents); of what looks at pools, the pools that can do what is asked, of which there are about as many as there
/// are behaviors. Which these are is remembered for limits::known_queries queries.
class agent_pools {
public:
  using pool_id = uint64_t;

  explicit agent_pools(uint32_t default_slots = limits::agent_slots) : default_slots_{default_slots} {}

  /// Adds or changes an agent; one that is unregistered is removed.
  void put(const AgentRecord& record);
  void remove(const std::string& id);
  /// Tasks that are with an agent now. Kept though the agent is not known yet, or no more.
  void set_in_flight(const std::string& id, uint32_t tasks);
  /// An agent that does not answer gets nothing.
  void set_silent(const std::string& id, bool silent);
  /// Whether it does not answer.
  bool is_silent(const std::string& id) const {
    return silent_.count(id) > 0;
  }

  /// Whether it is in service: known, neither silent nor offline nor in error.
  bool is_in_service(const std::string& id) const;
  /// Whether it is in service and may get one more task.
  bool has_slot(const std::string& id) const;
  /// The same of tasks such as this one.
  bool is_free(const std::string& id, const AgentQuery& query) const;
  /// The best agent with a free slot, or null. Valid until the next change.
  const std::string* best_free(const AgentQuery& query) const;

  /// The pool of an agent; nothing if it is not known.
  std::optional<pool_id> pool_of(const std::string& id) const;
  /// The pools that can do what is asked, in the order they came. Valid until the next change.
  const std::vector<pool_id>& pools_for(const AgentQuery& query) const;
  /// Can this pool do what is asked?
  bool can(pool_id which, const AgentQuery& query) const;
  /// Pools that came and pools that went since the last call.
  std::vector<pool_id> take_new();
  std::vector<pool_id> take_closed();

private:
  struct agent {
    pool_id pool = 0;
    uint32_t slots = 1;
    double success_rate = 1;
    bool works = true; // neither offline nor in error
    double score = 0;  // under which it is listed as free
    bool listed = false;
  };
  struct pool {
    std::string domain;
    std::set<std::string> capabilities;
    std::set<std::string> members;
    std::set<std::pair<double, std::string>> free; // by score, negative: the best is first
  };
  uint32_t in_flight(const std::string& id) const;
  void list(const std::string& id);
  void unlist(const std::string& id, agent& one);
  void leave_pool(const std::string& id, agent& one);
  bool can(const pool& one, const AgentQuery& query) const;

  uint32_t default_slots_;
  std::map<std::string, agent> agents_;
  std::map<std::string, uint32_t> in_flight_;
  std::set<std::string> silent_;
  std::map<pool_id, pool> pools_;
  std::map<std::pair<std::string, std::set<std::string>>, pool_id> by_abilities_;
  pool_id last_pool_ = 0;
  std::vector<pool_id> new_, closed_;
  mutable std::map<std::string, std::vector<pool_id>> known_; // by query, serialized
};

} // namespace troupe
