// RETENTION: once a day, looks for runs and lone tasks whose time is over, and has the journal erase them.
// Invariant: what is chosen here is a proposal; erase_ended() decides, while nobody else writes. Of a store that nodes share, each
// looks after the shards that are its own.

#include <set>
#include <troupe/actors/spawn.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/retention.hpp>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

// What the journal's thread tells of objects it has looked at.
struct sweep {
  size_t objects = 0;
  caf::error failed;
};

struct retention_state {
  static inline const char* name = "retention";

  enum class phase { parents, erasing, objects };

  retention_actor::pointer self = nullptr;
  doors_ptr doors;
  retention_rules rules;
  phase now = phase::parents;
  unsigned shard = 0;
  std::string cursor;              // rows of the shard's listings up to this key have been looked at
  std::vector<std::string> left;   // proposed, but the piece was full
  std::set<entity_id> parents;     // of tasks that have not ended
  std::shared_ptr<erasure> piece;  // with the journal
  std::shared_ptr<sweep> sweeping; // with the journal
  uint64_t ticks = 0;              // epoch of the newest
  uint64_t erased = 0, awake = 0, needed = 0, swept = 0;

  void go_on(std::chrono::milliseconds wait = {}) {
    Tick tick;
    tick.set_epoch(++ticks);
    if (wait.count() > 0)
      tell_in(self, wait, retention_actor{self}, std::move(tick));
    else
      tell(self, retention_actor{self}, std::move(tick));
  }

  void step() {
    switch (now) {
    case phase::parents:
      return note_parents();
    case phase::erasing:
      return erase_some();
    case phase::objects:
      return sweep_some();
    }
  }

  void next_shard(phase after) {
    cursor.clear();
    if (++shard < limits::shards)
      return;
    shard = 0;
    now = after;
  }

  bool is_open(unsigned which) const {
    auto way = doors->names->route();
    return !way || way->is_open(static_cast<uint8_t>(which));
  }

  // Runs and tasks of the shard after the cursor, in the order of their keys.
  caf::error each_row(index_table first,
                      const std::function<bool(std::string_view, const WorkSummary&)>& row) {
    auto s = static_cast<uint8_t>(shard);
    return doors->rows->scan(
        space::index, cursor.empty() ? index_begin(s, first) : cursor + '\0',
        index_end(s, index_table::tasks), [&](std::string_view key, std::string_view value) {
          WorkSummary work;
          return !work.ParseFromArray(value.data(), static_cast<int>(value.size())) || row(key, work);
        });
  }

  // Whoever has ended may be the one that a task will tell of its end: it stays until that has ended, too. Whoever ends
  // from here on is not due for a day, so that what is read once holds for the whole round. Shards of other nodes count, too.
  void note_parents() {
    auto failed = each_row(index_table::tasks, [&](std::string_view, const WorkSummary& work) {
      if (work.ended_ms() == 0 && !work.parent().empty())
        parents.insert(identify(work.parent(), doors->rows->naming_key()));
      return true;
    });
    if (failed)
      return try_again(failed);
    next_shard(phase::erasing);
    go_on();
  }

  // What is in a shard of another node is for that one to erase.
  bool is_ours(const std::string& work) const {
    return !doors->own || !doors->names->refusal(work);
  }

  void erase_some() {
    if (auto done = std::exchange(piece, nullptr)) {
      if (done->failed && is_open(shard))
        return try_again(done->failed);
      if (!done->failed)
        absorb(*done);
    }
    if (!is_open(shard)) { // its node looks after it
      left.clear();
      next_shard(phase::objects);
      return go_on();
    }
    auto next = std::make_shared<erasure>();
    next->rules = rules;
    next->now_ms = doors->time->now_ms();
    next->refs = std::exchange(left, {});
    auto failed = each_row(index_table::runs, [&](std::string_view key, const WorkSummary& work) {
      if (next->refs.size() >= limits::retention_piece)
        return false;
      cursor = key;
      if (is_due(rules, work, next->now_ms) &&
          parents.count(identify(work.ref(), doors->rows->naming_key())) == 0 && is_ours(work.ref()))
        next->refs.push_back(work.ref());
      return true;
    });
    if (failed)
      return try_again(failed);
    if (next->refs.empty()) {
      next_shard(phase::objects);
      return go_on();
    }
    piece = next;
    ask_journal([next](const store& rows,
                       const upkeep_order::awake& is_awake) { return erase_ended(rows, is_awake, *next); },
                [next](const caf::error& outcome) { next->failed = outcome ? outcome : next->failed; });
  }

  void absorb(const erasure& done) {
    for (auto& [kind, count] : done.erased) {
      doors->meters.retention_erased.with({kind}).add(static_cast<double>(count));
      erased += count;
    }
    awake += done.awake;
    needed += done.needed;
    left.assign(done.refs.begin() + static_cast<std::ptrdiff_t>(done.looked_at), done.refs.end());
    for (auto& gone : done.timers)
      doors->names->tell(std::string{services::timers}, gone);
  }

  // What crashes and failed writes have left in the object store.
  void sweep_some() {
    if (auto done = std::exchange(sweeping, nullptr)) {
      if (done->failed && is_open(shard - 1))
        return try_again(done->failed);
      swept += done->objects;
    }
    if (!doors->objects)
      return rest();
    for (bool any = false; !any; ++shard) {
      if (shard == limits::shards)
        return rest();
      if (!is_open(shard))
        continue;
      if (auto failed = doors->objects->list(static_cast<uint8_t>(shard),
                                             [&](auto&, uint64_t) { return !(any = true); }))
        return try_again(failed);
    }
    sweeping = std::make_shared<sweep>();
    ask_journal(
        [out = sweeping, objects = doors->objects,
         s = static_cast<uint8_t>(shard - 1)](const store& rows, const upkeep_order::awake&) {
          auto gone = sweep_objects(rows, *objects, s);
          if (gone)
            out->objects = *gone;
          else
            out->failed = gone.error();
          return write_batch{};
        },
        [out = sweeping](const caf::error& outcome) { out->failed = outcome ? outcome : out->failed; });
  }

  // The journal does the work on its thread and says when it is done.
  void ask_journal(decltype(upkeep_order::work) work, decltype(upkeep_order::done) done) {
    Tick tick;
    tick.set_epoch(++ticks);
    doors->disk->submit(upkeep_order{std::move(work), [to = retention_actor{self}, tick,
                                                       done = std::move(done)](const caf::error& outcome) {
                                       done(outcome);
                                       caf::anon_send(to, tick);
                                     }});
  }

  void rest() {
    if (erased + awake + needed + swept > 0)
      doors->log.info("what ended long ago has been erased", {{"erased", erased},
                                                              {"still_awake", awake},
                                                              {"still_needed", needed},
                                                              {"objects_left_behind", swept}});
    begin_anew(limits::retention_every);
  }

  void try_again(const caf::error& why) {
    doors->log.warning("retention could not go on; it begins again",
                       {{"reason", describe(why)}, {"wait_ms", limits::retention_retry.count()}});
    begin_anew(limits::retention_retry);
  }

  void begin_anew(std::chrono::milliseconds wait) {
    now = phase::parents;
    shard = 0;
    cursor.clear();
    left.clear();
    parents.clear();
    erased = awake = needed = swept = 0;
    go_on(wait);
  }
};

retention_actor::behavior_type retention(retention_actor::stateful_pointer<retention_state> self,
                                         doors_ptr doors, retention_rules rules) {
  house_rules(self);
  self->state.self = self;
  self->state.doors = std::move(doors);
  self->state.rules = std::move(rules);
  self->state.go_on(limits::retention_first);
  return {
      [self](const Tick& tick) {
        if (tick.epoch() == self->state.ticks)
          self->state.step();
      },
  };
}

} // namespace

retention_actor spawn_retention(caf::scheduled_actor* parent, doors_ptr doors, retention_rules rules) {
  return spawn_observed(parent, doors->board, retention, doors, std::move(rules));
}

} // namespace troupe
