// A rate limit grants its burst, then its rate, and says when to come back.
#define CAF_SUITE behaviors.rate_limit
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/rate_limit.hpp>

using namespace troupe;

namespace {

int granted(rate_limit& limit, int64_t now_ms) {
  int n = 0;
  while (n < 1000 && limit.ask(now_ms).go())
    ++n;
  return n;
}

} // namespace

CAF_TEST(a full bucket grants its burst and then says when to come back) {
  rate_limit limit{"model fast", {.per_second = 4, .burst = 3}};
  CAF_CHECK_EQUAL(granted(limit, 0), 3);
  auto refused = limit.ask(0);
  CAF_CHECK_EQUAL(code_of(refused.refusal), ec::rate_limited);
  CAF_CHECK_EQUAL(text_of(refused.refusal), "model fast grants 4 a second; ask again in 250 ms");
  CAF_CHECK_EQUAL(refused.retry_after_ms, 250);
  CAF_CHECK(!limit.ask(249).go());
  CAF_CHECK(limit.ask(250).go());
  CAF_CHECK(!limit.ask(250).go());
}

CAF_TEST(it never holds more than its burst and grants its rate in the long run) {
  rate_limit limit{"x", {.per_second = 3, .burst = 2}};
  granted(limit, 0);
  CAF_CHECK_EQUAL(granted(limit, 3'600'000), 2);
  int n = 0;
  for (int64_t t = 3'600'001; t <= 3'660'000; ++t)
    n += granted(limit, t);
  CAF_CHECK_EQUAL(n, 180);
}

CAF_TEST(a clock that steps back adds nothing) {
  rate_limit limit{"x", {.per_second = 1000, .burst = 1}};
  CAF_CHECK(limit.ask(5000).go());
  CAF_CHECK(!limit.ask(0).go());
  CAF_CHECK(!limit.ask(5000).go());
  CAF_CHECK(limit.ask(5001).go());
}

CAF_TEST(dear calls take more and what was not used is given back) {
  rate_limit limit{"x", {.per_second = 1, .burst = 10}};
  CAF_CHECK(limit.ask(0, 8).go());
  CAF_CHECK_EQUAL(limit.ask(0, 5).retry_after_ms, 3000);
  limit.give_back(3);
  CAF_CHECK(limit.ask(0, 5).go());
  limit.give_back(100);
  CAF_CHECK_EQUAL(granted(limit, 0), 10);
  auto never = limit.ask(0, 11);
  CAF_CHECK_EQUAL(code_of(never.refusal), ec::invalid_argument);
  CAF_CHECK_EQUAL(text_of(never.refusal), "11 tokens at once are more than x ever grants (10)");
}
