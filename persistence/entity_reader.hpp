// ENTITY READER: what a store holds of an entity that comes to life.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/persistence/store.hpp>

namespace troupe {

class Replayed;

/// Reads entities one after the other: what is the same for many is read once, and neighbours are read for the price of one.
class entity_reader {
public:
  /// How far an entity's events go.
  struct extent {
    uint64_t seq = 0;    ///< of the last one; 0 = there are none
    uint64_t gsn = 0;    ///< the highest
    int64_t time_us = 0; ///< the latest
  };

  /// For entities up to this one. Without an object store, all payloads are in their rows.
  entity_reader(const store& rows, const object_store* objects, const entity_id& last);

  /// Puts snapshot, events, and which command ids have expired into the answer; `whole`: all events and no snapshot.
  /// Errors: ec::corrupt (an event is missing or damaged), ec::shredded, those of store and object store.
  caf::expected<extent> read(const std::string& ref, const entity_id& entity, bool whole, Replayed& answer);

private:
  caf::error read_events(const std::string& ref, const entity_id& entity, Replayed& answer, extent& so_far);
  caf::expected<std::string_view> expired_before(std::string_view ref, const entity_id& entity);

  const store& rows_;
  const object_store* objects_;
  const std::unique_ptr<range_reader> snapshots_, events_;
  std::map<std::pair<uint8_t, std::string>, std::string> expired_before_; // by shard, and tenant/kind
};

} // namespace troupe
