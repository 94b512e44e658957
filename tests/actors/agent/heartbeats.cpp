// Who leaves too many questions unanswered is silent until it speaks.
#define CAF_SUITE actors.agent.heartbeats
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/actors/agent/heartbeats.hpp>

using namespace troupe;

namespace {

using names = std::vector<std::string>;

} // namespace

CAF_TEST(an agent is silent after so many questions and is asked on) {
  heartbeats pulse{2};
  pulse.watch("ada");
  for (int i = 0; i < 2; ++i) {
    auto round = pulse.sweep();
    CAF_CHECK(round.ask == names{"ada"});
    CAF_CHECK(round.silent.empty());
  }
  auto last = pulse.sweep();
  CAF_CHECK(last.silent == names{"ada"});
  CAF_CHECK(last.ask == names{"ada"});
  CAF_CHECK(pulse.sweep().silent.empty()); // once
  CAF_CHECK(pulse.heard("ada"));
  CAF_CHECK(!pulse.heard("ada"));
}

CAF_TEST(an answer in time begins the count anew) {
  heartbeats pulse{2};
  pulse.watch("ada");
  for (int i = 0; i < 10; ++i) {
    CAF_CHECK(pulse.sweep().silent.empty());
    CAF_CHECK(pulse.sweep().silent.empty());
    CAF_CHECK(!pulse.heard("ada"));
  }
}

CAF_TEST(who has nothing is watched only while it is silent) {
  heartbeats pulse{1};
  pulse.rest("ghost");
  CAF_CHECK(pulse.watches_nobody());
  pulse.watch("ada");
  pulse.rest("ada");
  CAF_CHECK(pulse.watches_nobody());
  pulse.watch("ada");
  pulse.sweep();
  CAF_CHECK(pulse.sweep().silent == names{"ada"});
  pulse.rest("ada");
  CAF_CHECK(!pulse.watches_nobody());
  CAF_CHECK(pulse.heard("ada"));
  CAF_CHECK(pulse.watches_nobody());
  pulse.watch("bob");
  pulse.forget("bob");
  CAF_CHECK(pulse.watches_nobody());
}
