// TIMERS: sends TimerDue to the owners of timer rows that are due; its truth are the rows of the store.
// Invariant: a row that is still there is fired again, later each time, until its owner deletes it. Nothing else deletes or
// moves one: the owner does, in the batch of its event, so a crash anywhere leaves a row that is fired again or one whose
// event is on disk.

#include <chrono>
#include <troupe/actors/agent/catch_up.hpp>
#include <troupe/actors/agent/timer_window.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/runtime/proto/tenure.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

struct timers_state {
  static inline const char* name = "timers";

  timers_actor::pointer self = nullptr;
  doors_ptr doors;
  std::optional<timer_window> window;
  int64_t next_tick_ms = 0; // steady; 0 = none is on its way
  uint64_t ticks = 0;       // epoch of the newest

  timer_window::now now() const {
    using std::chrono::milliseconds;
    auto steady = std::chrono::duration_cast<milliseconds>(self->clock().now().time_since_epoch());
    return {doors->time->now_ms(), steady.count()};
  }

  bool is_known() const {
    return doors->names->find(std::string{services::timers}) == caf::actor_cast<caf::actor>(self);
  }

  caf::error start() {
    auto known = is_known();
    window.emplace(doors->rows);
    if (auto failed = window->start(
            now(), [way = doors->names->route()](uint8_t shard) { return !way || way->is_open(shard); }))
      return failed;
    look_later(now());
    if (!known)
      look_again();
    return {};
  }

  // Rows written after the first look and before anybody could tell of them are found by another.
  void look_again() {
    if (!is_known()) {
      tell_in(self, limits::timer_tick, timers_actor{self}, Tick{});
      return;
    }
    redeliver(Redeliver{});
  }

  void redeliver(const Redeliver& lost) {
    auto at = now();
    window->redeliver(lost.ref(), at, std::chrono::milliseconds{lost.after_ms()});
    if (lost.ref().empty())
      find_shards(at);
    look_later(at);
  }

  // What has come or left before anybody could tell of it.
  void find_shards(const timer_window::now& at) {
    auto way = doors->names->route();
    for (unsigned i = 0; way && i < limits::shards; ++i) {
      auto shard = static_cast<uint8_t>(i);
      if (way->is_open(shard) == window->has(shard))
        continue;
      if (window->has(shard))
        window->lose(shard);
      else
        window->gain(shard, at);
    }
  }

  void change(const ShardsChanged& changed) {
    auto at = now();
    for (auto shard : changed.lost())
      if (shard < limits::shards)
        window->lose(static_cast<uint8_t>(shard));
    for (auto shard : changed.gained())
      if (shard < limits::shards)
        window->gain(static_cast<uint8_t>(shard), at);
    look_later(at);
  }

  // A node in which nothing waits does nothing.
  void look_later(const timer_window::now& at) {
    if (!window->is_idle())
      schedule(window->rest(at));
  }

  void schedule(std::chrono::milliseconds wait) {
    auto at = now().steady_ms + wait.count();
    if (next_tick_ms != 0 && next_tick_ms <= at)
      return; // an earlier tick will look
    next_tick_ms = at;
    Tick tick;
    tick.set_epoch(++ticks); // what an earlier one has replaced must not go on by itself
    tell_in(self, wait, timers_actor{self}, std::move(tick));
  }

  void change(const TimersChanged& changed) {
    auto at = now();
    window->change(changed, at);
    look_later(at);
  }

  void tick() {
    next_tick_ms = 0;
    auto at = now();
    auto failed = window->fire(at, [&](const TimerRow& row, bool again) { send(row, again, at.wall_ms); });
    if (!failed)
      return look_later(at);
    if (code_of(failed) != ec::unavailable) {
      self->quit(failed);
      return;
    }
    doors->log.warning("timers cannot be read; they are late until it is tried again",
                       {{"reason", describe(failed)}});
    schedule(limits::timer_tick);
  }

  void send(const TimerRow& row, bool again, int64_t wall_ms) {
    auto what = catch_up(row, wall_ms);
    TimerDue due;
    due.set_timer(row.timer());
    due.set_due_ms(row.due_ms());
    due.set_occurrences(what.occurrences);
    due.set_skipped(what.skipped);
    due.set_next_due_ms(what.next_due_ms);
    doors->names->tell(row.ref(), std::move(due), self->context());
    doors->meters.timers_fired.with({again ? "again" : "first"}).add();
  }

  FiringCounts count(const CountFirings& question) const {
    FiringCounts counts;
    for (auto& row : question.timers())
      counts.add_times(window->fired(row));
    return counts;
  }
};

timers_actor::behavior_type timers(timers_actor::stateful_pointer<timers_state> self, doors_ptr doors) {
  house_rules(self);
  self->state.self = self;
  self->state.doors = doors;
  if (auto failed = self->state.start()) {
    self->quit(failed);
    return timers_actor::behavior_type::make_empty_behavior();
  }
  return {
      [self](const TimersChanged& changed) { self->state.change(changed); },
      [self](const Redeliver& lost) { self->state.redeliver(lost); },
      [self](const ShardsChanged& changed) { self->state.change(changed); },
      [self](const CountFirings& question) { return self->state.count(question); },
      [self](const Tick& tick) {
        if (tick.epoch() == 0)
          self->state.look_again();
        else if (tick.epoch() == self->state.ticks)
          self->state.tick();
      },
  };
}

} // namespace

timers_actor spawn_timers(caf::scheduled_actor* parent, doors_ptr doors) {
  return spawn_observed(parent, doors->board, timers, doors);
}

} // namespace troupe
