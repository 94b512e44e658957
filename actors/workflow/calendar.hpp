// CALENDAR: when a schedule comes next.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <troupe/actors/workflow/cron.hpp>
#include <troupe/actors/workflow/time_zone.hpp>
#include <troupe/runtime/proto/schedule.pb.h>
#include <vector>

namespace troupe {

/// The occurrences of a schedule, without jitter: whole seconds, Unix time in milliseconds. Pure once it is read.
///
/// When clocks are set for summer time, as of Vixie cron:
///   - an expression that names its time (seconds, minutes, hours all without a leading `*`) happens once for each time it names: a
///     time in the hour that is left out comes at the first moment after it, several of them as one; of a time that comes twice, the
///     first counts;
///   - one that follows the clock happens whenever the wall shows a matching time: never in the hour left out, twice in one that
///     comes twice;
///   - an interval knows no zone.
class calendar {
public:
  /// Reads expressions and zone, or checks an interval. Errors: ec::invalid_argument, ec::corrupt (tzdata).
  static caf::expected<calendar> read(const ScheduleTimes& times);

  /// The first occurrence after a moment, between start and end; 0 if there is none within limits::calendar_years calendar years.
  int64_t next(int64_t after_ms) const;

private:
  int64_t next_of(const cron_expression& cron, int64_t after_s, int last_year) const; // seconds; 0 = none

  std::vector<cron_expression> crons_;
  time_zone zone_;
  int64_t every_ms_ = 0;
  int64_t phase_ms_ = 0;
  int64_t start_ms_ = 0;
  int64_t end_ms_ = 0;
};

/// By how much this occurrence of a schedule comes later, 0 to before `jitter_ms`: always the same, and spread evenly. FNV-1a 64,
/// finished as SplitMix64 is.
int64_t jitter_of(std::string_view schedule, int64_t occurrence_ms, int64_t jitter_ms);

/// An occurrence in UTC, `20260131T120000Z`: as part of a run's id.
std::string compact_time(int64_t unix_ms);

} // namespace troupe
