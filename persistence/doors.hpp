// What an actor needs of its node: the doors to time, disk, names and randomness. The simulator brings its own.
#pragma once

#include <memory>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/activity.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/log.hpp>
#include <troupe/runtime/node_metrics.hpp>
#include <troupe/runtime/workers.hpp>

namespace troupe {

class journal;
class object_store;

/// The doors of one node. Shared by all its actors; there are no globals, so a process may hold several nodes.
struct doors {
  std::shared_ptr<const troupe::clock> time;
  std::shared_ptr<store> rows;
  std::shared_ptr<journal> disk;
  std::shared_ptr<directory> names;
  std::shared_ptr<id_source> ids;
  std::shared_ptr<workers> hands; ///< threads for what computes or blocks
  logger log;
  node_metrics meters;
  activity_board* board = nullptr;         ///< what its actors are doing; outlives them; null = nobody looks
  std::shared_ptr<object_store> objects{}; ///< large payloads; null = there are none
  std::shared_ptr<const doors>
      own{}; ///< of entities that stay with this node, if these are shared with others; null = these
};

using doors_ptr = std::shared_ptr<const doors>;

} // namespace troupe
