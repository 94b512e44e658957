// A schedule comes when a clock watched minute by minute says so, across every change of the clock.
#define CAF_SUITE actors.workflow.calendar
#include <algorithm>
#include <caf/test/unit_test.hpp>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <troupe/actors/workflow/calendar.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/unix_time.hpp>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;

namespace {

calendar calendar_of(const ScheduleTimes& times) {
  auto known = calendar::read(times);
  if (!known)
    CAF_FAIL(describe(known.error()));
  return *known;
}

ScheduleTimes at(const std::string& cron, const std::string& zone = {}) {
  ScheduleTimes times;
  times.add_cron(cron);
  times.set_zone(zone);
  return times;
}

int64_t moment(std::string_view text) { // 2026-03-29T01:00:00Z
  auto number = [&](size_t from, size_t digits) { return std::stoi(std::string{text.substr(from, digits)}); };
  using namespace std::chrono;
  auto day = sys_days{year{number(0, 4)} / number(5, 2) / number(8, 2)};
  return duration_cast<milliseconds>(
             (day + hours{number(11, 2)} + minutes{number(14, 2)} + seconds{number(17, 2)})
                 .time_since_epoch())
      .count();
}

// The next occurrences after a moment, as text.
std::vector<std::string> next_of(const ScheduleTimes& times, std::string_view after, size_t count) {
  auto known = calendar_of(times);
  std::vector<std::string> found;
  auto from = moment(after);
  while (found.size() < count && (from = known.next(from)) != 0)
    found.push_back(to_rfc3339(from));
  return found;
}
using expected = std::vector<std::string>;

bool is_refused(const ScheduleTimes& times, std::string_view part) {
  auto known = calendar::read(times);
  return !known && code_of(known.error()) == ec::invalid_argument &&
         text_of(known.error()).find(part) != std::string::npos;
}

// The reference: reads the fields apart, walks minute by minute, knows no arithmetic.
struct slow_clock {
  std::vector<std::set<int>> fields; // minute, hour, day, month, weekday
  bool any_day, any_weekday, follows;
  time_zone zone;

  bool shows(int64_t wall) const {
    using namespace std::chrono;
    auto day = floor<days>(sys_seconds{seconds{wall}});
    year_month_day date{day};
    auto minute = wall / 60;
    auto has = [&](size_t i, int64_t value) { return fields[i].count(static_cast<int>(value)) > 0; };
    auto by_day = has(2, static_cast<unsigned>(date.day()));
    auto by_week = has(4, weekday{day}.c_encoding());
    return has(0, minute % 60) && has(1, minute / 60 % 24) && has(3, static_cast<unsigned>(date.month())) &&
           (any_day || any_weekday ? by_day && by_week : by_day || by_week);
  }
  std::vector<int64_t> between(int64_t from_s, int64_t to_s) const {
    std::vector<int64_t> found;
    auto wall_of = [&](int64_t time) { return time + zone.at(time).offset_s; };
    std::set<int64_t> seen; // what the wall has shown in the last hours
    for (auto time = from_s - 7200; time <= to_s; time += 60) {
      auto wall = wall_of(time), before = wall_of(time - 60);
      auto happens = false;
      if (follows) {
        happens = shows(wall);
      } else {
        happens = shows(wall) && seen.count(wall) == 0;
        for (auto left_out = before + 60; left_out < wall; left_out += 60)
          happens = happens || shows(left_out);
      }
      seen.insert(wall);
      if (seen.size() > 400)
        seen.erase(seen.begin());
      if (happens && time > from_s)
        found.push_back(time);
    }
    return found;
  }
};

} // namespace

CAF_TEST(known expressions come at known times) {
  auto after = "2026-01-31T12:00:00Z";
  CAF_CHECK(next_of(at("0 12 * * *"), after, 2) ==
            (expected{"2026-02-01T12:00:00Z", "2026-02-02T12:00:00Z"}));
  CAF_CHECK(next_of(at("*/15 * * * *"), after, 2) ==
            (expected{"2026-01-31T12:15:00Z", "2026-01-31T12:30:00Z"}));
  CAF_CHECK(next_of(at("0 0 1 * *"), after, 2) == (expected{"2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"}));
  CAF_CHECK(next_of(at("0 0 31 * *"), after, 3) ==
            (expected{"2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z", "2026-07-31T00:00:00Z"}));
  CAF_CHECK(next_of(at("30 4 1,15 * 5"), after, 4) ==
            (expected{"2026-02-01T04:30:00Z", "2026-02-06T04:30:00Z", "2026-02-13T04:30:00Z",
                      "2026-02-15T04:30:00Z"}));
  CAF_CHECK(next_of(at("0 9 */10 * mon"), after, 2) ==
            (expected{"2026-05-11T09:00:00Z", "2026-06-01T09:00:00Z"}));
  CAF_CHECK(next_of(at("@yearly"), after, 1) == expected{"2027-01-01T00:00:00Z"});
  CAF_CHECK(next_of(at("@weekly"), after, 1) == expected{"2026-02-01T00:00:00Z"});
  CAF_CHECK(next_of(at("10-50/20 0 12 * * *"), after, 3) ==
            (expected{"2026-01-31T12:00:10Z", "2026-01-31T12:00:30Z", "2026-01-31T12:00:50Z"}));
  CAF_CHECK(next_of(at("0 7 * * *", "Europe/Berlin"), after, 1) == expected{"2026-02-01T06:00:00Z"});
  CAF_CHECK(next_of(at("0 7 * * *", "Asia/Kolkata"), after, 1) == expected{"2026-02-01T01:30:00Z"});
}

CAF_TEST(29 February comes in leap years and across a century without one) {
  CAF_CHECK(next_of(at("0 0 29 2 *"), "2026-01-01T00:00:00Z", 2) ==
            (expected{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}));
  CAF_CHECK(next_of(at("0 0 29 2 *"), "2096-02-29T00:00:00Z", 1) == expected{"2104-02-29T00:00:00Z"});
  CAF_CHECK(next_of(at("0 0 30 2 *"), "2026-01-01T00:00:00Z", 1).empty());
}

CAF_TEST(a named time in the hour left out comes once when that hour is over) {
  auto before = "2026-03-28T12:00:00Z"; // Berlin: 02:00 to 03:00 is left out on 29 March
  CAF_CHECK(next_of(at("30 2 * * *", "Europe/Berlin"), before, 3) ==
            (expected{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"}));
  CAF_CHECK(next_of(at("0,20,40 2 * * *", "Europe/Berlin"), before, 2) ==
            (expected{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}));
  CAF_CHECK(next_of(at("0 2,3 * * *", "Europe/Berlin"), before, 2) ==
            (expected{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}));
  // Whoever follows the clock does not see it.
  CAF_CHECK(next_of(at("*/30 2 * * *", "Europe/Berlin"), before, 1) == expected{"2026-03-30T00:00:00Z"});
  CAF_CHECK(next_of(at("@hourly", "Europe/Berlin"), "2026-03-29T00:00:00Z", 2) ==
            (expected{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}));
}

CAF_TEST(a named time in the hour that comes twice counts once) {
  auto before = "2026-10-24T12:00:00Z"; // Berlin: 02:00 to 03:00 comes twice on 25 October
  CAF_CHECK(next_of(at("30 2 * * *", "Europe/Berlin"), before, 2) ==
            (expected{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}));
  CAF_CHECK(next_of(at("30 2 * * *", "Europe/Berlin"), "2026-10-25T00:45:00Z", 1) ==
            expected{"2026-10-26T01:30:00Z"});
  CAF_CHECK(next_of(at("0 3 * * *", "Europe/Berlin"), before, 1) == expected{"2026-10-25T02:00:00Z"});
  CAF_CHECK(next_of(at("30 * * * *", "Europe/Berlin"), "2026-10-25T00:00:00Z", 3) ==
            (expected{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"}));
  CAF_CHECK(next_of(at("*/30 2 * * *", "Europe/Berlin"), "2026-10-25T00:00:00Z", 3) ==
            (expected{"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"}));
}

CAF_TEST(summer time goes on after the last year that is listed) {
  CAF_CHECK(next_of(at("0 12 * * *", "America/New_York"), "2100-07-01T00:00:00Z", 1) ==
            expected{"2100-07-01T16:00:00Z"});
  CAF_CHECK(next_of(at("30 2 * * *", "Europe/Berlin"), "2099-03-28T12:00:00Z", 1) ==
            expected{"2099-03-29T01:00:00Z"});
}

CAF_TEST(a whole day may be left out) { // Apia, 30 December 2011
  CAF_CHECK(next_of(at("0 12 * * *", "Pacific/Apia"), "2011-12-29T22:00:00Z", 3) ==
            (expected{"2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z"}));
}

CAF_TEST(an interval comes at its multiples later by its phase) {
  ScheduleTimes times;
  times.set_every_ms(90'000);
  times.set_phase_ms(30'000);
  CAF_CHECK(next_of(times, "1970-01-01T00:00:00Z", 3) ==
            (expected{"1970-01-01T00:00:30Z", "1970-01-01T00:02:00Z", "1970-01-01T00:03:30Z"}));
  auto known = calendar_of(times);
  CAF_CHECK_EQUAL(known.next(30'000), 120'000);
  CAF_CHECK_EQUAL(known.next(119'999), 120'000);
}

CAF_TEST(several expressions come in turn and a moment of two comes once) {
  auto times = at("0 12 * * *");
  times.add_cron("0 */6 * * *");
  CAF_CHECK(next_of(times, "2026-01-31T11:00:00Z", 3) ==
            (expected{"2026-01-31T12:00:00Z", "2026-01-31T18:00:00Z", "2026-02-01T00:00:00Z"}));
  times.add_cron("0 0 30 2 *"); // never
  CAF_CHECK(next_of(times, "2026-01-31T11:00:00Z", 1) == expected{"2026-01-31T12:00:00Z"});
}

CAF_TEST(start and end belong to the time between them) {
  auto times = at("@hourly");
  times.set_start_ms(moment("2026-02-01T05:00:00Z"));
  times.set_end_ms(moment("2026-02-01T07:00:00Z"));
  CAF_CHECK(next_of(times, "2026-01-31T12:00:00Z", 5) ==
            (expected{"2026-02-01T05:00:00Z", "2026-02-01T06:00:00Z", "2026-02-01T07:00:00Z"}));
}

CAF_TEST(nothing comes after the year 9999) {
  CAF_CHECK(next_of(at("* * * * *"), "9999-12-31T23:58:00Z", 5) == expected{"9999-12-31T23:59:00Z"});
  CAF_CHECK(next_of(at("0 12 31 12 *", "America/New_York"), "9999-12-31T20:00:00Z", 5).empty());
}

CAF_TEST(what is no time is refused and told what is allowed) {
  CAF_CHECK(is_refused(ScheduleTimes{}, "either cron expressions or an interval"));
  auto times = at("* * * * *");
  times.set_every_ms(1000);
  CAF_CHECK(is_refused(times, "either cron expressions or an interval"));
  CAF_CHECK(is_refused(at("* * * * *", "Mars/Olympus"), "Mars/Olympus"));
  CAF_CHECK(is_refused(at("61 * * * *"), "is no minute"));
  times = at("* * * * *");
  for (size_t i = 0; i < limits::schedule_crons; ++i)
    times.add_cron("@daily");
  CAF_CHECK(is_refused(times, "at most 32"));
  for (int64_t wrong : {-1000, 1, 999, 1500}) {
    ScheduleTimes every;
    every.set_every_ms(wrong);
    CAF_CHECK(is_refused(every, "whole seconds"));
  }
  ScheduleTimes late;
  late.set_every_ms(2000);
  late.set_phase_ms(2000);
  CAF_CHECK(is_refused(late, "phase"));
  times = at("* * * * *");
  times.set_start_ms(2000);
  times.set_end_ms(1000);
  CAF_CHECK(is_refused(times, "the start before the end"));
  times = at("* * * * *");
  times.set_jitter_ms(limits::schedule_jitter.count() + 1);
  CAF_CHECK(is_refused(times, "jitter"));
}

CAF_TEST(a time in an id is as short as it sorts) {
  CAF_CHECK_EQUAL(compact_time(moment("2026-01-31T12:00:09Z") + 999), std::string{"20260131T120009Z"});
}

CAF_TEST(jitter is always the same and spread over its width) {
  CAF_CHECK_EQUAL(jitter_of("t/schedule/a", 1000, 0), 0);
  std::map<int64_t, int> tenths;
  for (int64_t i = 0; i < 10'000; ++i) {
    auto jitter = jitter_of("t/schedule/a", i * 60'000, 1000);
    CAF_REQUIRE(jitter >= 0 && jitter < 1000);
    ++tenths[jitter / 100];
  }
  CAF_CHECK_EQUAL(tenths.size(), 10u);
  for (auto& [tenth, count] : tenths)
    CAF_CHECK(count > 850 && count < 1150);
  CAF_CHECK_EQUAL(jitter_of("t/schedule/a", 1000, 1'000'000), jitter_of("t/schedule/a", 1000, 1'000'000));
  CAF_CHECK(jitter_of("t/schedule/a", 1000, 1'000'000) != jitter_of("t/schedule/b", 1000, 1'000'000));
  CAF_CHECK_EQUAL(jitter_of("default/schedule/nightly", 1'700'000'000'000, 60'000),
                  13'261); // it must never change
}

CAF_TEST(thousands of expressions come when a clock watched minute by minute says so) {
  std::mt19937_64 chance{20261129};
  auto pick = [&](int from, int to) {
    return from + static_cast<int>(chance() % static_cast<uint64_t>(to - from + 1));
  };
  constexpr const char* zones[] = {
      "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Nuuk", "Africa/Casablanca"};
  // Days around which these zones change their clocks in 2026, and some in which nothing happens.
  constexpr const char* days[] = {"2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z", "2026-03-08T03:00:00Z",
                                  "2026-11-01T02:00:00Z", "2026-04-04T12:00:00Z", "2026-10-03T12:00:00Z",
                                  "2026-02-14T22:00:00Z", "2026-03-21T20:00:00Z", "2026-02-27T12:00:00Z"};
  struct range {
    int from, to;
  };
  constexpr range ranges[] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};
  size_t different = 0, seen = 0, named = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    slow_clock slow{{}, false, false, false, {}};
    std::vector<bool> stars;
    for (size_t i = 0; i < std::size(ranges); ++i) {
      std::set<int> values;
      std::string field;
      auto kind = pick(0, i < 2 ? 5 : 9); // days and months mostly stars: else nothing happens
      if (kind > 5) {
        kind = 0;
      }
      auto [from, to] = ranges[i];
      if (kind <= 1) {
        auto step = kind == 0 ? 1 : pick(1, i == 0 ? 30 : 4);
        field = step == 1 ? "*" : "*/" + std::to_string(step);
        for (auto v = from; v <= to; v += step)
          values.insert(v);
      } else if (kind == 2) {
        auto a = pick(from, to), b = pick(a, to), step = pick(1, 3);
        field = std::to_string(a) + "-" + std::to_string(b) + "/" + std::to_string(step);
        for (auto v = a; v <= b; v += step)
          values.insert(v);
      } else {
        for (auto n = pick(1, 4); n > 0; --n) {
          // Small hours are where clocks are changed.
          auto v = i == 1 && pick(0, 1) == 0 ? pick(0, 4) : pick(from, to);
          values.insert(v);
          field += (field.empty() ? "" : ",") + std::to_string(v);
        }
      }
      stars.push_back(kind <= 1);
      slow.fields.push_back(values);
      text += (i == 0 ? "" : " ") + field;
    }
    slow.any_day = stars[2];
    slow.any_weekday = stars[4];
    slow.follows = stars[0] || stars[1];
    std::string zone = zones[chance() % std::size(zones)];
    slow.zone = *time_zone::load(zone);
    auto fast = calendar_of(at(text, zone));
    auto from = moment(days[chance() % std::size(days)]) / 1000, to = from + 36 * 3600;
    std::vector<int64_t> found;
    for (auto time = from * 1000; (time = fast.next(time)) != 0 && time <= to * 1000;)
      found.push_back(time / 1000);
    auto meant = slow.between(from, to);
    seen += meant.size();
    named += !slow.follows && !meant.empty();
    if (found != meant && ++different < 5)
      CAF_MESSAGE("'" << text << "' in " << zone << " from " << to_rfc3339(from * 1000) << ": "
                      << found.size() << " and " << meant.size());
    // Asked after any moment between, the answer is the same.
    auto asked = from + pick(0, 36 * 3600);
    auto next = std::upper_bound(meant.begin(), meant.end(), asked);
    if (next != meant.end())
      different += fast.next(asked * 1000 + 999) != *next * 1000;
  }
  CAF_CHECK_EQUAL(different, 0u);
  CAF_CHECK(seen > 10'000);
  CAF_CHECK(named > 200);
}
