// REBUILD: what is stored besides an entity's events follows from them, and can be made again.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <troupe/persistence/effects.hpp>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <vector>

namespace troupe {

struct entity_kind; // event_sourced.hpp

/// Lives an entity's life again, from its first event and from nothing else, and keeps what that brings about: its state
/// and the index and timer rows that must exist. Snapshots are not read; messages are thrown away.
///
/// It holds for every kind that keeps these rules:
///   - rows are put, erased, set and cancelled in tidy() and bring_about() alone: a decision without events writes none,
///     and acknowledge() only sends;
///   - what they write follows from the state, the event and the entity's own ref: no clock, no chance, no configuration,
///     and nothing of the command that caused it;
///   - save() gives the same bytes whether the state was loaded in between or not.
class entity_replay {
public:
  entity_replay(std::string ref, std::string naming_key);
  virtual ~entity_replay() = default;
  entity_replay(const entity_replay&) = delete;
  entity_replay& operator=(const entity_replay&) = delete;

  /// The next event; the first one is event 1. Errors: ec::corrupt (a gap, bytes that are no such event, an event its
  /// state cannot have seen), ec::from_future.
  caf::error add(const ReplayedEvent& stored);

  /// The state as a snapshot holds it after the last event; empty if the kind has no snapshots.
  virtual std::string state() const = 0;

  /// The version of snapshots that are compared with state(); others are not read by anybody.
  virtual uint16_t snapshot_version() const = 0;

  /// Keys and values of the index space that the entity has after the last event.
  const std::map<std::string, std::string>& rows() const {
    return rows_;
  }

  /// Number of the last event; 0 = none yet.
  uint64_t seq() const {
    return seq_;
  }

  const std::string& ref() const {
    return ref_;
  }

protected:
  /// Reads and applies one event with all it brings about. Errors: as add().
  virtual caf::error apply(uint32_t type, uint32_t version, const std::string& event,
                           effects& brought_about) = 0;

private:
  const std::string ref_;
  const std::string naming_key_;
  const entity_id entity_;
  const Context no_cause_;
  std::map<std::string, std::string> rows_;
  uint64_t seq_ = 0;
};

/// An event as it is stored, key and value. If its payload is an object, that is read for `ref`, whose event it is.
/// Errors: as read_record().
caf::expected<ReplayedEvent> replayed_event(std::string_view key, std::string_view stored,
                                            std::string_view ref = {}, const object_store* objects = nullptr);

/// Replays one entity of a store, all its events. Errors: ec::not_found (its name is not stored), ec::invalid_argument
/// (its kind is none of `kinds`: nothing is known of its rows), ec::corrupt, ec::from_future, those of store::scan().
caf::expected<std::unique_ptr<entity_replay>> replay_entity(const store& rows,
                                                            const std::vector<entity_kind>& kinds,
                                                            const entity_id& entity,
                                                            const object_store* objects = nullptr);

/// The changes that make the index and timer rows of one entity those that its events bring about; none if they are.
/// Reads all timers of its shard: for many entities, rebuild a shard at a time. Errors: as replay_entity().
caf::expected<write_batch> rebuild_rows(const store& rows, const std::vector<entity_kind>& kinds,
                                        const entity_id& entity, const object_store* objects = nullptr);

/// The same for all entities of a shard: rows of entities that are not stored leave, rows of entities whose kind is none
/// of `kinds` stay. Holds the rows of one shard in memory. Errors: ec::corrupt, ec::from_future, those of store::scan().
caf::expected<write_batch> rebuild_rows(const store& rows, const std::vector<entity_kind>& kinds,
                                        uint8_t shard, const object_store* objects = nullptr);

} // namespace troupe
