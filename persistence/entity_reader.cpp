// ENTITY READER: the newest snapshot that can be read, and the events behind it.
// Invariant: what is answered has no gap: an event that is missing or cannot be read is an error that names it.

#include <algorithm>
#include <troupe/persistence/entity_reader.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {

entity_reader::entity_reader(const store& rows, const object_store* objects, const entity_id& last)
    : rows_{rows}, objects_{objects}, snapshots_{rows.reader(space::snapshot, entity_end(last))},
      events_{rows.reader(space::journal, entity_end(last))} {}

caf::expected<entity_reader::extent> entity_reader::read(const std::string& ref, const entity_id& entity,
                                                         bool whole, Replayed& answer) {
  extent so_far;
  if (auto refused = rows_.refusal(tenant_of(ref)))
    return refused;
  if (!whole) {
    auto failed =
        snapshots_->scan(entity_begin(entity), entity_end(entity), [&](std::string_view key, auto stored) {
          auto record = read_record(ref, stored, objects_);
          if (!record)
            return true; // a snapshot is a cache: an older one, or the whole journal, serves as well
          so_far = {seq_of_snapshot_key(key), record->header.gsn, record->header.time_us};
          answer.set_snapshot_seq(so_far.seq);
          answer.set_snapshot_version(record->header.version);
          answer.set_snapshot(std::move(record->payload));
          return false;
        });
    if (failed)
      return failed;
  }
  if (auto failed = read_events(ref, entity, answer, so_far))
    return failed;
  auto expired = expired_before(ref, entity);
  if (!expired)
    return std::move(expired.error());
  answer.set_expired_before(std::string{*expired});
  return so_far;
}

caf::error entity_reader::read_events(const std::string& ref, const entity_id& entity, Replayed& answer,
                                      extent& so_far) {
  caf::error damage;
  auto failed =
      events_->scan(journal_key(entity, so_far.seq + 1), entity_end(entity),
                    [&](std::string_view key, std::string_view stored) {
                      auto seq = seq_of_journal_key(key);
                      auto record = read_record(ref, stored, objects_);
                      if (seq != so_far.seq + 1 || !record) {
                        auto place = ref + ": event " + std::to_string(so_far.seq + 1);
                        damage =
                            seq != so_far.seq + 1
                                ? make_error(ec::corrupt, place + " is missing; restore it from a copy")
                            : reference_in(stored)
                                ? make_error(code_of(record.error()), place + ": " + text_of(record.error()))
                                : make_error(ec::corrupt, place + " is damaged; restore it from a copy");
                        return false;
                      }
                      auto* event = answer.add_events();
                      event->set_seq(seq);
                      event->set_type(record->header.type);
                      event->set_version(record->header.version);
                      event->set_time_us(record->header.time_us);
                      event->set_record(std::move(record->payload));
                      so_far = {seq, std::max(so_far.gsn, record->header.gsn),
                                std::max(so_far.time_us, record->header.time_us)};
                      return true;
                    });
  return damage ? damage : failed;
}

// The last command id that has expired of the entity's tenant and kind; empty if none has.
caf::expected<std::string_view> entity_reader::expired_before(std::string_view ref, const entity_id& entity) {
  std::pair whose{entity.shard, std::string{ref.substr(0, ref.rfind('/'))}};
  auto known = expired_before_.find(whose);
  if (known == expired_before_.end()) {
    auto stored = rows_.get(space::meta, expired_key(ref, rows_.naming_key()));
    if (!stored)
      return std::move(stored.error());
    known = expired_before_.emplace(std::move(whose), stored->value_or("")).first;
  }
  return std::string_view{known->second};
}

} // namespace troupe
