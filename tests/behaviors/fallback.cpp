// A fallback tries the next behavior only when one has failed.
#define CAF_SUITE behaviors.fallback
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/library.hpp>

using namespace troupe;

namespace {

std::unique_ptr<behavior> calls(const std::string& tool) {
  return play_script(
      [tool](const Task&) { return call_tool(tool).then([](const Result& r) { return finish(r.text()); }); },
      tool);
}

std::unique_ptr<behavior> three() {
  return with_fallback(calls("a"), calls("b"), calls("c"));
}

} // namespace

CAF_TEST(the first that succeeds is enough) {
  CAF_CHECK_EQUAL(rehearsal{three()}.answer("A").result().text(), "A");
  rehearsal play{three()};
  play.refuse(ec::tool_failed);
  CAF_CHECK_EQUAL(play.next().name(), "b");
  CAF_CHECK_EQUAL(play.answer("B").result().text(), "B");
}

CAF_TEST(when all fail the last failure is the outcome) {
  rehearsal play{three()};
  play.refuse(ec::tool_failed, "a").refuse(ec::tool_failed, "b").refuse(ec::conflict, "c");
  CAF_CHECK_EQUAL(ended_with(play), ec::conflict);
}

CAF_TEST(a restart continues with the behavior it was at) {
  rehearsal play{three()};
  play.refuse(ec::tool_failed).restart(three());
  CAF_CHECK_EQUAL(play.next().name(), "b");
}

CAF_TEST(a fallback is known by the name of its first and needs one) {
  CAF_CHECK_EQUAL(three()->describe().version(), "a");
  CAF_CHECK(breaks([] { with_fallback(std::vector<std::unique_ptr<behavior>>{}); }));
}
