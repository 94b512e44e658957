// CRON: one expression as of Vixie cron, and the times on the wall that match it.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe {

/// Which times on the wall are meant: one bit for each value of a field.
struct cron_expression {
  uint64_t seconds = 1;
  uint64_t minutes = 0;
  uint64_t hours = 0;
  uint64_t days = 0;        ///< 1 to 31
  uint64_t months = 0;      ///< 1 to 12
  uint64_t weekdays = 0;    ///< 0 = Sunday to 6
  bool any_day = false;     ///< the field of days begins with `*`
  bool any_weekday = false; ///< so does that of weekdays
  /// Seconds, minutes or hours begin with `*`: it follows the clock as it goes, whatever is done to it; see calendar.hpp.
  bool follows_clock = false;
};

/// Reads `minute hour day month weekday`, or six fields with seconds in front, or one of @yearly @annually @monthly @weekly @daily
/// @midnight @hourly; crontab(5) of Vixie cron. A field is a list of `*`, `a`, `a-b`, `*/n`, `a-b/n`; months and weekdays have English
/// names of three letters; Sunday is 0 or 7. Error: ec::invalid_argument that tells field and remedy.
caf::expected<cron_expression> read_cron(std::string_view text);

/// The first matching time on the wall that is `from_s` or later, seconds since 1970 as if it were UTC; nothing up to the end of
/// `last_year`. A day matches if both its fields do; of two that do not begin with `*`, one is enough. Steps from field to field.
std::optional<int64_t> first_match(const cron_expression& cron, int64_t from_s, int last_year);

} // namespace troupe
