// Points in time are read as people write them, and written so that they are read again.
#define CAF_SUITE runtime.unix_time
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/unix_time.hpp>

using namespace troupe;

CAF_TEST(dates are read with and without offset and fraction) {
  CAF_CHECK_EQUAL(int64_t{*read_unix_ms("1970-01-01T00:00:00Z")}, int64_t{0});
  CAF_CHECK_EQUAL(int64_t{*read_unix_ms("2026-01-31T12:00:00Z")}, int64_t{1769860800000});
  CAF_CHECK_EQUAL(int64_t{*read_unix_ms("2026-01-31T14:00:00.25+02:00")}, int64_t{1769860800250});
  CAF_CHECK_EQUAL(int64_t{*read_unix_ms("2026-01-31 09:30:00-02:30")}, int64_t{1769860800000});
  CAF_CHECK_EQUAL(int64_t{*read_unix_ms("2024-02-29T23:59:60Z")}, int64_t{1709251200000});
  CAF_CHECK_EQUAL(int64_t{*read_unix_ms("1769860800250")}, int64_t{1769860800250});
  CAF_CHECK_EQUAL(int64_t{*read_unix_ms("-5")}, int64_t{-5});
}

CAF_TEST(what is no time is refused with what is allowed) {
  for (std::string text : {"", "tomorrow", "2026-02-30T00:00:00Z", "2026-01-31", "2026-01-31T12:00Z",
                           "2026-13-01T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:00:00",
                           "2026-01-31T12:00:00Zz", "2026-01-31T12:00:00+2", "-026-01-31T12:00:00Z", "12s"}) {
    auto read = read_unix_ms(text);
    CAF_REQUIRE(!read);
    CAF_CHECK_EQUAL(code_of(read.error()), ec::invalid_argument);
    CAF_CHECK(text_of(read.error()).find("2026-01-31T12:00:00Z") != std::string::npos);
  }
}

CAF_TEST(what is written is read again) {
  for (auto ms :
       {int64_t{0}, int64_t{1}, int64_t{1769860800250}, int64_t{-86400000}, int64_t{253402300799999}})
    CAF_CHECK_EQUAL(int64_t{*read_unix_ms(to_rfc3339(ms))}, ms);
  CAF_CHECK_EQUAL(to_rfc3339(1769860800000), std::string{"2026-01-31T12:00:00Z"});
  CAF_CHECK_EQUAL(to_rfc3339(1769860800007), std::string{"2026-01-31T12:00:00.007Z"});
}
