// Every node can echo, wait and ask.
#define CAF_SUITE net.node.standard_behaviors
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/rehearsal.hpp>
#include <troupe/net/node/standard_behaviors.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

using namespace troupe;

namespace {

std::unique_ptr<behavior> one(const std::string& name) {
  behavior_registry all;
  add_standard_behaviors(all);
  return std::move(*all.make(name));
}

} // namespace

CAF_TEST(their capabilities are those of the command line examples) {
  behavior_registry all;
  add_standard_behaviors(all);
  CAF_CHECK(all.who_can("troupe.echo") == std::vector<std::string>{"echo"});
  CAF_CHECK(all.who_can("troupe.wait") == std::vector<std::string>{"wait"});
  CAF_CHECK(all.who_can("troupe.ask") == std::vector<std::string>{"ask"});
  CAF_CHECK_EQUAL(all.all().size(), 3u);
}

CAF_TEST(echo gives back its text) {
  CAF_CHECK_EQUAL(rehearsal(one("echo"), {{"text", "hello"}}).result().text(), "hello");
  CAF_CHECK_EQUAL(rehearsal(one("echo")).result().text(), "");
}

CAF_TEST(wait sleeps as long as it is told) {
  rehearsal play{one("wait"), {{"ms", "1500"}}};
  CAF_CHECK_EQUAL(play.next().kind(), ACTION_SLEEP);
  CAF_CHECK(play.next().duration() == std::chrono::milliseconds{1500});
  play.pass(std::chrono::milliseconds{1499});
  CAF_CHECK(!play.done());
  play.pass(std::chrono::milliseconds{1});
  CAF_CHECK_EQUAL(play.result().text(), "waited 1500 ms");
}

CAF_TEST(wait refuses what is no number of milliseconds) {
  for (std::string bad : {"", "soon", "12s", "-1", " 5", "99999999999999999999"}) {
    rehearsal play{one("wait"), {{"ms", bad}}};
    CAF_REQUIRE(play.done());
    CAF_CHECK_EQUAL(code_of(play.result().error()), ec::invalid_argument);
    CAF_CHECK(text_of(play.result().error()).find("'" + bad + "'") != std::string::npos);
  }
}

CAF_TEST(ask asks the person and ends with the answer) {
  rehearsal play{one("ask"), {{"who", "boss"}, {"text", "may I?"}}};
  CAF_CHECK_EQUAL(play.next().kind(), ACTION_HUMAN);
  CAF_CHECK_EQUAL(play.next().name(), "boss");
  CAF_CHECK_EQUAL(play.next().argument("question"), "may I?");
  CAF_CHECK_EQUAL(play.answer("yes").result().text(), "yes");
}

CAF_TEST(a restart in the middle changes nothing) {
  rehearsal play{one("ask"), {{"who", "boss"}, {"text", "may I?"}}};
  play.restart(one("ask"));
  CAF_CHECK_EQUAL(play.next().name(), "boss");
  CAF_CHECK_EQUAL(play.answer("no").result().text(), "no");
}
