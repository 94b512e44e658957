// TIME ZONE: which offset from UTC holds when. The only file that knows the form of the system's tzdata.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// A zone of the IANA database, as the system's package `tzdata` has it; also beyond the last change that is listed there.
class time_zone {
public:
  /// A stretch of time with one offset. Unix seconds, from `begin_s` to before `end_s`; the ends of time are those of int64_t.
  struct stretch {
    int64_t begin_s = std::numeric_limits<int64_t>::min();
    int64_t end_s = std::numeric_limits<int64_t>::max();
    int64_t offset_s = 0; ///< east of Greenwich is positive
  };

  /// UTC, which needs no tzdata.
  time_zone() = default;

  /// The zone with this name, such as `Europe/Berlin`; empty or `UTC` = UTC. Errors: ec::invalid_argument (there is no such zone;
  /// without tzdata there is but UTC), ec::corrupt.
  static caf::expected<time_zone> load(const std::string& name);

  /// A zone from the bytes of a TZif file of version 2 or later, RFC 8536. Error: ec::corrupt.
  static caf::expected<time_zone> parse(std::string_view file);

  /// The stretch that holds a moment.
  stretch at(int64_t unix_s) const;

  /// The moment at which a clock on the wall shows `local_s`, seconds since 1970 as if it were UTC: the first of two when the clock is
  /// set back, and the first one after the gap when the clock is set forward over it. Does not fall when `local_s` grows.
  int64_t moment_of(int64_t local_s) const;

private:
  /// A yearly change, RFC 8536 section 3.3: `M3.5.0/2`, `J60` or `59`.
  struct yearly {
    char kind = 'M'; ///< M, J (1 to 365, never counts 29 February) or 0 (0 to 365)
    int month = 1, week = 1, day = 0;
    int64_t time_s = 7200; ///< of the day, local; -167 h to 167 h
  };
  struct change {
    int64_t at_s;
    int64_t offset_s;
  };
  static bool parse_rule(std::string_view rule, time_zone& zone);
  std::vector<change> changes_of(int year) const;

  std::vector<change> changes_; // by time
  int64_t first_offset_s_ = 0;  // before the first change
  int64_t standard_s_ = 0;      // after the last, by the rule at the end of the file
  int64_t summer_s_ = 0;
  bool has_summer_ = false;
  yearly to_summer_, to_standard_;
};

} // namespace troupe
