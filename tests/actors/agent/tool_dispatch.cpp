// Calls get onto threads one by one, or together when a tool can do several.
#define CAF_SUITE actors.agent.tool_dispatch
#include "tests/support/fixture.hpp"
#include "tests/support/held_workers.hpp"

#include <troupe/actors/agent/tool_dispatch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct dispatch {
  std::shared_ptr<agent_parts> parts = std::make_shared<agent_parts>();
  std::shared_ptr<held_workers> hands = std::make_shared<held_workers>();
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  std::vector<std::string> answers;

  dispatch() {
    parts->tools.add({"one", "does one",
                      [](const tool_call&) -> caf::expected<std::string> { return std::string{"one"}; }});
    tool many{"many", "does several", {}};
    many.batch = {2, 10ms};
    many.run_many = [](const std::vector<tool_call>& calls) {
      return std::vector<caf::expected<std::string>>(
          calls.size(), caf::expected<std::string>{std::to_string(calls.size()) + " at once"});
    };
    parts->tools.add(std::move(many));
  }
  doors outside() const {
    doors some;
    some.hands = hands;
    some.time = time;
    return some;
  }
  gathered_call call() {
    return {{}, [this](Outcome outcome) { answers.push_back(outcome.text()); }};
  }
  const tool& named(const std::string& name) const {
    return *parts->tools.find(name);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tool_dispatch_tests, dispatch)

CAF_TEST(a tool that does one at a time gets one job for each call) {
  tool_dispatch calls{parts, outside(), {}};
  calls.take(named("one"), call());
  calls.take(named("one"), call());
  CAF_CHECK_EQUAL(hands->jobs.size(), 2u);
  hands->release();
  CAF_CHECK(answers == (std::vector<std::string>{"one", "one"}));
}

CAF_TEST(a tool that does several gets one job for a full batch) {
  tool_dispatch calls{parts, outside(), {}};
  calls.take(named("many"), call());
  CAF_CHECK(hands->jobs.empty());
  calls.take(named("many"), call());
  CAF_CHECK_EQUAL(hands->jobs.size(), 1u);
  hands->release();
  CAF_CHECK(answers == (std::vector<std::string>{"2 at once", "2 at once"}));
}

CAF_TEST(calls that have waited long enough are done and others wait on) {
  tool_dispatch calls{parts, outside(), {}};
  calls.take(named("many"), call());
  CAF_CHECK(!calls.do_due(named("many")));
  CAF_CHECK(hands->jobs.empty());
  time->earlier_us += 10'000;
  CAF_CHECK(calls.do_due(named("many")));
  hands->release();
  CAF_CHECK(answers == std::vector<std::string>{"1 at once"});
}

CAF_TEST(calls of an agent that ends wait for nobody) {
  tool_dispatch calls{parts, outside(), {}};
  calls.take(named("many"), call());
  CAF_CHECK(hands->jobs.empty());
  calls.close();
  CAF_CHECK_EQUAL(hands->jobs.size(), 1u);
  calls.take(named("many"), call()); // a gate lets it through later
  CAF_CHECK_EQUAL(hands->jobs.size(), 2u);
  hands->release();
  CAF_CHECK(answers == (std::vector<std::string>{"1 at once", "1 at once"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
