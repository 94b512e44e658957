// RETENTION: which rows leave with an entity.
// Invariant: an entity's rows are all in the batch that erases it, or none is.

#include <algorithm>
#include <set>
#include <troupe/persistence/effects.hpp>
#include <troupe/persistence/retention.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

// Timer rows of one shard by their owners. Keys begin with the time, so that all are looked at.
class shard_timers {
public:
  struct one {
    std::string key;
    TimerRow row;
  };

  caf::error read(const store& rows, uint8_t shard, const std::set<std::string>& owners) {
    return rows.scan(space::index, timer_begin(shard), timer_end(shard, std::numeric_limits<int64_t>::max()),
                     [&](std::string_view key, std::string_view value) {
                       TimerRow row;
                       if (row.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
                           owners.count(row.ref()) > 0)
                         by_owner_[row.ref()].push_back({std::string{key}, row});
                       return true;
                     });
  }
  const std::vector<one>& of(const std::string& ref) {
    return by_owner_[ref];
  }

private:
  std::map<std::string, std::vector<one>> by_owner_;
};

class eraser {
public:
  eraser(const store& rows, const upkeep_order::awake& is_awake, erasure& what)
      : rows_{rows}, is_awake_{is_awake}, what_{what} {}

  write_batch erase() {
    if (what_.refs.empty())
      return {};
    what_.failed = timers_.read(rows_, shard_of(what_.refs.front()), {what_.refs.begin(), what_.refs.end()});
    for (auto& ref : what_.refs) {
      if (what_.failed || batch_.size() > limits::retention_piece_rows)
        break;
      ++what_.looked_at;
      decide(ref);
    }
    if (what_.failed)
      return {};
    for (auto& [key, mark] : expired_)
      batch_.push_back({space::meta, key, mark.last_id, mark.tenant});
    return std::move(batch_);
  }

private:
  void decide(const std::string& ref) {
    auto entity = identify(ref, rows_.naming_key());
    auto work = summary_of(rows_, ref);
    if (!work) {
      what_.failed = work.error();
    } else if (!*work || !is_due(what_.rules, **work, what_.now_ms)) {
      // erased already, or resumed meanwhile
    } else if (is_awake_(entity)) {
      ++what_.awake;
    } else if (auto needed = is_needed(rows_, **work); !needed) {
      what_.failed = needed.error();
    } else if (*needed || has_untold(ref)) {
      ++what_.needed;
    } else {
      remove(ref, entity, (**work).ended_ms());
    }
  }

  // Somebody has not acknowledged what it was told.
  bool has_untold(const std::string& ref) {
    auto& timers = timers_.of(ref);
    return std::any_of(timers.begin(), timers.end(),
                       [](auto& timer) { return timer.row.due_ms() == effects::already_sent; });
  }

  void remove(const std::string& ref, const entity_id& entity, int64_t ended_ms) {
    auto remove_all = [&](space where, const std::string& from, const std::string& to) {
      note(rows_.scan(where, from, to, [&](std::string_view key, std::string_view) {
        batch_.push_back({where, std::string{key}, std::nullopt});
        return true;
      }));
    };
    remove_all(space::journal, entity_begin(entity), entity_end(entity));
    remove_all(space::snapshot, entity_begin(entity), entity_end(entity));
    for (auto table : index_tables)
      remove_all(space::index, index_begin(entity, table), index_end(entity, table));
    TimersChanged gone;
    gone.set_ref(ref);
    for (auto& timer : timers_.of(ref)) {
      batch_.push_back({space::index, timer.key, std::nullopt});
      *gone.add_cancelled() = timer.row;
    }
    if (gone.cancelled_size() > 0)
      what_.timers.push_back(std::move(gone));
    batch_.push_back({space::meta, name_key(entity), std::nullopt});
    expire(ref, last_id_of(ended_ms + limits::clock_skew.count()));
    if (auto parts = parse_ref(ref))
      ++what_.erased[parts->kind];
  }

  // Ids that may have been worked on by what leaves.
  void expire(const std::string& ref, const std::string& last_id) {
    auto key = expired_key(ref, rows_.naming_key());
    auto [place, is_new] = expired_.emplace(key, expired_mark{last_id, std::string{tenant_of(ref)}});
    auto& mark = place->second.last_id;
    if (is_new) {
      auto before = rows_.get(space::meta, key);
      note(before ? caf::error{} : before.error());
      mark = std::max(mark, before ? before->value_or("") : "");
    }
    mark = std::max(mark, last_id);
  }

  void note(const caf::error& failure) {
    if (failure)
      what_.failed = failure;
  }

  const store& rows_;
  const upkeep_order::awake& is_awake_;
  erasure& what_;
  write_batch batch_;
  shard_timers timers_;
  struct expired_mark {
    std::string last_id;
    std::string tenant;
  };
  std::map<std::string, expired_mark> expired_; // by key
};

} // namespace

caf::expected<std::optional<WorkSummary>> summary_of(const store& rows, const std::string& ref) {
  auto parts = parse_ref(ref);
  if (!parts || (parts->kind != "run" && parts->kind != "task"))
    return std::optional<WorkSummary>{};
  auto table = parts->kind == "run" ? index_table::runs : index_table::tasks;
  auto row = rows.get(space::index,
                      index_key(identify(ref, rows.naming_key()), table, "summary", rows.naming_key()));
  if (!row)
    return std::move(row.error());
  WorkSummary work;
  if (!*row || !work.ParseFromString(**row))
    return std::optional<WorkSummary>{};
  return std::optional{std::move(work)};
}

bool is_due(const retention_rules& rules, const WorkSummary& work, int64_t now_ms) {
  auto parts = parse_ref(work.ref());
  auto due_ms = parts ? rules.due_ms(parts->tenant, parts->kind, work.ended_ms()) : std::nullopt;
  return due_ms && *due_ms <= now_ms;
}

caf::expected<bool> is_needed(const store& rows, const WorkSummary& work) {
  auto entity = identify(work.ref(), rows.naming_key());
  bool needed = false;
  for (auto table : {index_table::dead_letters, index_table::questions})
    if (auto failed = rows.scan(space::index, index_begin(entity, table), index_end(entity, table),
                                [&](std::string_view, std::string_view) { return !(needed = true); }))
      return failed;
  if (needed || work.parent().empty())
    return needed;
  auto parent = summary_of(rows, work.parent());
  if (!parent)
    return std::move(parent.error());
  return *parent && (**parent).ended_ms() == 0;
}

write_batch erase_ended(const store& rows, const upkeep_order::awake& is_awake, erasure& what) {
  return eraser{rows, is_awake, what}.erase();
}

} // namespace troupe
