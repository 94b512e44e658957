// THROTTLES: who may begin now.
// Invariant: waited_for_ names exactly the buckets with somebody in line.

#include <algorithm>
#include <troupe/actors/agent/key_slots.hpp>
#include <troupe/actors/agent/throttles.hpp>

namespace troupe {
namespace {

// A bucket's line has one kind of task and one server: the bucket.
const std::string only_line;
constexpr fair_queue::server itself = 1;

bool is_full(rate_limit& tokens, const rate_limit_options& of, int64_t now_ms) {
  auto granted = tokens.ask(now_ms, of.burst).go();
  if (granted)
    tokens.give_back(of.burst);
  return granted;
}

} // namespace

std::vector<std::pair<std::string, task_rate>> throttles::buckets_of(const RunTask& task) const {
  std::vector<std::pair<std::string, task_rate>> result;
  if (!rates_.by_capability.empty())
    for (auto& capability :
         std::set<std::string>{task.query().required().begin(), task.query().required().end()})
      if (auto i = rates_.by_capability.find(capability); i != rates_.by_capability.end())
        result.emplace_back("capability " + capability, i->second);
  if (auto i = rates_.by_key.find(task.concurrency_key()); i != rates_.by_key.end())
    result.emplace_back("key " + *key_slots::key_of(task), i->second);
  return result;
}

throttles::bucket& throttles::at(const std::string& name, const task_rate& rate, int64_t now_ms) {
  if (auto i = buckets_.find(name); i != buckets_.end())
    return i->second;
  if (buckets_.size() >= tidy_at_) {
    for (auto i = buckets_.begin(); i != buckets_.end();) { // a full one is as good as a new one
      auto& one = i->second;
      i = one.size == 0 && is_full(one.tokens, one.options, now_ms) ? buckets_.erase(i) : std::next(i);
    }
    tidy_at_ = std::max(limits::rate_buckets, 2 * buckets_.size());
  }
  rate_limit_options options{rate.per_second, rate.burst};
  return buckets_.emplace(name, bucket{rate_limit{name, options}, options, {}, 0}).first->second;
}

std::optional<std::string> throttles::line_of(const RunTask& task) const {
  if (waited_for_.empty())
    return {};
  for (auto& [name, rate] : buckets_of(task))
    if (waited_for_.count(name) > 0)
      return name;
  return {};
}

std::optional<std::string> throttles::refuses(const RunTask& task, int64_t now_ms) {
  std::vector<rate_limit*> paid;
  for (auto& [name, rate] : buckets_of(task)) {
    auto& tokens = at(name, rate, now_ms).tokens;
    if (!tokens.ask(now_ms).go()) {
      for (auto* one : paid)
        one->give_back(1);
      return name;
    }
    paid.push_back(&tokens);
  }
  return {};
}

void throttles::wait(const std::string& name, RunTask task) {
  auto& one = buckets_.at(name);
  one.waiting.push(only_line, std::move(task), {itself});
  ++one.size;
  waited_for_.insert(name);
}

std::vector<RunTask> throttles::due(int64_t now_ms) {
  std::vector<RunTask> all;
  for (auto i = waited_for_.begin(); i != waited_for_.end();) {
    auto& one = buckets_.at(*i);
    double granted = 0;
    for (; one.size > 0 && one.tokens.ask(now_ms).go(); --one.size, ++granted)
      all.push_back(*one.waiting.pop(itself, now_ms));
    one.tokens.give_back(granted);
    i = one.size == 0 ? waited_for_.erase(i) : std::next(i);
  }
  return all;
}

std::optional<std::chrono::milliseconds> throttles::rest(int64_t now_ms) {
  std::optional<std::chrono::milliseconds> rest;
  for (auto& name : waited_for_) {
    auto& tokens = buckets_.at(name).tokens;
    auto answer = tokens.ask(now_ms);
    if (answer.go())
      tokens.give_back(1);
    auto wait = std::max(limits::rate_tick, std::chrono::milliseconds{answer.retry_after_ms});
    rest = rest ? std::min(*rest, wait) : wait;
  }
  return rest;
}

} // namespace troupe
