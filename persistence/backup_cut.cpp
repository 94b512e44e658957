// BACKUP CUT: three passes, all in key order: where the point really lies, snapshots, events.
// Invariant: what stays is a prefix of the global sequence that ends at the end of a decision.

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <troupe/persistence/backup_cut.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

const std::string sequenced_begin = entity_begin({});
const std::string sequenced_end = [] {
  entity_id last{0xff, {}};
  last.hash.fill(0xff);
  return entity_end(last);
}();

struct sequenced_row {
  entity_id entity;
  uint64_t seq; // as in the key: inverted in a snapshot's
  envelope header;
};

class cutter {
public:
  cutter(store& rows, const cut_point& point, const store& names)
      : rows_{rows}, names_{names}, point_{point} {}

  caf::expected<cut_result> run() {
    for (auto step : {&cutter::find_end, &cutter::cut_snapshots, &cutter::cut_events, &cutter::set_counters})
      if (auto failed = (this->*step)())
        return failed;
    return std::move(result_);
  }

private:
  bool stays(const envelope& header) const {
    return point_.holds(header) || header.gsn <= decision_end_;
  }

  // Calls `row` for each event or snapshot in key order. What it puts into batch_ is written between two scans: a scan may not
  // write.
  caf::error walk(space where, const std::function<caf::error(const sequenced_row&)>& row) {
    caf::error wrong;
    auto from = sequenced_begin;
    for (auto more = true; more && !wrong;) {
      more = false;
      auto failed =
          rows_.scan(where, from, sequenced_end, [&](std::string_view key, std::string_view stored) {
            if (batch_.size() >= limits::cut_batch_rows) {
              from = key;
              more = true;
              return false;
            }
            std::string_view payload;
            auto header = unwrap(stored, payload);
            auto entity = entity_of(key);
            if (!header || !entity)
              wrong = make_error(
                  ec::corrupt, fmt::format("a row of {} is damaged; take another backup", to_string(where)));
            else
              wrong = row({*entity, seq_of_journal_key(key), *header});
            return !wrong;
          });
      if (!failed && !wrong)
        failed = rows_.write(std::exchange(batch_, {}));
      if (failed)
        return failed;
    }
    return wrong;
  }

  // A decision whose first events stay keeps the others too.
  caf::error find_end() {
    std::optional<entity_id> open; // whose last event stays and is not the last of its decision
    return walk(space::journal, [&](const sequenced_row& event) {
      auto held = point_.holds(event.header);
      if (!held && open == event.entity) {
        decision_end_ = std::max(decision_end_, event.header.gsn);
        result_.moved = held = true;
      }
      open.reset();
      if (held && (event.header.flags & last_of_append) == 0)
        open = event.entity;
      return caf::error{};
    });
  }

  void keep(const envelope& header) {
    if (header.gsn <= result_.gsn)
      return;
    result_.gsn = header.gsn;
    result_.time_us = header.time_us;
  }

  void drop(space where, const sequenced_row& row) {
    batch_.push_back({where, journal_key(row.entity, row.seq), {}});
    result_.shards.insert(row.entity.shard);
  }

  caf::error cut_snapshots() {
    return walk(space::snapshot, [&](const sequenced_row& snapshot) -> caf::error {
      if (stays(snapshot.header)) {
        keep(snapshot.header);
        return {};
      }
      drop(space::snapshot, snapshot);
      // The events it stands for may be gone; then an older one must be there.
      auto first = rows_.get(space::journal, journal_key(snapshot.entity, 1));
      if (!first)
        return std::move(first.error());
      return *first ? caf::error{} : must_reach(snapshot.entity, 0);
    });
  }

  // The seq of the newest snapshot that stays; 0 = none does.
  caf::expected<uint64_t> newest_snapshot(const entity_id& entity) const {
    uint64_t found = 0;
    auto failed =
        rows_.scan(space::snapshot, entity_begin(entity), entity_end(entity), [&](auto key, auto stored) {
          std::string_view payload;
          if (auto header = unwrap(stored, payload); header && stays(*header))
            found = seq_of_snapshot_key(key);
          return found == 0;
        });
    if (failed)
      return failed;
    return found;
  }

  caf::error cut_events() {
    std::optional<entity_id> current;
    uint64_t first = 0, kept = 0, dropped = 0;
    auto finish = [&]() -> caf::error { // an entity
      if (!current || dropped == 0)
        return {};
      if (first > 1)
        return must_reach(*current, first - 1);
      if (kept == 0) {
        ++result_.entities_dropped;
        batch_.push_back({space::meta, name_key(*current), {}});
      }
      return {};
    };
    auto failed = walk(space::journal, [&](const sequenced_row& event) -> caf::error {
      if (current != event.entity) {
        if (auto wrong = finish())
          return wrong;
        current = event.entity;
        first = event.seq;
        kept = dropped = 0;
      }
      if (stays(event.header)) {
        ++kept;
        ++result_.kept;
        keep(event.header);
      } else {
        ++dropped;
        ++result_.dropped;
        drop(space::journal, event);
      }
      return {};
    });
    return failed ? failed : finish();
  }

  caf::error set_counters() {
    batch_.push_back(journal_counters(result_.gsn, result_.time_us));
    return rows_.write(std::exchange(batch_, {}));
  }

  // An entity whose first events are gone lives on from a snapshot of this event or a later one, or not at all.
  caf::error must_reach(const entity_id& entity, uint64_t seq) const {
    auto base = newest_snapshot(entity);
    if (!base)
      return std::move(base.error());
    if (*base > 0 && *base >= seq)
      return {};
    auto name = names_.get(space::meta, name_key(entity));
    return make_error(
        ec::conflict,
        fmt::format("what {} was at that point has been removed since by snapshots or retention; choose a "
                    "later point, or an older backup with `troupe backup restore ID`",
                    name && *name ? **name : "an entity"));
  }

  store& rows_;
  const store& names_;
  const cut_point point_;
  uint64_t decision_end_ = 0; // gsn of the last event of the decision the point lies in
  write_batch batch_;
  cut_result result_;
};

} // namespace

caf::expected<cut_result> cut_store(store& rows, const cut_point& point, const store* names) {
  return cutter{rows, point, names ? *names : rows}.run();
}

} // namespace troupe
