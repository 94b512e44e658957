// DISPATCHER: which task goes to which agent, and when. Knows no actor; used by the scheduler.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <troupe/actors/agent/agent_pools.hpp>
#include <troupe/actors/agent/fair_queue.hpp>
#include <troupe/actors/agent/heartbeats.hpp>
#include <troupe/actors/agent/key_slots.hpp>
#include <troupe/actors/agent/throttles.hpp>
#include <troupe/runtime/proto/inquiry.pb.h>
#include <vector>

namespace troupe {

/// What a dispatcher needs of its scheduler.
class dispatch_host {
public:
  virtual ~dispatch_host() = default;
  /// Unix time, ms.
  virtual int64_t now_ms() const = 0;
  /// Agents that are awake or waking, by id: what an earlier scheduler has given away is with them.
  virtual std::vector<std::string> known_agents() const = 0;
  /// Sends a task to task.agent().
  virtual void give(RunTask task) = 0;
  /// Asks an agent what it has; its answer, which repeats the number, comes to reported().
  virtual void ask(const std::string& agent, uint64_t number) = 0;
  /// An agent has become silent, or answers again.
  virtual void note(const std::string& agent, bool silent) = 0;
};

/// Tasks that wait, tasks that are with agents, and the agents.
///
/// Everything here is a copy: what waits, of the owners' outboxes; what was given away, of what the agents have. A new one begins
/// with nothing: owners send again what waits, and agents report what they have. Until all agents have reported that could
/// have anything, no concurrency key is free. A task that an agent has and should not have, because it was silent and its
/// tasks went to others, is no harm: its owner believes the newest claim.
///
/// Cost of each call: O(log n), and the pools and lines of what it is about; see the parts. Of a crash, the agent's tasks; of
/// sweep(), the agents at work.
class dispatcher {
public:
  /// Numbers of placements and questions are above `first_number`.
  dispatcher(dispatch_host& host, uint32_t default_slots, task_rates rates, uint32_t heartbeats_missed,
             uint64_t first_number);

  /// Reads the agents' rows. Errors: those of the store.
  caf::error load(const store& rows);

  /// A task waits for an agent. May come twice.
  void enqueue(RunTask task);
  /// An agent has let go of a task.
  void free(const SlotFree& slot);
  /// An agent is as its record says.
  void change(const AgentRecord& record);
  /// An agent, or without a ref each of them, has lost what it had in memory.
  void crashed(const EntityCrashed& crash);
  /// What an agent has.
  void reported(const WorkReport& report);
  /// Rates may grant somebody's turn.
  void look_at_rates();
  /// One heartbeat has passed: asks those at work, and takes their tasks from those that are silent.
  void sweep();

  /// Where a task is, and why it does not go on; of one without an owner, how one like it would stand. Cost: the agents that could do it, see agent_pools::count().
  TaskStanding explain(const RunTask& task) const;

  /// How long until look_at_rates() makes sense; nothing if no rate makes anybody wait.
  std::optional<std::chrono::milliseconds> rest() {
    return rates_.rest(host_.now_ms());
  }
  /// Nobody is at work or silent.
  bool watches_nobody() const {
    return pulse_.watches_nobody();
  }
  size_t waiting() const {
    return waiting_.size();
  }
  size_t placed() const {
    return placed_.size();
  }
  /// Who can do what, and who is at work.
  const capability_index& agents() const {
    return index_;
  }

private:
  using task_key = std::pair<std::string, std::string>; // owner, step
  using placement = std::map<task_key, RunTask>::iterator;
  static task_key key_of(const RunTask& task) {
    return {task.owner(), task.step()};
  }
  void ask_everybody();
  void learned(const std::string& agent);
  void admit(RunTask task);
  void make_offers();
  void give(const std::string& agent, RunTask task, bool begun);
  void keep(RunTask task);
  RunTask take_back(placement i);
  void give_again(placement i);
  void crashed(const std::string& agent, bool quarantined);
  void give_to_others(const std::string& agent);
  void count(const std::string& agent);
  void serve(const std::string& agent);
  void follow_pools();
  void heard(const std::string& agent);

  dispatch_host& host_;
  capability_index index_;
  agent_pools pools_;
  fair_queue queue_;
  key_slots keys_;
  throttles rates_;
  heartbeats pulse_;
  std::set<task_key> waiting_;                        // in the queue, for a key or for a rate
  std::map<task_key, RunTask> placed_;                // with its agent
  std::map<std::string, std::set<task_key>> at_work_; // by agent
  std::deque<RunTask> offers_;                        // may be given away now
  bool asked_ = false;                                // the agents, what they have
  std::set<std::string> unheard_;                     // of those asked at the beginning
  uint64_t numbers_;                                  // of placements and questions, in their order
};

} // namespace troupe
