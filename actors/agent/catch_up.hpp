// CATCH UP: when a timer is due, and what a firing stands for that comes late.
#pragma once

#include <cstdint>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {

/// What one firing of a timer tells its owner; see TimerDue.
struct timer_firing {
  uint64_t occurrences = 0;
  uint64_t skipped = 0;
  int64_t next_due_ms = 0;
  friend bool operator==(const timer_firing&, const timer_firing&) = default;
};

/// The firing of a timer at `now_ms`, Unix time. Pure. Its occurrences are due_ms, due_ms + period_ms and so on; one that does
/// not recur has the first alone. An occurrence is missed if it is fired more than limits::timer_late after its time, or after
/// the next one's time.
///
///   fire      stands for the occurrence at due_ms; the next is one period later, though it be past: so each is fired, in order.
///   coalesce  stands for all whose time has come; the next is the first that is not past.
///   skip      stands for the newest whose time has come, unless that is missed too; older ones are skipped. The next is the
///             first that is not past.
///
/// `next_due_ms` is 0 if the timer does not recur.
timer_firing catch_up(const TimerRow& row, int64_t now_ms);

/// How long a timer still waits at `now_ms`, milliseconds; 0 or less = it is due. Pure. A timer that lasts (set_ms > 0) and was
/// set in what is now the future was set before the clock was set back: it waits its whole length, and no longer.
int64_t wait_ms(const TimerRow& row, int64_t now_ms);

} // namespace troupe
