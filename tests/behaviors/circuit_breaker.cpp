// A circuit breaker opens after failures in a row, waits, and lets one probe decide.
#define CAF_SUITE behaviors.circuit_breaker
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/circuit_breaker.hpp>

using namespace troupe;
using state = circuit_breaker::state;

namespace {

void fail_times(circuit_breaker& breaker, int times, int64_t now_ms) {
  for (int i = 0; i < times; ++i)
    breaker.tell(breaker.ask(now_ms).ticket, false, now_ms);
}

} // namespace

CAF_TEST(five failures in a row open it and a success in between starts the count anew) {
  circuit_breaker breaker{"tool fs/read"};
  fail_times(breaker, 4, 0);
  breaker.tell(breaker.ask(0).ticket, true, 0);
  fail_times(breaker, 4, 0);
  CAF_CHECK(breaker.now() == state::closed);
  CAF_CHECK(breaker.ask(0).go());
  fail_times(breaker, 1, 0);
  CAF_CHECK(breaker.now() == state::open);
  auto refused = breaker.ask(59'999);
  CAF_CHECK_EQUAL(code_of(refused.refusal), ec::circuit_open);
  CAF_CHECK_EQUAL(text_of(refused.refusal), "the circuit breaker of tool fs/read is open; ask again in 1 ms");
  CAF_CHECK_EQUAL(refused.retry_after_ms, 1);
}

CAF_TEST(after a minute one probe passes and its success closes it) {
  circuit_breaker breaker{"x"};
  fail_times(breaker, 5, 0);
  auto probe = breaker.ask(60'000);
  CAF_CHECK(probe.go());
  CAF_CHECK(breaker.now() == state::half_open);
  auto refused = breaker.ask(60'001);
  CAF_CHECK_EQUAL(text_of(refused.refusal),
                  "the circuit breaker of x is half open, its probe is out; ask again in 59999 ms");
  breaker.tell(probe.ticket, true, 60'100);
  fail_times(breaker, 4, 60'100);
  CAF_CHECK(breaker.now() == state::closed);
  CAF_CHECK(breaker.ask(60'100).go());
}

CAF_TEST(a probe that fails opens it for another minute) {
  circuit_breaker breaker{"x"};
  fail_times(breaker, 5, 0);
  breaker.tell(breaker.ask(60'000).ticket, false, 61'000);
  CAF_CHECK(breaker.now() == state::open);
  CAF_CHECK(!breaker.ask(120'999).go());
  CAF_CHECK(breaker.ask(121'000).go());
}

CAF_TEST(a probe that never ends is replaced and may not decide any more) {
  circuit_breaker breaker{"x"};
  fail_times(breaker, 5, 0);
  auto lost = breaker.ask(60'000);
  auto second = breaker.ask(120'000);
  CAF_CHECK(second.go());
  breaker.tell(lost.ticket, true, 120'001);
  CAF_CHECK(breaker.now() == state::half_open);
  breaker.tell(second.ticket, true, 120'002);
  CAF_CHECK(breaker.now() == state::closed);
}

CAF_TEST(outcomes of calls from before it opened do not count) {
  circuit_breaker breaker{"x", {.failures = 1, .open_ms = 10}};
  auto early = breaker.ask(0), late = breaker.ask(0);
  breaker.tell(early.ticket, false, 0);
  auto probe = breaker.ask(10);
  breaker.tell(late.ticket, true, 11);
  CAF_CHECK(breaker.now() == state::half_open);
  breaker.tell(probe.ticket, false, 12);
  CAF_CHECK(breaker.now() == state::open);
}

CAF_TEST(only failures of the target are blamed on it) {
  for (auto code : {ec::overloaded, ec::unavailable, ec::outcome_unknown, ec::timeout, ec::internal,
                    ec::corrupt, ec::tool_failed})
    CAF_CHECK(blames_target(code));
  for (auto code : {ec::invalid_argument, ec::permission_denied, ec::cancelled, ec::circuit_open,
                    ec::rate_limited, ec::guardrail})
    CAF_CHECK(!blames_target(code));
}
