// A retry repeats what may get better, pauses in between, and remembers across a restart how often it tried.
#define CAF_SUITE behaviors.retry
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/library.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<behavior> stubborn(retry_options options = {}) {
  return with_retry(play_script([](const Task&) {
                      return call_tool("flaky").then(
                          [](const Result& r) { return finish("got " + r.text()); });
                    }),
                    options);
}

} // namespace

CAF_TEST(a failure is repeated after a pause until it succeeds) {
  rehearsal play{stubborn({.jitter = 0})};
  play.refuse(ec::unavailable);
  CAF_CHECK_EQUAL(play.next().kind(), ACTION_SLEEP);
  CAF_CHECK_EQUAL(play.next().duration().count(), 200);
  play.pass(200ms).refuse(ec::unavailable);
  CAF_CHECK_EQUAL(play.next().duration().count(), 400);
  CAF_CHECK_EQUAL(play.pass(400ms).answer("it").result().text(), "got it");
}

CAF_TEST(the last failure is the outcome) {
  rehearsal play{stubborn({.attempts = 2})};
  play.refuse(ec::unavailable, "first").pass(1s).refuse(ec::tool_failed, "second");
  CAF_CHECK_EQUAL(ended_with(play), ec::tool_failed);
  CAF_CHECK_EQUAL(text_of(play.result().error()), "second");
}

CAF_TEST(what will not get better is not repeated) {
  rehearsal play{stubborn()};
  play.refuse(ec::permission_denied);
  CAF_CHECK_EQUAL(ended_with(play), ec::permission_denied);
  for (auto code : {ec::overloaded, ec::unavailable, ec::timeout, ec::tool_failed, ec::action_failed,
                    ec::guardrail, ec::rate_limited, ec::circuit_open, ec::internal})
    CAF_CHECK(worth_repeating(code));
  for (auto code : {ec::invalid_argument, ec::not_found, ec::already_exists, ec::unauthenticated,
                    ec::budget_exceeded, ec::expired, ec::cancelled, ec::corrupt, ec::from_future,
                    ec::nondeterministic, ec::invalid_workflow, ec::quarantined})
    CAF_CHECK(!worth_repeating(code));
}

CAF_TEST(a restart between attempts neither adds attempts nor changes the pause) {
  auto pauses = [](bool restart) {
    rehearsal play{stubborn({.attempts = 3})};
    std::vector<int64_t> seen;
    for (int i = 0; i < 2; ++i) {
      play.refuse(ec::unavailable);
      if (restart)
        play.restart(stubborn({.attempts = 3}));
      seen.push_back(play.next().duration().count());
      play.pass(1s);
    }
    play.refuse(ec::unavailable);
    CAF_CHECK(play.done());
    CAF_CHECK(play.attempt().notes().empty());
    return seen;
  };
  CAF_CHECK_EQUAL(pauses(true), pauses(false));
}

CAF_TEST(pauses grow up to the longest and are spread by their jitter) {
  retry_options options{.attempts = 9, .backoff_ms = 100, .multiplier = 3, .jitter = 0.5, .longest_ms = 2000};
  CAF_CHECK_EQUAL(backoff_ms(options, 2, 0), 50);
  CAF_CHECK_EQUAL(backoff_ms(options, 2, UINT64_MAX), 150);
  CAF_CHECK_EQUAL(backoff_ms(options, 2, uint64_t{1} << 63), 100);
  CAF_CHECK_EQUAL(backoff_ms(options, 3, uint64_t{1} << 63), 300);
  CAF_CHECK_EQUAL(backoff_ms(options, 9, uint64_t{1} << 63), 2000);
  CAF_CHECK_EQUAL(backoff_ms(options, 900, UINT64_MAX), 2000);
  CAF_CHECK_EQUAL(backoff_ms({.backoff_ms = 100, .multiplier = 0, .jitter = 7}, 5, 0), 0);
}

CAF_TEST(a retry is known by the name of what it repeats) {
  CAF_CHECK_EQUAL(stubborn()->describe().name(), "scripted");
}
