// An expression means what crontab(5) says, and what it cannot mean is refused with a remedy.
#define CAF_SUITE actors.workflow.cron
#include <caf/test/unit_test.hpp>
#include <troupe/actors/workflow/cron.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

cron_expression meant(std::string_view text) {
  auto cron = read_cron(text);
  if (!cron)
    CAF_FAIL(describe(cron.error()));
  return *cron;
}

uint64_t bits(std::initializer_list<unsigned> values) {
  uint64_t all = 0;
  for (auto value : values)
    all |= uint64_t{1} << value;
  return all;
}

bool says(std::string_view text, std::string_view part) {
  auto cron = read_cron(text);
  return !cron && code_of(cron.error()) == ec::invalid_argument &&
         text_of(cron.error()).find(part) != std::string::npos;
}

} // namespace

CAF_TEST(fields are lists of values and ranges and steps) {
  auto cron = meant("*/20 8-10,22 1,15-17 1-12/4 1-5");
  CAF_CHECK_EQUAL(uint64_t{cron.seconds}, bits({0}));
  CAF_CHECK_EQUAL(uint64_t{cron.minutes}, bits({0, 20, 40}));
  CAF_CHECK_EQUAL(uint64_t{cron.hours}, bits({8, 9, 10, 22}));
  CAF_CHECK_EQUAL(uint64_t{cron.days}, bits({1, 15, 16, 17}));
  CAF_CHECK_EQUAL(uint64_t{cron.months}, bits({1, 5, 9}));
  CAF_CHECK_EQUAL(uint64_t{cron.weekdays}, bits({1, 2, 3, 4, 5}));
  CAF_CHECK(cron.follows_clock && !cron.any_day && !cron.any_weekday);
}

CAF_TEST(six fields begin with seconds) {
  auto cron = meant("  15-59/15 0 12 *\t* * ");
  CAF_CHECK_EQUAL(uint64_t{cron.seconds}, bits({15, 30, 45}));
  CAF_CHECK_EQUAL(uint64_t{cron.minutes}, bits({0}));
  CAF_CHECK(cron.any_day && cron.any_weekday && !cron.follows_clock);
}

CAF_TEST(months and weekdays have names and sunday has two numbers) {
  auto cron = meant("0 0 * Jan,DEC mon-Fri");
  CAF_CHECK_EQUAL(uint64_t{cron.months}, bits({1, 12}));
  CAF_CHECK_EQUAL(uint64_t{cron.weekdays}, bits({1, 2, 3, 4, 5}));
  CAF_CHECK_EQUAL(uint64_t{meant("0 0 * * 7").weekdays}, bits({0}));
  CAF_CHECK_EQUAL(uint64_t{meant("0 0 * * 5-7").weekdays}, bits({0, 5, 6}));
  CAF_CHECK_EQUAL(uint64_t{meant("0 0 * * *").weekdays}, bits({0, 1, 2, 3, 4, 5, 6}));
}

CAF_TEST(a word stands for five fields) {
  CAF_CHECK_EQUAL(uint64_t{meant("@hourly").hours}, meant("0 * * * *").hours);
  CAF_CHECK(meant("@hourly").follows_clock);
  CAF_CHECK(!meant("@daily").follows_clock);
  CAF_CHECK_EQUAL(uint64_t{meant("@weekly").weekdays}, bits({0}));
  CAF_CHECK_EQUAL(uint64_t{meant("@yearly").months}, bits({1}));
  CAF_CHECK_EQUAL(uint64_t{meant("@monthly").days}, bits({1}));
}

CAF_TEST(what cannot be meant is refused and told what is allowed) {
  CAF_CHECK(says("", "has 0 fields"));
  CAF_CHECK(says("* * * *", "has 4 fields"));
  CAF_CHECK(says("* * * * * * *", "has 7 fields"));
  CAF_CHECK(says("60 * * * *", "'60' is no minute: write 0 to 59"));
  CAF_CHECK(says("* 24 * * *", "is no hour"));
  CAF_CHECK(says("* * 0 * *", "is no day of the month: write 1 to 31"));
  CAF_CHECK(says("* * * 13 *", "is no month: write 1 to 12 or jan"));
  CAF_CHECK(says("* * * * 8", "is no day of the week"));
  CAF_CHECK(says("61 * * * * *", "is no second"));
  CAF_CHECK(says("@reboot", "@hourly"));
  for (auto* wrong : {"5/15 * * * *",  "*/0 * * * *", "10-5 * * * *",   "1- * * * *", "-1 * * * *",
                      "1,,2 * * * *",  "1, * * * *",  ", * * * *",      "*/ * * * *", "/5 * * * *",
                      "1-2-3 * * * *", "*-5 * * * *", "** * * * *",     "? * * * *",  "0 0 L * *",
                      "0 0 * * mon#2", "0 0 15W * *", "+5 * * * *",     "5x * * * *", "99999999999 * * * *",
                      "0 0 * mon *",   "0 0 jan * *", "1-5/2/2 * * * *"})
    CAF_CHECK(says(wrong, "write"));
  CAF_CHECK(says(std::string(5000, '1'), "at most"));
}

CAF_TEST(a search ends where its years end) {
  CAF_CHECK(!first_match(meant("0 0 30 feb *"), 0, 1978));
  CAF_CHECK(!first_match(meant("0 0 31 apr,jun,sep,nov *"), 0, 1978));
  CAF_CHECK(first_match(meant("0 0 29 feb *"), 0, 1978) == 789 * int64_t{86'400}); // 1972-02-29
  CAF_CHECK(!first_match(meant("0 0 29 feb *"), 0, 1971));
}
