// DOCTOR: one shard after the other: names, snapshots, events, rows.
// Invariant: an event is never written or deleted; a row is only made anew when all events it follows from are sound.

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <troupe/persistence/doctor.hpp>
#include <troupe/persistence/index_rows.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/seal.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

constexpr std::string_view restore = "restore a backup";
constexpr std::string_view repair_it = "`troupe doctor --repair` makes it anew";

StoreFinding damage(std::string place, std::string meaning, std::string_view remedy = restore) {
  return finding(std::move(place), std::move(meaning), remedy, true);
}

class examiner {
public:
  examiner(store& rows, const std::vector<entity_kind>& kinds, bool repair, const object_store* objects)
      : rows_{rows}, kinds_{kinds}, repair_{repair}, objects_{objects} {}

  caf::expected<StoreHealth> examine() {
    health_.set_store(rows_.id());
    health_.set_sound(true);
    if (auto failed = read_counters())
      return failed;
    for (unsigned shard = 0; shard < limits::shards; ++shard)
      if (auto failed = examine_shard(static_cast<uint8_t>(shard)))
        return failed;
    if (health_.highest_gsn() > counters_.gsn)
      add(damage("the journal's counters", fmt::format("event {} is stored, but they end at {}",
                                                       health_.highest_gsn(), counters_.gsn)));
    for (auto& [kind, entities] : strangers_)
      add(finding(fmt::format("kind '{}'", kind),
                  fmt::format("{} entities: this program does not know it, so their rows were not compared",
                              entities),
                  "nothing is wrong: check them with the program that has this kind", false));
    if (shredded_)
      add(finding("shredded tenants", "their keys were destroyed: nothing of them can be read",
                  "nothing is wrong: their rows leave by themselves", false));
    return std::move(health_);
  }

private:
  struct stored_snapshot {
    uint16_t version = 0;
    std::string key;
    std::string state;
    bool readable = false;
    bool seen = false;
  };

  // What is known of one entity while its events are read.
  struct patient {
    entity_id id;
    std::string ref; // empty = nameless
    std::unique_ptr<entity_replay> replay;
    uint64_t seq = 0, gsn = 0;
    int64_t time_us = 0;
    bool whole = true; // the last append
    bool sound = true; // its rows can be told
  };

  // -- findings --

  void add(StoreFinding found) {
    add_finding(health_, std::move(found));
  }

  // What reading gave: damage is a finding, everything else ends the examination.
  caf::error note(const caf::error& failed, std::string place) {
    if (!failed || code_of(failed) != ec::corrupt)
      return failed;
    readable_ = false;
    add(damage(std::move(place), text_of(failed)));
    return {};
  }

  void mend(StoreFinding found, row_change change) {
    if (repair_) {
      mending_.push_back(std::move(change));
      found.set_repaired(true);
      found.set_remedy("repaired");
    }
    add(std::move(found));
  }

  // -- the store --

  caf::error read_counters() {
    auto counters = read_journal_counters(rows_);
    if (!counters)
      return note(counters.error(), "the journal's counters");
    counters_ = *counters;
    return {};
  }

  caf::error examine_shard(uint8_t shard) {
    readable_ = true;
    names_.clear();
    snapshots_.clear();
    wanted_.clear();
    untold_.clear();
    mending_.clear();
    auto place = [&](std::string_view what) { return fmt::format("{} of shard {}", what, shard); };
    if (auto failed = note(read_names(shard), place("names")))
      return failed;
    if (auto failed = note(read_snapshots(shard), place("snapshots")))
      return failed;
    if (auto failed = note(read_events(shard), place("events")))
      return failed;
    if (!readable_)
      return {}; // what was not read would look missing
    judge_leftovers();
    if (auto failed = note(compare_counts(shard), place("objects")))
      return failed;
    if (auto failed = note(compare_rows(shard), place("index and timers")))
      return failed;
    return mending_.empty() ? caf::error{} : rows_.write(mending_);
  }

  caf::error read_names(uint8_t shard) {
    return rows_.scan(space::meta, names_begin(shard), names_end(shard), [&](auto key, auto value) {
      auto entity = entity_of(key);
      if (!entity)
        add(damage("name " + to_hex(key), "the key is that of no entity"));
      else if (!parse_ref(value) || identify(value, rows_.naming_key()) != *entity)
        add(damage("name " + to_hex(key), fmt::format("'{}' is not the name of this entity", value)));
      else
        names_.emplace(*entity, std::string{value});
      return true;
    });
  }

  // All rows of a shard but those of shredded tenants, where a scan ends. Their names are gone as well: after one of them it
  // goes on with the next entity that has a name.
  caf::error scan_entities(space where, uint8_t shard,
                           const std::function<bool(std::string_view, std::string_view)>& row) {
    auto from = shard_begin(shard);
    entity_id reached{shard, {}};
    for (;;) {
      auto failed = rows_.scan(where, from, shard_end(shard), [&](auto key, auto value) {
        if (auto entity = entity_of(key))
          reached = *entity;
        return row(key, value);
      });
      if (code_of(failed) != ec::shredded)
        return failed;
      shredded_ = true;
      auto next = names_.upper_bound(reached);
      if (next == names_.end())
        return {};
      reached = next->first;
      from = entity_begin(reached);
    }
  }

  caf::error read_snapshots(uint8_t shard) {
    return scan_entities(space::snapshot, shard, [&](auto key, auto value) {
      auto entity = entity_of(key);
      if (!entity) {
        mend(damage("snapshot " + to_hex(key), "the key is that of no entity", repair_it),
             {space::snapshot, std::string{key}, std::nullopt});
        return true;
      }
      health_.set_snapshots(health_.snapshots() + 1);
      Snapshot snapshot;
      stored_snapshot kept;
      kept.key = key;
      auto name = names_.find(*entity);
      auto record = read_record(name == names_.end() ? "" : name->second, value, objects_);
      kept.readable = record && snapshot.ParseFromString(record->payload);
      kept.version = record ? record->header.version : 0;
      kept.state = std::move(*snapshot.mutable_state());
      snapshots_[*entity].emplace(seq_of_snapshot_key(key), std::move(kept));
      return true;
    });
  }

  caf::error read_events(uint8_t shard) {
    std::optional<patient> one;
    auto failed = scan_entities(space::journal, shard, [&](auto key, auto value) {
      auto entity = entity_of(key);
      if (!entity) {
        add(damage("event " + to_hex(key), "the key is that of no entity"));
        return true;
      }
      if (!one || one->id != *entity) {
        if (one)
          finish(*one);
        one = begin(*entity);
      }
      look_at(*one, key, value);
      return true;
    });
    if (one && !failed)
      finish(*one);
    return failed;
  }

  // -- one entity --

  patient begin(const entity_id& entity) {
    health_.set_entities(health_.entities() + 1);
    patient one;
    one.id = entity;
    auto name = names_.find(entity);
    if (name == names_.end()) {
      one.ref = "entity " + to_hex(entity_begin(entity).substr(1));
      one.sound = false;
      add(damage(one.ref, "it has events and no name: nobody can ask for it"));
      return one;
    }
    one.ref = name->second;
    auto kind_name = parse_ref(one.ref)->kind;
    auto kind =
        std::find_if(kinds_.begin(), kinds_.end(), [&](auto& known) { return known.name == kind_name; });
    if (kind == kinds_.end())
      ++strangers_[kind_name];
    else
      one.replay = kind->replay(one.ref, rows_.naming_key());
    return one;
  }

  void look_at(patient& one, std::string_view key, std::string_view value) {
    health_.set_events(health_.events() + 1);
    auto seq = seq_of_journal_key(key);
    auto harmed = [&](std::string meaning) {
      add(damage(one.ref, std::move(meaning)));
      one.sound = false;
    };
    if (seq != one.seq + 1)
      harmed(seq == one.seq + 2 ? fmt::format("event {} is missing", one.seq + 1)
                                : fmt::format("events {} to {} are missing", one.seq + 1, seq - 1));
    one.seq = seq;
    std::string_view record;
    auto header = unwrap(value, record);
    if (!header)
      return harmed(fmt::format("event {} has no envelope", seq));
    if (header->gsn <= one.gsn || header->time_us <= one.time_us)
      harmed(fmt::format("event {} is not younger than the one before it", seq));
    one.gsn = header->gsn;
    one.time_us = header->time_us;
    one.whole = (header->flags & last_of_append) != 0;
    health_.set_highest_gsn(std::max(health_.highest_gsn(), header->gsn));
    if (!one.replay || !one.sound)
      return;
    auto event = replayed_event(key, value, one.ref, objects_);
    if (auto failed = event ? one.replay->add(*event) : event.error())
      return harmed(text_of(failed));
    compare_snapshot(one);
  }

  void compare_snapshot(const patient& one) {
    auto all = snapshots_.find(one.id);
    if (all == snapshots_.end())
      return;
    auto at = all->second.find(one.seq);
    if (at == all->second.end())
      return;
    at->second.seen = true;
    if (at->second.readable && at->second.version != one.replay->snapshot_version())
      return; // of an older program: nobody reads it
    if (!at->second.readable || at->second.state != one.replay->state())
      mend(damage(fmt::format("{}, snapshot at event {}", one.ref, one.seq),
                  at->second.readable ? "it is not the state its events give" : "it cannot be read",
                  "`troupe doctor --repair` drops it; the events serve instead"),
           {space::snapshot, at->second.key, std::nullopt});
  }

  void finish(patient& one) {
    if (!one.whole) {
      add(damage(one.ref, fmt::format("its last append is torn after event {}", one.seq)));
      one.sound = false;
    }
    if (!one.sound || !one.replay) {
      untold_.insert(one.id);
      snapshots_.erase(one.id);
    } else {
      wanted_.insert(one.replay->rows().begin(), one.replay->rows().end());
    }
    names_.erase(one.id);
  }

  // -- what has no events --

  void judge_leftovers() {
    for (auto& [entity, ref_text] : names_)
      add(damage(ref_text, "it has a name and no events"));
    for (auto& [entity, all] : snapshots_)
      for (auto& [seq, one] : all)
        if (!one.seen)
          mend(damage(fmt::format("snapshot {} at event {}", to_hex(one.key), seq), "there is no such event",
                      repair_it),
               {space::snapshot, one.key, std::nullopt});
  }

  caf::error compare_counts(uint8_t shard) {
    auto changes = recount_objects(rows_, shard);
    if (!changes)
      return std::move(changes.error());
    for (auto& change : *changes)
      mend(damage("object " + to_string(object_of_key(change.key)),
                  fmt::format("{} records refer to it, and it is counted otherwise",
                              change.value ? *change.value : "no"),
                  repair_it),
           change);
    return {};
  }

  caf::error compare_rows(uint8_t shard) {
    auto stored = stored_index_rows(rows_, shard);
    if (!stored)
      return std::move(stored.error());
    health_.set_rows(health_.rows() + stored->size());
    std::erase_if(*stored, [&](auto& row) {
      auto entity = entity_of(row.first);
      return entity && untold_.count(*entity) > 0;
    });
    for (auto& change : difference(*stored, wanted_)) {
      auto meaning = !change.value                    ? "no event brings this row about"
                     : stored->count(change.key) == 0 ? "the row is missing"
                                                      : "the row is not the one its events bring about";
      mend(damage(name_of(change.key), meaning, repair_it), change);
    }
    return {};
  }

  std::string name_of(const std::string& key) const {
    auto entity = entity_of(key);
    auto is_timer = key[0] == timer_begin(0)[0];
    if (auto value = wanted_.find(key); is_timer && value != wanted_.end())
      if (TimerRow timer; timer.ParseFromString(value->second))
        return fmt::format("{}, timer '{}'", timer.ref(), timer.timer());
    std::string owner = "nobody";
    if (entity)
      if (auto name = rows_.get(space::meta, name_key(*entity)); name && *name)
        owner = **name;
    return fmt::format("{}, {} row {}", owner, is_timer ? "timer" : "index", to_hex(key));
  }

  store& rows_;
  const std::vector<entity_kind>& kinds_;
  const bool repair_;
  const object_store* objects_;
  StoreHealth health_;
  envelope counters_;
  bool readable_ = true;                   // all of this shard so far
  bool shredded_ = false;                  // some entities are of a tenant whose keys were destroyed
  std::map<entity_id, std::string> names_; // without those whose events were seen
  std::map<entity_id, std::map<uint64_t, stored_snapshot>> snapshots_;
  index_rows wanted_;
  std::set<entity_id> untold_;                // entities whose rows cannot be told
  std::map<std::string, uint64_t> strangers_; // entities by unknown kind
  write_batch mending_;
};

} // namespace

StoreFinding finding(std::string place, std::string meaning, std::string_view remedy, bool damage) {
  StoreFinding found;
  found.set_place(std::move(place));
  found.set_meaning(std::move(meaning));
  found.set_remedy(std::string{remedy});
  found.set_damage(damage);
  return found;
}

void add_finding(StoreHealth& health, StoreFinding found) {
  if (found.damage() && !found.repaired())
    health.set_sound(false);
  if (static_cast<size_t>(health.findings_size()) < limits::doctor_findings)
    *health.add_findings() = std::move(found);
  else
    health.set_findings_left_out(health.findings_left_out() + 1);
}

caf::expected<StoreHealth> check_rows(store& rows, const std::vector<entity_kind>& kinds, bool repair,
                                      const object_store* objects) {
  return examiner{rows, kinds, repair, objects}.examine();
}

} // namespace troupe
