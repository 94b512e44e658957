// DISPATCHER: queues, gates and placements.
// Invariants: a task waits in one place or is with one agent; no agent with a free slot is one that a task in the queue could go
// to. A task passes its gates, first key, then rate, when an agent is found, not before: what it has passed cannot go stale.

#include <algorithm>
#include <memory>
#include <troupe/actors/agent/dispatcher.hpp>
#include <troupe/runtime/directory.hpp>

namespace troupe {
namespace {

// What waits costs little, and whoever takes it up asks what has become of it meanwhile.
RunTask without_state(RunTask task) {
  task.clear_state();
  return task;
}

} // namespace

dispatcher::dispatcher(dispatch_host& host, uint32_t default_slots, task_rates rates,
                       uint32_t heartbeats_missed, uint64_t first_number)
    : host_{host}, index_{default_slots}, pools_{default_slots}, rates_{std::move(rates)},
      pulse_{heartbeats_missed}, numbers_{first_number} {}

caf::error dispatcher::load(const store& rows) {
  if (auto failed = load_agents(rows, index_))
    return failed;
  for (auto& [id, record] : index_.all())
    pools_.put(record);
  follow_pools();
  return {};
}

void dispatcher::enqueue(RunTask task) {
  ask_everybody();
  if (auto i = placed_.find(key_of(task)); i != placed_.end()) {
    auto again = i->second; // it may have to hear of something
    again.set_again(true);
    host_.give(std::move(again));
    return;
  }
  if (waiting_.size() >= limits::scheduler_queue || !waiting_.insert(key_of(task)).second)
    return; // its owner's outbox asks again
  admit(std::move(task));
  make_offers();
}

// When the first task comes, and not before: now the agents' answers find their way.
void dispatcher::ask_everybody() {
  if (std::exchange(asked_, true))
    return;
  for (auto& agent : host_.known_agents()) {
    unheard_.insert(agent);
    pulse_.watch(agent);
    host_.ask(agent, ++numbers_);
  }
  if (!unheard_.empty())
    keys_.close();
}

void dispatcher::learned(const std::string& agent) {
  if (unheard_.erase(agent) > 0 && unheard_.empty())
    for (auto& task : keys_.open(host_.now_ms()))
      offers_.push_back(std::move(task));
}

void dispatcher::admit(RunTask task) {
  if (!keys_.is_free_for(task))
    return keys_.wait(without_state(std::move(task)));
  if (auto bucket = pools_.is_in_service(task.agent()) ? std::nullopt : rates_.line_of(task))
    return rates_.wait(*bucket, without_state(std::move(task)));
  offers_.push_back(std::move(task));
}

void dispatcher::make_offers() {
  while (!offers_.empty()) {
    auto task = std::move(offers_.front());
    offers_.pop_front();
    if (pools_.is_in_service(task.agent())) { // it goes on, whatever slots and rates say
      auto begun_by = task.agent();
      give(begun_by, std::move(task), true);
    } else if (auto* agent = pools_.best_free(task.query())) {
      give(std::string{*agent}, std::move(task), false);
    } else {
      auto line = task.query().SerializeAsString();
      auto& servers = pools_.pools_for(task.query());
      queue_.push(line, without_state(std::move(task)), servers);
    }
  }
}

// Unless it needs no agent any more, or must wait elsewhere.
void dispatcher::give(const std::string& agent, RunTask task, bool begun) {
  auto now = host_.now_ms();
  auto is_late = task.deadline_ms() != 0 && task.deadline_ms() < now; // its owner's deadline timer ends it
  if (is_late || placed_.count(key_of(task)) > 0) {
    waiting_.erase(key_of(task));
    if (auto next = keys_.pass(task, now))
      offers_.push_back(std::move(*next));
  } else if (!keys_.is_free_for(task)) {
    keys_.wait(without_state(std::move(task)));
  } else if (auto bucket = begun ? std::nullopt : rates_.refuses(task, now)) {
    rates_.wait(*bucket, without_state(std::move(task)));
  } else {
    waiting_.erase(key_of(task));
    task.set_agent(agent);
    task.set_placement(++numbers_);
    task.clear_again();
    std::unique_ptr<TaskState> state{task.release_state()};
    auto call = task;
    call.set_allocated_state(state.release());
    host_.give(std::move(call));
    keep(std::move(task));
  }
}

// The task is with its agent.
void dispatcher::keep(RunTask task) {
  task.clear_again();
  auto agent = task.agent();
  keys_.hold(task);
  at_work_[agent].insert(key_of(task));
  pulse_.watch(agent);
  auto key = key_of(task);
  placed_[std::move(key)] = std::move(task);
  count(agent);
}

RunTask dispatcher::take_back(placement i) {
  auto task = std::move(i->second);
  placed_.erase(i);
  auto tasks = at_work_.find(task.agent());
  tasks->second.erase(key_of(task));
  if (tasks->second.empty()) {
    at_work_.erase(tasks);
    pulse_.rest(task.agent());
  }
  count(task.agent());
  if (auto next = keys_.release(task, host_.now_ms()))
    offers_.push_back(std::move(*next));
  return task;
}

void dispatcher::count(const std::string& agent) {
  auto i = at_work_.find(agent);
  auto tasks = i == at_work_.end() ? 0 : static_cast<uint32_t>(i->second.size());
  index_.set_in_flight(agent, tasks);
  pools_.set_in_flight(agent, tasks);
}

// What waits for an agent that may have a free slot comes before what is only now offered.
void dispatcher::serve(const std::string& agent) {
  auto pool = pools_.pool_of(agent);
  while (pool && pools_.has_slot(agent)) {
    auto task = queue_.pop(*pool, host_.now_ms(), [&](auto& query) { return pools_.is_free(agent, query); });
    if (!task)
      break;
    give(agent, std::move(*task), false);
  }
  make_offers();
}

void dispatcher::free(const SlotFree& slot) {
  heard(slot.agent());
  auto i = placed_.find({slot.owner(), slot.step()});
  if (i == placed_.end() || i->second.agent() != slot.agent() || i->second.placement() != slot.placement())
    return;
  take_back(i);
  serve(slot.agent());
}

void dispatcher::change(const AgentRecord& record) {
  index_.put(record);
  pools_.put(record);
  if (pools_.is_silent(record.id()) && record.status() != AGENT_OFFLINE)
    host_.note(record.id(), true); // who says so does not know it yet
  if (record.unregistered() && at_work_.count(record.id()) == 0)
    pulse_.forget(record.id());
  follow_pools();
  serve(record.id());
}

void dispatcher::follow_pools() {
  for (auto pool : pools_.take_closed())
    queue_.close(pool);
  for (auto pool : pools_.take_new()) {
    std::vector<std::string> lines;
    queue_.each_line([&](auto& line, auto& query) {
      if (pools_.can(pool, query))
        lines.push_back(line);
    });
    for (auto& line : lines)
      queue_.serve(pool, line);
  }
}

void dispatcher::crashed(const EntityCrashed& crash) {
  if (auto ref = parse_ref(crash.ref())) {
    crashed(ref->key, crash.quarantined());
  } else {
    auto agents = unheard_;
    for (auto& [agent, tasks] : at_work_)
      agents.insert(agent);
    for (auto& agent : agents)
      crashed(agent, false);
  }
  make_offers();
}

void dispatcher::crashed(const std::string& agent, bool quarantined) {
  if (quarantined) {
    index_.remove(agent);
    pools_.remove(agent);
    follow_pools();
    give_to_others(agent);
    pulse_.forget(agent);
    learned(agent);
    return;
  }
  if (auto tasks = at_work_.find(agent); tasks != at_work_.end())
    for (auto& key : tasks->second)
      host_.give(placed_.at(key)); // held until the agent is back
  if (unheard_.count(agent) > 0)
    host_.ask(agent, ++numbers_); // behind what is held for it
}

void dispatcher::give_to_others(const std::string& agent) {
  auto tasks = at_work_.find(agent);
  if (tasks == at_work_.end())
    return;
  for (auto& key : std::set<task_key>{tasks->second})
    give_again(placed_.find(key));
}

void dispatcher::give_again(placement i) {
  auto task = take_back(i);
  task.clear_agent();
  if (waiting_.insert(key_of(task)).second)
    admit(std::move(task));
}

void dispatcher::heard(const std::string& agent) {
  if (!pulse_.heard(agent))
    return;
  host_.note(agent, false);
  pools_.set_silent(agent, false);
  serve(agent);
}

// What it has and nobody knew of is learned; what it should have and has not is lost, unless it was sent after the question.
void dispatcher::reported(const WorkReport& report) {
  auto& agent = report.agent();
  heard(agent);
  std::set<task_key> has;
  for (auto& task : report.tasks()) {
    has.insert(key_of(task));
    if (placed_.count(key_of(task)) == 0)
      keep(task);
  }
  if (auto tasks = at_work_.find(agent); tasks == at_work_.end())
    pulse_.rest(agent);
  else
    for (auto& key : std::set<task_key>{tasks->second})
      if (auto i = placed_.find(key); has.count(key) == 0 && i->second.placement() < report.number())
        give_again(i);
  learned(agent);
  serve(agent);
}

void dispatcher::look_at_rates() {
  for (auto& task : rates_.due(host_.now_ms()))
    offers_.push_back(std::move(task));
  make_offers();
}

void dispatcher::sweep() {
  auto round = pulse_.sweep();
  for (auto& agent : round.silent) {
    host_.note(agent, true);
    pools_.set_silent(agent, true);
    give_to_others(agent);
    learned(agent); // what it may still have is no longer its own
  }
  make_offers();
  for (auto& agent : round.ask)
    host_.ask(agent, ++numbers_);
}

// In the order of the gates, but for the agents: who finds none free has not come to a gate yet.
TaskStanding dispatcher::explain(const RunTask& task) const {
  TaskStanding standing;
  if (auto i = placed_.find(key_of(task)); i != placed_.end()) {
    standing.set_place(PLACE_AGENT);
    standing.set_agent(i->second.agent());
    return standing;
  }
  if (waiting_.count(key_of(task)) == 0 && !task.owner().empty())
    return standing;
  auto agents = pools_.count(task.query());
  standing.set_able(agents.able);
  standing.set_busy(agents.busy);
  standing.set_out(agents.out);
  standing.set_silent(agents.silent);
  standing.set_unfit(agents.unfit);
  *standing.mutable_agents() = {agents.some.begin(), agents.some.end()};
  auto [tasks, tenants] = queue_.size_of(task.query().SerializeAsString());
  standing.set_waiting(tasks);
  standing.set_tenants(static_cast<uint32_t>(tenants));
  if (agents.able == 0) {
    standing.set_place(PLACE_NO_AGENT);
    standing.set_reason(index_.find(task.query(), 1).reason());
  } else if (auto holder = keys_.holder(task)) {
    standing.set_place(PLACE_KEY);
    standing.set_key_holder(holder->first);
    standing.set_key_step(holder->second);
  } else if (!keys_.is_free_for(task)) {
    standing.set_place(PLACE_REPORTS);
  } else if (auto bucket = rates_.line_of(task); bucket && agents.free > 0) {
    standing.set_place(PLACE_RATE);
    standing.set_rate(*bucket);
    standing.set_per_second(rates_.rate_of(*bucket));
  } else {
    standing.set_place(agents.busy > 0 || agents.free > 0 ? PLACE_BUSY : PLACE_OUT);
  }
  return standing;
}

} // namespace troupe
