// The control service sets the level of the log, and its decisions are in there.
#define CAF_SUITE net.node.control_log
#include <troupe/net/node/control_log.hpp>

using namespace troupe;

namespace {

struct logged {
  logged() {
    log_control(hooks, capture.log(time, log_level::info));
  }
  system_clock time;
  log_capture capture;
  control_hooks hooks;
};

} // namespace

CAF_TEST(a refusal is a warning and a call that was let in is for those who debug) {
  logged at;
  at.hooks.decided("Start", "vera", "trace-1", make_error(ec::permission_denied, "vera is viewer"));
  at.hooks.decided("Runs", "vera", "trace-1", {});
  auto lines = at.capture.lines();
  CAF_REQUIRE_EQUAL(lines.size(), 1u);
  CAF_CHECK(lines[0].find("vera is viewer") != std::string::npos);
}

CAF_TEST(the level is set by name and an unknown one is refused) {
  logged at;
  CAF_CHECK(!at.hooks.set_log_level("debug"));
  at.hooks.decided("Runs", "vera", "trace-1", {});
  CAF_CHECK_EQUAL(at.capture.lines().size(), 1u);
  CAF_CHECK_EQUAL(code_of(at.hooks.set_log_level("loud")), ec::invalid_argument);
}
