// SCHEDULER: gives each task that waits to the best agent with a free slot.
// Invariant: a task is in one queue or with one agent; the queues are a copy of what the owners' logs say, and are lost with it.

#include <algorithm>
#include <deque>
#include <map>
#include <troupe/actors/agent/capability.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/runtime/interface/workflow.hpp>

namespace troupe {
namespace {

using task_key = std::pair<std::string, std::string>; // owner, step

// Tasks that the same agents can do, by priority. The oldest of the highest effective priority goes first: waiting for
// limits::priority_aging is worth one level.
class task_queue {
public:
  void push(RunTask task) {
    levels_[level(task.priority())].push_back(std::move(task));
  }
  bool empty() const {
    for (auto& tasks : levels_)
      if (!tasks.empty())
        return false;
    return true;
  }
  const AgentQuery& query() const {
    return const_cast<task_queue*>(this)->pick(0).front().query();
  }
  // How much its first task matters now.
  double rank(int64_t now_ms) const {
    double rank = -1;
    for (size_t i = 0; i < levels_.size(); ++i)
      if (!levels_[i].empty())
        rank = std::max(rank, rank_of(i, now_ms));
    return rank;
  }
  RunTask pop(int64_t now_ms) {
    auto& tasks = pick(now_ms);
    auto task = std::move(tasks.front());
    tasks.pop_front();
    return task;
  }

private:
  static size_t level(Priority priority) {
    switch (priority) {
    case PRIORITY_CRITICAL:
      return 3;
    case PRIORITY_HIGH:
      return 2;
    case PRIORITY_LOW:
      return 0;
    default:
      return 1;
    }
  }
  double rank_of(size_t level, int64_t now_ms) const {
    auto waited = static_cast<double>(std::max<int64_t>(0, now_ms - levels_[level].front().created_ms()));
    return static_cast<double>(level) + waited / static_cast<double>(limits::priority_aging.count());
  }
  std::deque<RunTask>& pick(int64_t now_ms) {
    size_t best = 0;
    double best_rank = -1;
    for (size_t i = 0; i < levels_.size(); ++i) {
      if (levels_[i].empty())
        continue;
      if (auto one = rank_of(i, now_ms); one >= best_rank) {
        best = i;
        best_rank = one;
      }
    }
    return levels_[best];
  }
  std::array<std::deque<RunTask>, 4> levels_;
};

struct scheduler_state {
  static inline const char* name = "scheduler";
  doors_ptr doors;
  capability_index index;
  std::map<std::string, task_queue> queues; // by query, serialized
  std::map<task_key, RunTask> placed;       // with its agent
  std::map<std::string, uint32_t> in_flight;
  std::map<task_key, bool> queued;

  void enqueue(const RunTask& task) {
    task_key key{task.owner(), task.step()};
    if (auto i = placed.find(key); i != placed.end()) {
      doors->names->tell(agent_ref(i->second.agent()),
                         task); // it may have lost it, or have to hear of something
      return;
    }
    if (auto* begun = index.get(task.agent());
        begun && begun->status() != AGENT_OFFLINE && begun->status() != AGENT_ERROR) {
      place(task, begun->id()); // as it was before this scheduler began, whatever its slots
      return;
    }
    if (queued.size() >= limits::scheduler_queue || !queued.emplace(key, true).second)
      return; // its owner's outbox asks again
    auto query = task.query().SerializeAsString();
    auto& queue = queues[query];
    queue.push(task);
    while (dispatch_one(queue)) {
    }
    if (queue.empty())
      queues.erase(query);
  }

  // Gives the first task of a queue to an agent; false if there is none or nobody is free.
  bool dispatch_one(task_queue& queue) {
    auto now = doors->time->now_ms();
    if (queue.empty())
      return false;
    auto* agent = index.best_free(queue.query());
    if (!agent)
      return false;
    auto task = queue.pop(now);
    queued.erase({task.owner(), task.step()});
    if (task.deadline_ms() == 0 || task.deadline_ms() >= now) // else its owner's deadline timer ends it
      place(std::move(task), agent->id());
    return true;
  }

  void place(RunTask task, const std::string& agent) {
    task.set_agent(agent);
    count(agent, +1);
    doors->names->tell(agent_ref(agent), task);
    task_key key{task.owner(), task.step()};
    placed[std::move(key)] = std::move(task);
  }

  // Queues compete for agents that can do several things: the highest rank goes first, whatever it needs.
  void dispatch_all() {
    auto now = doors->time->now_ms();
    std::vector<std::map<std::string, task_queue>::iterator> open;
    for (auto i = queues.begin(); i != queues.end(); ++i)
      open.push_back(i);
    while (!open.empty()) {
      auto first = std::max_element(open.begin(), open.end(), [now](auto& a, auto& b) {
        return a->second.rank(now) < b->second.rank(now);
      });
      if (dispatch_one((*first)->second))
        continue;
      if ((*first)->second.empty())
        queues.erase(*first);
      open.erase(first);
    }
  }

  void count(const std::string& agent, int change) {
    auto& tasks = in_flight[agent];
    tasks = static_cast<uint32_t>(static_cast<int>(tasks) + change);
    index.set_in_flight(agent, tasks);
    if (tasks == 0)
      in_flight.erase(agent);
  }

  void free(const SlotFree& slot) {
    auto i = placed.find({slot.owner(), slot.step()});
    if (i == placed.end() || i->second.agent() != slot.agent())
      return;
    placed.erase(i);
    count(slot.agent(), -1);
    dispatch_all();
  }

  void show_queues() const {
    doors->meters.queued_tasks.record(static_cast<double>(queued.size()));
    doors->meters.placed_tasks.record(static_cast<double>(placed.size()));
  }

  void crashed(const EntityCrashed& crash) {
    std::vector<RunTask> left;
    for (auto& [key, task] : placed)
      if (crash.ref().empty() || agent_ref(task.agent()) == crash.ref())
        left.push_back(task);
    if (!crash.quarantined()) {
      for (auto& task : left)
        doors->names->tell(agent_ref(task.agent()), task); // held until the agent is back
      return;
    }
    if (auto key = parse_ref(crash.ref()))
      index.remove(key->key);
    for (auto& task : left) {
      placed.erase({task.owner(), task.step()});
      count(task.agent(), -1);
      task.clear_agent();
      enqueue(task);
    }
  }
};

task_scheduler_actor::behavior_type scheduler(task_scheduler_actor::stateful_pointer<scheduler_state> self,
                                              doors_ptr doors, uint32_t default_slots) {
  house_rules(self);
  self->state.doors = doors;
  self->state.index = capability_index{default_slots};
  if (auto failed = load_agents(*doors->rows, self->state.index)) {
    self->quit(failed);
    return task_scheduler_actor::behavior_type::make_empty_behavior();
  }
  doors->names->tell(std::string{services::timers}, Redeliver{}); // whoever waits, ask again
  self->state.show_queues();
  return {
      [self](const RunTask& task) {
        self->state.enqueue(task);
        self->state.show_queues();
      },
      [self](const SlotFree& slot) {
        self->state.free(slot);
        self->state.show_queues();
      },
      [self](const AgentChanged& changed) {
        self->state.index.put(changed.record());
        self->state.dispatch_all();
        self->state.show_queues();
      },
      [self](const EntityCrashed& crash) {
        self->state.crashed(crash);
        self->state.show_queues();
      },
      [self](const FindByCapabilities& cmd) { return self->state.index.find(cmd.query(), cmd.limit()); },
      [self](const FindBest& cmd) -> caf::result<AgentMatch> {
        auto found = self->state.index.find(cmd.query(), 1);
        if (found.matches().empty())
          return make_error(ec::no_agent, found.reason());
        return std::move(*found.mutable_matches(0));
      },
      [self](const GetRegistryStats&) { return self->state.index.stats(); },
      [self](const GetSchedulerStats&) {
        SchedulerStats stats;
        stats.set_queued(self->state.queued.size());
        stats.set_running(self->state.placed.size());
        return stats;
      },
  };
}

} // namespace

task_scheduler_actor spawn_task_scheduler(caf::scheduled_actor* parent, doors_ptr doors,
                                          uint32_t default_slots) {
  return spawn_observed(parent, doors->board, scheduler, doors, default_slots);
}

} // namespace troupe
