// TIMER WINDOW: the timer rows of a store that are due next, and those that were fired and are still there.
#pragma once

#include <caf/error.hpp>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <vector>

namespace troupe {

/// Decides which timer is fired when. Knows no actor; used by one.
///
/// Each shard has two lanes, one of outbox rows and one of timers. Of a lane it holds the limits::timers_ahead rows that come
/// next, in the order of their keys, up to a border; rows behind the border are read when those before are used up. A row that
/// is announced is taken in if it lies before the border, else it is in the store when the lane gets there. Rows that were
/// fired stay, at most limits::timers_unanswered, until their owner has deleted them.
///
/// Invariant: of a row in the store, in a shard that is open, at least one of these holds: it is known; it lies behind the border of its lane; its lane
/// will be read anew. So each row is fired, and again while it is there. A row that is known and no longer in the store is
/// fired at most once: before it is fired again it is looked up.
///
/// Memory: at most 2 × 256 × 2 × timers_ahead rows ahead and timers_unanswered fired ones, however many are stored. Time:
/// start() 512 seeks and as many times timers_ahead rows; change() O(log n) of those known, per row; a firing O(log n), one
/// seek per timers_ahead of them; redeliver() no more than start(), and per shard at most once per limits::timer_reread; gain()
/// and lose() what is known of one shard.
class timer_window {
public:
  /// What time it is on both clocks. `wall_ms` is Unix time and may jump; `steady_ms` counts from anywhere and never does.
  struct now {
    int64_t wall_ms = 0;
    int64_t steady_ms = 0;
  };

  /// Fires a row: the first time, or `again`.
  using firing = std::function<void(const TimerRow& row, bool again)>;

  explicit timer_window(std::shared_ptr<const store> rows);

  /// Reads what is due next in the shards that are open; `is_open` empty = all are. Call once, first. Errors: those of
  /// store::scan() and read_journal_counters().
  caf::error start(const now& at, const std::function<bool(uint8_t shard)>& is_open = {});

  /// A shard has come to this node: its rows are read at the next fire(), and what is due is fired as if it never had been.
  void gain(uint8_t shard, const now& at);

  /// A shard has left this node: nothing of it is known or fired any more.
  void lose(uint8_t shard);

  /// Is it one of those whose rows are waited for?
  bool has(uint8_t shard) const {
    return lanes_[2 * shard].open;
  }

  /// Rows were written or deleted; of deleted ones timer and due_ms matter, and they went first. An outbox row has just been
  /// acted on and is fired after limits::redelivery_first.
  void change(const TimersChanged& changed, const now& at);

  /// Rows of this owner (empty = of all) may have been written unannounced, or what they were fired for is lost: `after` that
  /// long they are read anew, and what is due is fired as if it never had been.
  void redeliver(const std::string& ref, const now& at, std::chrono::milliseconds after = {});

  /// How often a row was fired; 0 if it is not known.
  uint32_t fired(const TimerRow& row) const;

  /// Fires what is due, in the order of due times, at most limits::timers_per_tick rows. Errors: those of store::scan() and
  /// store::get(): nothing is lost, what could not be read is read at the next call.
  caf::error fire(const now& at, const firing& out);

  /// How long until fire() has something to do, between limits::timer_pause and limits::timer_tick.
  std::chrono::milliseconds rest(const now& at) const;

  /// Nothing is known and nothing has to be read: until the next change() or redeliver(), fire() has nothing to do.
  bool is_idle() const {
    return waiting_.empty() && sent_.empty() && empty_.empty() && anew_.empty() && behind_.empty();
  }

  /// Rows known.
  size_t size() const {
    return waiting_.size() + sent_.size();
  }

private:
  static constexpr auto never = std::numeric_limits<int64_t>::max();
  struct entry;
  using lane_rows = std::map<std::string, entry>; // by key
  struct place {
    size_t lane;
    lane_rows::iterator row;
  };
  using turns = std::multimap<std::pair<int64_t, int64_t>, place>; // by steady time, due time
  struct entry {
    TimerRow row;
    int64_t latest_ms = never; // steady time up to which it may wait
    uint32_t fired = 0;
    bool in_flight = false;
    bool stray = false;   // lies behind the border
    turns::iterator turn; // in waiting_ until it is fired, then in sent_
  };
  struct lane {
    bool open = false; // this node waits for its rows
    lane_rows known;
    std::string border; // first key not read; meaningless if complete
    bool complete = false;
    bool due_now = true;     // of an outbox: what is read may have been sent by nobody
    size_t ahead = 0;        // known before the border and not fired
    int64_t reread_ms = 0;   // steady time before which it is not read anew
    int64_t anew_ms = never; // steady time at which it will be
  };

  void set(const entity_id& owner, const TimerRow& row, const now& at);
  void cancel(const entity_id& owner, const TimerRow& row);
  void add(size_t lane_index, std::string key, entry one, int64_t at_ms);
  void forget(size_t lane_index, lane_rows::iterator row);
  void move(turns& to, turns& from, entry& one, int64_t at_ms);
  void trim(size_t lane_index, const now& at);
  caf::error fill(size_t lane_index, const now& at);
  caf::error look_behind(size_t lane_index, const now& at);
  void open(size_t lane_index);
  caf::error check_gained(const now& at);
  void read_anew(size_t lane_index, int64_t when);
  void reread(size_t lane_index, const now& at);
  caf::error read(const now& at);
  caf::error refill(const now& at);
  caf::error fire_again(const now& at, size_t& room, const firing& out);
  caf::error fire_first(const now& at, size_t& room, const firing& out);
  void observe(const now& at);
  bool needs_rows(const lane& one) const {
    return one.ahead == 0 && !one.complete;
  }

  std::shared_ptr<const store> rows_;
  std::vector<lane> lanes_;
  turns waiting_;
  turns sent_;
  std::set<size_t> empty_;                    // lanes that need rows
  std::set<size_t> gained_;                   // lanes whose rows may be of a clock that was ahead of this one
  std::set<std::pair<int64_t, size_t>> anew_; // lanes to read anew, by steady time
  std::set<std::pair<int64_t, size_t>> behind_; // lanes to look behind the border of, by steady time
  size_t in_flight_ = 0;
  int64_t ahead_ms_ = 0; // wall time less steady time
};

} // namespace troupe
