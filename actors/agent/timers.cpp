// TIMERS: one list of everything that is due some time; its truth are the timer rows of the store.
// Invariant: a row that is still there is fired again, later each time, until its owner deletes it.

#include <algorithm>
#include <set>
#include <troupe/actors/spawn.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {
namespace {

using timer_name = std::pair<std::string, std::string>; // ref, id

struct timers_state {
  static inline const char* name = "timers";

  struct entry {
    int64_t due_ms = 0;  // as set; part of TimerDue
    int64_t fire_ms = 0; // when to fire next
    unsigned fired = 0;
  };

  doors_ptr doors;
  std::map<timer_name, entry> entries;
  std::set<std::pair<int64_t, timer_name>> queue; // by fire_ms
  int64_t next_tick_ms = 0;
  bool reload = false; // somebody has lost what it was sent, or we have
  uint64_t ticks = 0;  // epoch of the newest

  void add(const TimerRow& row, int64_t fire_ms) {
    timer_name key{row.ref(), row.timer()};
    remove(key);
    entries[key] = {row.due_ms(), fire_ms, 0};
    queue.emplace(fire_ms, key);
  }

  void remove(const timer_name& key) {
    auto i = entries.find(key);
    if (i == entries.end())
      return;
    queue.erase({i->second.fire_ms, key});
    entries.erase(i);
  }

  caf::error load() {
    caf::error failed;
    entries.clear();
    queue.clear();
    for (unsigned shard = 0; shard < limits::shards && !failed; ++shard) {
      auto s = static_cast<uint8_t>(shard);
      failed =
          doors->rows->scan(space::index, timer_begin(s), timer_end(s, std::numeric_limits<int64_t>::max()),
                            [&](std::string_view, std::string_view value) {
                              TimerRow row;
                              if (row.ParseFromArray(value.data(), static_cast<int>(value.size())))
                                add(row, row.due_ms());
                              return true;
                            });
    }
    return failed;
  }

  // Fires what is due, a bounded number. Returns how long until there is more to do.
  std::chrono::milliseconds fire(int64_t now) {
    for (size_t n = 0; n < limits::timers_per_tick && !queue.empty() && queue.begin()->first <= now; ++n) {
      auto key = queue.begin()->second;
      queue.erase(queue.begin());
      auto& one = entries[key];
      auto again =
          std::min(limits::redelivery_longest, limits::redelivery_first * (1 << std::min(one.fired, 10u)));
      ++one.fired;
      one.fire_ms = now + again.count();
      queue.emplace(one.fire_ms, key);
      TimerDue due;
      due.set_timer(key.second);
      due.set_due_ms(one.due_ms);
      doors->names->tell(key.first, std::move(due));
    }
    if (queue.empty())
      return limits::redelivery_longest; // what is set meanwhile says so itself
    auto left = std::chrono::milliseconds{queue.begin()->first - now};
    return std::clamp(left, limits::timer_pause, limits::timer_tick);
  }
};

timers_actor::behavior_type timers(timers_actor::stateful_pointer<timers_state> self, doors_ptr doors) {
  house_rules(self);
  self->state.doors = doors;
  if (auto failed = self->state.load()) {
    self->quit(failed);
    return timers_actor::behavior_type::make_empty_behavior();
  }
  auto schedule = [self](std::chrono::milliseconds wait) {
    auto at = self->state.doors->time->now_ms() + wait.count();
    if (self->state.next_tick_ms != 0 && self->state.next_tick_ms <= at)
      return; // an earlier tick will look
    self->state.next_tick_ms = at;
    Tick tick;
    tick.set_epoch(++self->state.ticks); // what an earlier one has replaced must not go on by itself
    tell_in(self, wait, timers_actor{self}, std::move(tick));
  };
  schedule(limits::timer_pause);
  return {
      [self, schedule](const TimersChanged& change) {
        auto now = self->state.doors->time->now_ms();
        for (auto& id : change.cancelled())
          self->state.remove({change.ref(), id});
        for (auto& row : change.set()) {
          auto fire_ms =
              row.due_ms() == effects::already_sent ? now + limits::redelivery_first.count() : row.due_ms();
          self->state.add(row, fire_ms);
          schedule(std::clamp(std::chrono::milliseconds{fire_ms - now}, std::chrono::milliseconds{0},
                              limits::timer_tick));
        }
      },
      [self, schedule](const Redeliver&) {
        self->state.reload = true; // once, however many ask
        schedule(limits::timer_pause);
      },
      [self, schedule](const Tick& tick) {
        if (tick.epoch() != self->state.ticks)
          return;
        self->state.next_tick_ms = 0;
        if (std::exchange(self->state.reload, false))
          if (auto failed = self->state.load()) {
            self->quit(failed);
            return;
          }
        schedule(self->state.fire(self->state.doors->time->now_ms()));
      },
  };
}

} // namespace

timers_actor spawn_timers(caf::scheduled_actor* parent, doors_ptr doors) {
  return spawn_observed(parent, doors->board, timers, doors);
}

} // namespace troupe
