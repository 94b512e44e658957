// KEY SLOTS: one task per key.
// Invariant: where somebody waits, the key is held, or unknown, or somebody who was handed out competes for agents.

#include <troupe/actors/agent/key_slots.hpp>

namespace troupe {

std::optional<std::string> key_slots::key_of(const RunTask& task) {
  if (task.concurrency_key().empty())
    return {};
  return tenant_of(task) + "/" + task.concurrency_key(); // a tenant's name has no slash
}

bool key_slots::is_free_for(const RunTask& task) const {
  auto key = key_of(task);
  if (!key)
    return true;
  if (closed_)
    return false;
  auto at = slots_.find(*key);
  return at == slots_.end() || at->second.holders.empty() ||
         at->second.holders.count({task.owner(), task.step()}) > 0;
}

std::optional<std::pair<std::string, std::string>> key_slots::holder(const RunTask& task) const {
  auto key = key_of(task);
  auto at = key ? slots_.find(*key) : slots_.end();
  if (at == slots_.end())
    return {};
  for (auto& one : at->second.holders)
    if (one != std::pair{task.owner(), task.step()})
      return one;
  return {};
}

void key_slots::hold(const RunTask& task) {
  if (auto key = key_of(task))
    slots_[*key].holders.insert({task.owner(), task.step()});
}

void key_slots::wait(RunTask task) {
  slots_[key_of(task).value()].waiting.push(std::move(task));
}

std::optional<RunTask> key_slots::release(const RunTask& task, int64_t now_ms) {
  auto key = key_of(task);
  auto at = key ? slots_.find(*key) : slots_.end();
  if (at == slots_.end() || at->second.holders.erase({task.owner(), task.step()}) == 0)
    return {};
  return next(*key, now_ms);
}

std::optional<RunTask> key_slots::pass(const RunTask& task, int64_t now_ms) {
  auto key = key_of(task);
  return key ? next(*key, now_ms) : std::nullopt;
}

std::optional<RunTask> key_slots::next(const std::string& key, int64_t now_ms) {
  auto at = slots_.find(key);
  if (at == slots_.end() || closed_ || !at->second.holders.empty())
    return {};
  std::optional<RunTask> first;
  if (!at->second.waiting.empty())
    first = at->second.waiting.pop(now_ms);
  if (at->second.waiting.empty())
    slots_.erase(at);
  return first;
}

std::vector<RunTask> key_slots::open(int64_t now_ms) {
  closed_ = false;
  std::vector<std::string> keys;
  for (auto& [key, at] : slots_)
    keys.push_back(key);
  std::vector<RunTask> all;
  for (auto& key : keys)
    if (auto first = next(key, now_ms))
      all.push_back(std::move(*first));
  return all;
}

} // namespace troupe
