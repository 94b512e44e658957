// THROTTLES: tasks begin no faster than the configuration says. Pure.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <troupe/actors/agent/fair_queue.hpp>
#include <troupe/behaviors/rate_limit.hpp>
#include <troupe/runtime/queue_limits.hpp>
#include <troupe/runtime/task_rates.hpp>
#include <vector>

namespace troupe {

/// Token buckets, see behaviors/rate_limit.hpp: one per capability that has a rate, and one per tenant for each key that has one.
/// A task takes one token from each of its buckets when it is given to an agent. Who is refused waits for that bucket in a
/// fair_queue: tenants take turns. Buckets are in memory: after a restart each is full.
///
/// Cost: O(buckets of the task x log n); of due() and rest(), the buckets somebody waits for.
class throttles {
public:
  explicit throttles(task_rates rates = {}) : rates_{std::move(rates)} {}

  /// The first of its buckets for which somebody waits already; nothing if there is none.
  std::optional<std::string> line_of(const RunTask& task) const;
  /// The rate of such a bucket, tasks per second; 0 if there is none of this name.
  double rate_of(const std::string& name) const {
    auto i = buckets_.find(name);
    return i == buckets_.end() ? 0 : i->second.options.per_second;
  }
  /// Takes the tokens of a task, or none of them: the bucket that refuses.
  std::optional<std::string> refuses(const RunTask& task, int64_t now_ms);
  /// Puts a task in the line of a bucket.
  void wait(const std::string& name, RunTask task);
  /// Takes out as many as there are tokens now; they compete for agents, and pay when one takes them.
  std::vector<RunTask> due(int64_t now_ms);
  /// How long until the next of those who wait is due; nothing if nobody waits.
  std::optional<std::chrono::milliseconds> rest(int64_t now_ms);
  /// Buckets in memory.
  size_t buckets() const {
    return buckets_.size();
  }

private:
  struct bucket {
    rate_limit tokens;
    rate_limit_options options;
    fair_queue waiting;
    size_t size = 0;
  };
  std::vector<std::pair<std::string, task_rate>> buckets_of(const RunTask& task) const;
  bucket& at(const std::string& name, const task_rate& rate, int64_t now_ms);

  task_rates rates_;
  std::map<std::string, bucket> buckets_;
  std::set<std::string> waited_for_;
  size_t tidy_at_ = limits::rate_buckets; // so many buckets: it grows if most are in use
};

} // namespace troupe
