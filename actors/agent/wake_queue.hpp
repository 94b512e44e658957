// WAKE QUEUE: entities on their way to life.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <troupe/persistence/doors.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <unordered_map>
#include <vector>

namespace troupe {

/// Asks the journal to open entities, some at a time: what is replayed and not yet begun takes memory, and CAF searches long
/// queues of runnable actors. In the order of the rows, round and round, and in bundles: neighbours are read for the price of
/// one. Used by one actor.
class wake_queue {
public:
  explicit wake_queue(std::shared_ptr<journal> disk) : disk_{std::move(disk)} {}

  /// An entity is waking; its host is to give the answer to take().
  void add(open_order order);

  /// Is it waking?
  bool has(const std::string& ref) const {
    return waking_.count(ref) > 0;
  }

  /// The journal has answered: the entity is not waking any more. Nothing if nobody waits for it.
  std::optional<entity_id> take(const Replayed& answer);

  /// Nobody waits for these any more; returns their refs.
  std::vector<std::string> drop(const std::function<bool(const entity_id&)>& which);

private:
  void open_more();

  const std::shared_ptr<journal> disk_;
  std::unordered_map<std::string, entity_id> waking_;
  std::map<entity_id, open_order> to_open_; // of those waking: not yet asked for
  std::map<std::string, size_t> dropped_;   // answers that nobody waits for; they come before all others
  entity_id opened_last_{};
  size_t opening_ = 0; // asked for, not yet replayed
};

} // namespace troupe
