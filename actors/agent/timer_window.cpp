// TIMER WINDOW: two clocks, two queues, 512 lanes.
// Invariant: as in the header; whatever is dropped from memory leaves its lane a border before it or a time to be read anew.

#include <algorithm>
#include <troupe/actors/agent/timer_lanes.hpp>
#include <troupe/actors/agent/timer_window.hpp>
#include <troupe/persistence/journal.hpp>

namespace troupe {

using namespace timer_lanes;

timer_window::timer_window(std::shared_ptr<const store> rows) : rows_{std::move(rows)}, lanes_(lanes) {}

caf::error timer_window::start(const now& at, const std::function<bool(uint8_t)>& is_open) {
  ahead_ms_ = at.wall_ms - at.steady_ms;
  for (size_t i = 0; i < lanes; ++i)
    if (!is_open || is_open(shard_of_lane(i)))
      open(i);
  return read(at);
}

void timer_window::open(size_t lane_index) {
  lanes_[lane_index].open = true;
  lanes_[lane_index].border = begin_of(lane_index);
  empty_.insert(lane_index);
  if (!is_outbox(lane_index))
    gained_.insert(lane_index);
}

void timer_window::gain(uint8_t shard, const now& at) {
  lose(shard);
  for (auto i : lanes_of(shard)) {
    open(i);
    lanes_[i].reread_ms = at.steady_ms + limits::timer_reread.count();
  }
}

void timer_window::lose(uint8_t shard) {
  for (auto i : lanes_of(shard)) {
    auto& one = lanes_[i];
    while (!one.known.empty())
      forget(i, one.known.begin());
    anew_.erase({one.anew_ms, i});
    empty_.erase(i);
    gained_.erase(i);
    std::erase_if(behind_, [i](auto& look) { return look.second == i; });
    one = {};
  }
}

// A clock that was ahead, of this node or of another, has set rows that come before their keys say.
caf::error timer_window::check_gained(const now& at) {
  if (gained_.empty())
    return {};
  auto newest = read_journal_counters(*rows_);
  if (!newest)
    return std::move(newest.error());
  if (newest->time_us / 1000 > at.wall_ms + limits::timer_tick.count())
    for (auto i : gained_)
      behind_.emplace(at.steady_ms, i);
  gained_.clear();
  return {};
}

// Every timer that is ever waited for comes in here.
void timer_window::add(size_t lane_index, std::string key, entry one, int64_t at_ms) {
  auto& into = lanes_[lane_index];
  auto [i, is_new] = into.known.try_emplace(std::move(key), std::move(one));
  if (!is_new)
    return;
  i->second.turn = waiting_.emplace(std::pair{at_ms, i->second.row.due_ms()}, place{lane_index, i});
  into.ahead += i->second.stray ? 0 : 1;
}

void timer_window::forget(size_t lane_index, lane_rows::iterator row) {
  auto& from = lanes_[lane_index];
  auto& one = row->second;
  if (one.fired > 0)
    sent_.erase(one.turn);
  else
    waiting_.erase(one.turn);
  if (one.in_flight)
    --in_flight_;
  if (one.fired == 0 && !one.stray && --from.ahead == 0 && !from.complete)
    empty_.insert(lane_index);
  from.known.erase(row);
}

void timer_window::move(turns& to, turns& from, entry& one, int64_t at_ms) {
  auto turn = from.extract(one.turn);
  turn.key().first = at_ms;
  one.turn = to.insert(std::move(turn));
}

void timer_window::change(const TimersChanged& changed, const now& at) {
  auto owner = identify(changed.ref(), rows_->naming_key());
  for (auto& row : changed.cancelled())
    cancel(owner, row);
  for (auto& row : changed.set())
    set(owner, row, at);
}

void timer_window::set(const entity_id& owner, const TimerRow& row, const now& at) {
  auto lane_index = lane_of(owner.shard, row.due_ms());
  auto key = timer_key(owner, row.due_ms(), row.timer(), rows_->naming_key());
  auto& into = lanes_[lane_index];
  if (!into.open || (!into.complete && key >= into.border))
    return; // it is read when the lane gets there
  auto when = at.steady_ms +
              (is_outbox(lane_index) ? limits::redelivery_first.count() : bounded_wait(row, at.wall_ms));
  entry one;
  one.row = row;
  if (row.set_ms() > 0)
    one.latest_ms = when; // its length begins now, and the steady clock counts it
  add(lane_index, std::move(key), std::move(one), when);
  if (into.ahead > 2 * limits::timers_ahead)
    trim(lane_index, at);
}

// Gives the last of too many rows back to the store.
void timer_window::trim(size_t lane_index, const now& at) {
  auto& of = lanes_[lane_index];
  if (is_outbox(lane_index)) // its keys are in no order of time: new rows may come before the border for ever
    read_anew(lane_index, at.steady_ms + limits::redelivery_longest.count());
  for (auto i = of.known.end(); i != of.known.begin() && of.ahead > limits::timers_ahead;) {
    --i;
    if (i->second.fired > 0 || i->second.stray)
      continue;
    of.border = i->first;
    of.complete = false;
    if (i->second.row.set_ms() > at.wall_ms)
      behind_.emplace(at.steady_ms, lane_index);
    forget(lane_index, std::exchange(i, std::next(i)));
  }
}

void timer_window::cancel(const entity_id& owner, const TimerRow& row) {
  auto lane_index = lane_of(owner.shard, row.due_ms());
  auto& known = lanes_[lane_index].known;
  auto key = timer_key(owner, row.due_ms(), row.timer(), rows_->naming_key());
  if (auto i = known.find(key); i != known.end())
    forget(lane_index, i);
}

uint32_t timer_window::fired(const TimerRow& row) const {
  auto owner = identify(row.ref(), rows_->naming_key());
  auto& known = lanes_[lane_of(owner.shard, row.due_ms())].known;
  auto i = known.find(timer_key(owner, row.due_ms(), row.timer(), rows_->naming_key()));
  return i == known.end() ? 0 : i->second.fired;
}

void timer_window::redeliver(const std::string& ref, const now& at, std::chrono::milliseconds after) {
  auto soon = [&](size_t i) { read_anew(i, std::max(at.steady_ms + after.count(), lanes_[i].reread_ms)); };
  if (ref.empty()) {
    for (size_t i = 0; i < lanes; ++i)
      soon(i);
  } else {
    for (auto i : lanes_of(shard_of(ref)))
      soon(i);
  }
}

void timer_window::read_anew(size_t lane_index, int64_t when) {
  auto& one = lanes_[lane_index];
  if (!one.open || one.anew_ms <= when)
    return;
  anew_.erase({one.anew_ms, lane_index});
  one.anew_ms = when;
  anew_.emplace(when, lane_index);
}

void timer_window::reread(size_t lane_index, const now& at) {
  auto& one = lanes_[lane_index];
  for (auto i = one.known.begin(); i != one.known.end();) {
    auto next = std::next(i);
    auto& known = i->second;
    if (!known.stray) {
      forget(lane_index, i);
    } else if (known.fired > 0) { // the border may be far before it
      in_flight_ -= std::exchange(known.in_flight, false) ? 1 : 0;
      known.fired = 0;
      move(waiting_, sent_, known, at.steady_ms);
    }
    i = next;
  }
  one.border = begin_of(lane_index);
  one.complete = false;
  one.due_now = true;
  one.reread_ms = at.steady_ms + limits::timer_reread.count();
  one.anew_ms = never;
  empty_.insert(lane_index);
}

caf::error timer_window::fill(size_t lane_index, const now& at) {
  auto& into = lanes_[lane_index];
  std::vector<std::pair<std::string, TimerRow>> found;
  std::string border;
  auto row = [&](std::string_view key, std::string_view value) {
    if (found.size() == limits::timers_ahead) {
      border = key;
      return false;
    }
    TimerRow read; // a row that is none has no owner to tell; `troupe doctor` finds it
    if (read.ParseFromArray(value.data(), static_cast<int>(value.size())))
      found.emplace_back(key, std::move(read));
    return true;
  };
  if (auto failed = rows_->scan(space::index, into.border, end_of(lane_index), row))
    return failed;
  for (auto& [key, read] : found) {
    if (auto known = into.known.find(key); known != into.known.end()) {
      if (std::exchange(known->second.stray, false) && known->second.fired == 0)
        ++into.ahead;
      continue;
    }
    auto when = at.steady_ms + bounded_wait(read, at.wall_ms);
    if (is_outbox(lane_index) && !into.due_now)
      when = at.steady_ms + limits::redelivery_first.count();
    entry one;
    if (read.set_ms() > at.wall_ms)
      one.latest_ms = when;
    one.row = std::move(read);
    add(lane_index, std::move(key), std::move(one), when);
  }
  into.complete = border.empty();
  into.border = std::move(border);
  into.due_now = into.due_now && !into.complete;
  return {};
}

// Rows that last and were set before the clock was set back come before their key says.
caf::error timer_window::look_behind(size_t lane_index, const now& at) {
  auto& into = lanes_[lane_index];
  if (into.complete)
    return {};
  std::multimap<int64_t, std::pair<std::string, TimerRow>> soonest;
  auto overflow = false;
  auto row = [&](std::string_view key, std::string_view value) {
    TimerRow read;
    if (!read.ParseFromArray(value.data(), static_cast<int>(value.size())) || read.set_ms() <= at.wall_ms)
      return true;
    auto wait = bounded_wait(read, at.wall_ms);
    soonest.emplace(wait, std::pair{std::string{key}, std::move(read)});
    if (soonest.size() > limits::timers_ahead) {
      soonest.erase(std::prev(soonest.end()));
      overflow = true;
    }
    return true;
  };
  if (auto failed = rows_->scan(space::index, into.border, end_of(lane_index), row))
    return failed;
  if (overflow)
    behind_.emplace(at.steady_ms + soonest.rbegin()->first, lane_index);
  for (auto& [wait, found] : soonest) {
    entry one;
    one.row = std::move(found.second);
    one.latest_ms = at.steady_ms + wait;
    one.stray = true;
    add(lane_index, std::move(found.first), std::move(one), at.steady_ms + wait);
  }
  return {};
}

// Reads what has to be read before anything is fired.
caf::error timer_window::read(const now& at) {
  while (!anew_.empty() && anew_.begin()->first <= at.steady_ms) {
    auto lane_index = anew_.begin()->second;
    anew_.erase(anew_.begin());
    reread(lane_index, at);
  }
  auto failed = check_gained(at);
  if (failed || (failed = refill(at)))
    return failed;
  for (size_t n = 0; n < limits::timer_lanes_per_tick && !behind_.empty(); ++n) {
    auto [when, lane_index] = *behind_.begin();
    if (when > at.steady_ms)
      break;
    if ((failed = look_behind(lane_index, at)))
      return failed;
    behind_.erase({when, lane_index});
  }
  return {};
}

caf::error timer_window::refill(const now& at) {
  while (!empty_.empty()) {
    auto lane_index = *empty_.begin();
    while (needs_rows(lanes_[lane_index]))
      if (auto failed = fill(lane_index, at))
        return failed;
    empty_.erase(lane_index);
  }
  return {};
}

// What waits is ordered by the steady clock. When the other one jumps, the order is made anew.
void timer_window::observe(const now& at) {
  auto ahead = at.wall_ms - at.steady_ms;
  auto jump = ahead - ahead_ms_;
  if (std::abs(jump) <= limits::clock_jump.count())
    return;
  ahead_ms_ = ahead;
  turns anew;
  for (auto& [turn, where] : waiting_) {
    auto& one = where.row->second;
    auto when = turn.first;
    if (!is_outbox(where.lane))
      when = std::min(one.latest_ms, at.steady_ms + bounded_wait(one.row, at.wall_ms));
    one.turn = anew.emplace(std::pair{when, turn.second}, where);
  }
  waiting_ = std::move(anew);
  if (jump < 0)
    for (size_t i = 0; i < lanes; ++i)
      if (!is_outbox(i) && lanes_[i].open)
        behind_.emplace(at.steady_ms, i);
}

caf::error timer_window::fire(const now& at, const firing& out) {
  observe(at);
  if (auto failed = read(at))
    return failed;
  auto room = limits::timers_per_tick;
  if (auto failed = fire_again(at, room, out))
    return failed;
  return fire_first(at, room, out);
}

caf::error timer_window::fire_again(const now& at, size_t& room, const firing& out) {
  for (; room > 0 && !sent_.empty() && sent_.begin()->first.first <= at.steady_ms; --room) {
    auto [lane_index, i] = sent_.begin()->second;
    auto& one = i->second;
    if (std::exchange(one.in_flight, false)) {
      --in_flight_;
      move(sent_, sent_, one, at.steady_ms + (limits::redelivery_first - limits::timer_answer).count());
      continue;
    }
    auto row = rows_->get(space::index, i->first);
    if (!row && code_of(row.error()) != ec::shredded)
      return row.error();
    if (!row || !*row) { // shredded is gone
      forget(lane_index, i);
      continue;
    }
    auto again =
        std::min(limits::redelivery_longest, limits::redelivery_first * (1 << std::min(one.fired, 10u)));
    ++one.fired;
    move(sent_, sent_, one, at.steady_ms + again.count());
    out(one.row, true);
  }
  return {};
}

caf::error timer_window::fire_first(const now& at, size_t& room, const firing& out) {
  for (; room > 0 && in_flight_ < limits::timers_in_flight && !waiting_.empty() &&
         waiting_.begin()->first.first <= at.steady_ms;
       --room) {
    auto [lane_index, i] = waiting_.begin()->second;
    auto& one = i->second;
    auto& from = lanes_[lane_index];
    if (auto wait = bounded_wait(one.row, at.wall_ms); wait > 0 && one.latest_ms > at.steady_ms) {
      move(waiting_, waiting_, one, std::min(one.latest_ms, at.steady_ms + wait)); // the wall clock is slower
      continue;
    }
    one.fired = 1;
    one.in_flight = true;
    ++in_flight_;
    move(sent_, waiting_, one, at.steady_ms + limits::timer_answer.count());
    out(one.row, false);
    if (!one.stray && --from.ahead == 0 && !from.complete)
      empty_.insert(lane_index);
    if (sent_.size() > limits::timers_unanswered) {
      auto last = std::prev(sent_.end())->second; // the one that would be fired again last
      auto later = at.steady_ms + limits::redelivery_longest.count();
      read_anew(last.lane, later);
      if (last.row->second.stray)
        behind_.emplace(later, last.lane);
      forget(last.lane, last.row);
    }
    if (auto failed = refill(at)) // what comes next may lie behind a border
      return failed;
  }
  return {};
}

std::chrono::milliseconds timer_window::rest(const now& at) const {
  if (empty_.empty() && waiting_.empty() && sent_.empty() && anew_.empty() && behind_.empty())
    return limits::redelivery_longest; // nothing is known of any: what is set meanwhile says so itself
  auto next = empty_.empty() ? at.steady_ms + limits::timer_tick.count() : at.steady_ms;
  if (!waiting_.empty() && in_flight_ < limits::timers_in_flight)
    next = std::min(next, waiting_.begin()->first.first);
  if (!sent_.empty())
    next = std::min(next, sent_.begin()->first.first);
  for (auto* set : {&anew_, &behind_})
    next = set->empty() ? next : std::min(next, set->begin()->first);
  return std::clamp(std::chrono::milliseconds{std::max(next, at.steady_ms) - at.steady_ms},
                    limits::timer_pause, limits::timer_tick);
}

} // namespace troupe
