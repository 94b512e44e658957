// FAIR QUEUE: turns of tenants, and priorities among the tasks of each.
// Invariant: a tenant has a turn at a server exactly while it waits in a line of that server.

#include <algorithm>
#include <troupe/actors/agent/fair_queue.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

size_t level_of(Priority priority) {
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

} // namespace

std::string tenant_of(const RunTask& task) {
  auto end = task.owner().find('/');
  return end == std::string::npos ? std::string{} : task.owner().substr(0, end);
}

void priority_line::push(RunTask task) {
  std::pair key{task.created_ms(), ++arrivals_};
  levels_[level_of(task.priority())].emplace(key, std::move(task));
  ++size_;
}

double priority_line::rank_of(const level& tasks, size_t height, int64_t now_ms) const {
  auto waited = static_cast<double>(std::max<int64_t>(0, now_ms - tasks.begin()->first.first));
  return static_cast<double>(height) + waited / static_cast<double>(limits::priority_aging.count());
}

size_t priority_line::best(int64_t now_ms) const {
  size_t best = 0;
  double best_rank = -1;
  for (size_t i = 0; i < levels_.size(); ++i) {
    if (levels_[i].empty())
      continue;
    if (auto one = rank_of(levels_[i], i, now_ms); one >= best_rank) {
      best = i;
      best_rank = one;
    }
  }
  return best;
}

double priority_line::rank(int64_t now_ms) const {
  auto height = best(now_ms);
  return empty() ? -1 : rank_of(levels_[height], height, now_ms);
}

const RunTask& priority_line::front(int64_t now_ms) const {
  return levels_[best(now_ms)].begin()->second;
}

RunTask priority_line::pop(int64_t now_ms) {
  auto& tasks = levels_[best(now_ms)];
  auto task = std::move(tasks.begin()->second);
  tasks.erase(tasks.begin());
  --size_;
  return task;
}

void fair_queue::push(const std::string& line, RunTask task, const std::vector<server>& servers) {
  auto tenant = tenant_of(task);
  auto [at, is_new] = lines_.try_emplace(line);
  if (is_new) {
    at->second.query = task.query();
    for (auto one : servers)
      serve(one, line);
  }
  if (at->second.tenants.insert(tenant).second)
    for (auto one : at->second.servers)
      join(servers_[one], tenant);
  waiting_[tenant][line].push(std::move(task));
}

void fair_queue::serve(server one, const std::string& line) {
  auto at = lines_.find(line);
  if (at == lines_.end() || !at->second.servers.insert(one).second)
    return;
  servers_[one].lines.insert(line);
  for (auto& tenant : at->second.tenants)
    join(servers_[one], tenant);
}

void fair_queue::close(server one) {
  auto gone = servers_.extract(one);
  if (gone)
    for (auto& line : gone.mapped().lines)
      lines_.at(line).servers.erase(one);
}

std::optional<RunTask> fair_queue::pop(server one, int64_t now_ms,
                                       const std::function<bool(const AgentQuery&)>& fits) {
  auto found = servers_.find(one);
  if (found == servers_.end())
    return {};
  auto& at = found->second;
  for (auto turn = at.turns.begin(); turn != at.turns.end(); ++turn) {
    auto& lines = waiting_.at(*turn);
    auto best = lines.end();
    for (auto i = lines.begin(); i != lines.end(); ++i)
      if (at.lines.count(i->first) > 0 && (!fits || fits(lines_.at(i->first).query)) &&
          (best == lines.end() || i->second.rank(now_ms) > best->second.rank(now_ms)))
        best = i;
    if (best == lines.end())
      continue;
    auto task = best->second.pop(now_ms);
    at.turns.splice(at.turns.end(), at.turns, turn); // its next turn comes after everybody else's
    if (best->second.empty())
      left(std::string{best->first}, std::string{*turn});
    return task;
  }
  return {};
}

std::pair<size_t, size_t> fair_queue::size_of(const std::string& line) const {
  auto at = lines_.find(line);
  if (at == lines_.end())
    return {0, 0};
  size_t tasks = 0;
  for (auto& tenant : at->second.tenants)
    tasks += waiting_.at(tenant).at(line).size();
  return {tasks, at->second.tenants.size()};
}

void fair_queue::each_line(
    const std::function<void(const std::string& line, const AgentQuery& query)>& visit) const {
  for (auto& [line, state] : lines_)
    visit(line, state.query);
}

void fair_queue::join(server_state& at, const std::string& tenant) {
  auto [turn, is_new] = at.tenants.try_emplace(tenant);
  if (is_new)
    turn->second.at = at.turns.insert(at.turns.end(), tenant);
  ++turn->second.lines;
}

void fair_queue::leave(server_state& at, const std::string& tenant) {
  auto turn = at.tenants.find(tenant);
  if (--turn->second.lines > 0)
    return;
  at.turns.erase(turn->second.at);
  at.tenants.erase(turn);
}

// The tenant no longer waits in this line.
void fair_queue::left(const std::string& line, const std::string& tenant) {
  auto lines = waiting_.find(tenant);
  lines->second.erase(line);
  if (lines->second.empty())
    waiting_.erase(lines);
  auto at = lines_.find(line);
  for (auto one : at->second.servers)
    leave(servers_.at(one), tenant);
  at->second.tenants.erase(tenant);
  if (!at->second.tenants.empty())
    return;
  for (auto one : at->second.servers) {
    auto server_at = servers_.find(one);
    server_at->second.lines.erase(line);
    if (server_at->second.lines.empty())
      servers_.erase(server_at);
  }
  lines_.erase(at);
}

} // namespace troupe
