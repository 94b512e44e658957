// REBUILD: an entity's rows out of its events.
// Invariant: nothing but events, names and the naming key goes into what is rebuilt.

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <troupe/persistence/event_sourced.hpp>
#include <troupe/persistence/index_rows.hpp>
#include <troupe/persistence/rebuild.hpp>

namespace troupe {
entity_replay::entity_replay(std::string ref, std::string naming_key)
    : ref_{std::move(ref)}, naming_key_{std::move(naming_key)}, entity_{identify(ref_, naming_key_)} {}

caf::error entity_replay::add(const ReplayedEvent& stored) {
  auto damaged = [&](ec code, std::string_view what) {
    return make_error(code, fmt::format("{}: event {}: {}", ref_, stored.seq(), what));
  };
  if (stored.seq() != seq_ + 1)
    return damaged(ec::corrupt, fmt::format("event {} is missing", seq_ + 1));
  JournalRecord record;
  if (!record.ParseFromString(stored.record()))
    return damaged(ec::corrupt, "its bytes are no journal record");
  effects brought_about{ref_, entity_, naming_key_, no_cause_};
  try {
    if (auto failed = apply(stored.type(), stored.version(), record.event(), brought_about))
      return damaged(code_of(failed), text_of(failed));
  } catch (const std::exception& thrown) { // its kind's own check: this event cannot follow those before
    return damaged(ec::corrupt, thrown.what());
  }
  for (auto& [where, key, value, tenant] : brought_about.rows())
    if (value)
      rows_.insert_or_assign(std::move(key), std::move(*value));
    else
      rows_.erase(key);
  seq_ = stored.seq();
  return {};
}

caf::expected<std::unique_ptr<entity_replay>> replay_entity(const store& rows,
                                                            const std::vector<entity_kind>& kinds,
                                                            const entity_id& entity,
                                                            const object_store* objects) {
  auto name = rows.get(space::meta, name_key(entity));
  if (!name)
    return name.error();
  if (!*name)
    return make_error(ec::not_found, "the store has no name of such an entity");
  auto parts = parse_ref(**name);
  if (!parts || identify(**name, rows.naming_key()) != entity)
    return make_error(ec::corrupt, fmt::format("'{}' is not the name of its entity", **name));
  auto kind = std::find_if(kinds.begin(), kinds.end(), [&](auto& one) { return one.name == parts->kind; });
  if (kind == kinds.end())
    return make_error(ec::invalid_argument, fmt::format("{}: its kind is unknown here", **name));
  auto replay = kind->replay(**name, rows.naming_key());
  caf::error damage;
  auto failed = rows.scan(space::journal, entity_begin(entity), entity_end(entity),
                          [&](std::string_view key, std::string_view stored) {
                            auto event = replayed_event(key, stored, **name, objects);
                            damage = event ? replay->add(*event) : event.error();
                            return !damage;
                          });
  if (damage || failed)
    return damage ? damage : failed;
  return replay;
}

caf::expected<ReplayedEvent> replayed_event(std::string_view key, std::string_view stored,
                                            std::string_view ref, const object_store* objects) {
  auto record = read_record(ref, stored, objects);
  auto seq = seq_of_journal_key(key);
  if (!record)
    return make_error(code_of(record.error()), fmt::format("event {}: {}", seq, text_of(record.error())));
  ReplayedEvent event;
  event.set_seq(seq);
  event.set_type(record->header.type);
  event.set_version(record->header.version);
  event.set_time_us(record->header.time_us);
  event.set_record(std::move(record->payload));
  return event;
}

caf::expected<write_batch> rebuild_rows(const store& rows, const std::vector<entity_kind>& kinds,
                                        const entity_id& entity, const object_store* objects) {
  auto replay = replay_entity(rows, kinds, entity, objects);
  if (!replay)
    return std::move(replay.error());
  auto stored = stored_index_rows(rows, entity.shard);
  if (!stored)
    return std::move(stored.error());
  std::erase_if(*stored, [&](auto& row) { return entity_of(row.first) != entity; });
  return difference(*stored, (*replay)->rows());
}

caf::expected<write_batch> rebuild_rows(const store& rows, const std::vector<entity_kind>& kinds,
                                        uint8_t shard, const object_store* objects) {
  std::vector<entity_id> named;
  if (auto failed = rows.scan(space::meta, names_begin(shard), names_end(shard),
                              [&](std::string_view key, std::string_view) {
                                if (auto entity = entity_of(key))
                                  named.push_back(*entity);
                                return true;
                              }))
    return failed;
  index_rows wanted;
  std::set<entity_id> strangers;
  for (auto& entity : named) {
    auto replay = replay_entity(rows, kinds, entity, objects);
    if (replay)
      wanted.insert((*replay)->rows().begin(), (*replay)->rows().end());
    else if (code_of(replay.error()) == ec::invalid_argument)
      strangers.insert(entity);
    else
      return std::move(replay.error());
  }
  auto stored = stored_index_rows(rows, shard);
  if (!stored)
    return std::move(stored.error());
  std::erase_if(*stored, [&](auto& row) {
    auto entity = entity_of(row.first);
    return entity && strangers.count(*entity) > 0;
  });
  return difference(*stored, wanted);
}

} // namespace troupe
