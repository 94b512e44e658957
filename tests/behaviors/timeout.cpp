// A timeout ends what takes too long, by the journal's clock.
#define CAF_SUITE behaviors.timeout
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/library.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<behavior> hurried() {
  return with_timeout(play_script([](const Task&) {
                        return call_tool("a").then([](const Result&) { return call_tool("b"); });
                      }),
                      30s);
}

} // namespace

CAF_TEST(what ends in time is not disturbed) {
  rehearsal play{hurried()};
  play.pass(29s).answer("A").answer_at("0.0.1", "B");
  CAF_CHECK_EQUAL(play.result().text(), "B");
}

CAF_TEST(what is late fails with a timeout and is abandoned) {
  rehearsal play{hurried()};
  play.pass(10s).answer("A").pass(20s);
  CAF_CHECK_EQUAL(ended_with(play), ec::timeout);
  CAF_CHECK_EQUAL(text_of(play.result().error()), "scripted did not end within 30000 ms");
  CAF_CHECK_EQUAL(play.abandoned(), std::vector<std::string>{"0.0.1"});
}

CAF_TEST(a failure in time stays that failure) {
  rehearsal play{hurried()};
  play.refuse(ec::tool_failed);
  CAF_CHECK_EQUAL(ended_with(play), ec::tool_failed);
}

CAF_TEST(a restart does not begin the time anew) {
  rehearsal play{hurried()};
  play.pass(29s).restart(hurried()).pass(1s);
  CAF_CHECK_EQUAL(ended_with(play), ec::timeout);
}

CAF_TEST(a timeout is worth a retry and is known by the name of what it bounds) {
  rehearsal play{with_retry(hurried(), {.attempts = 2, .backoff_ms = 100, .jitter = 0})};
  play.pass(30s).pass(100ms);
  CAF_CHECK_EQUAL(open_at(play), "2.0.0,2.1.0");
  CAF_CHECK_EQUAL(hurried()->describe().name(), "scripted");
}
