// An agent tells how often it fails, and with what.
#define CAF_SUITE net.api.why_agent
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/net/api/why.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

AgentRecord agent(uint64_t completed, uint64_t failed) {
  AgentRecord record;
  record.set_id("a");
  record.mutable_metadata()->set_completed(completed);
  record.mutable_metadata()->set_failed(failed);
  return record;
}

std::vector<AgentEvent> counted(std::initializer_list<bool> last_first) {
  std::vector<AgentEvent> events;
  int64_t time_ms = 1000;
  for (auto ok : last_first) {
    auto* one = events.emplace_back().mutable_task_counted();
    one->set_ok(ok);
    one->set_time_ms(--time_ms);
  }
  return events;
}

} // namespace

CAF_TEST(a high rate of errors is told with the last ones) {
  failed_task one;
  one.letter.set_owner("default/run/r1");
  one.letter.set_step("b");
  one.letter.mutable_failure()->set_code(static_cast<uint32_t>(ec::tool_failed));
  one.letter.mutable_failure()->set_text("no host");
  auto all = reasons(agent(28, 12), counted({true, false, false}), {one});
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  CAF_CHECK_EQUAL(std::string{all[0].text()},
                  std::string{"12 of 40 tasks have failed (30 %); 2 of the last 3"});
  CAF_CHECK_EQUAL(all[0].time_ms(), 998);
  CAF_CHECK_EQUAL(std::string{all[1].text()},
                  std::string{"default/run/r1, step b failed for good, tool_failed: no host"});
  CAF_CHECK_EQUAL(std::string{all[1].command()}, std::string{"troupe why r1"});
}

CAF_TEST(an agent that does well has nothing to explain) {
  CAF_CHECK_EQUAL(std::string{reasons(agent(0, 0), {}, {}).front().text()},
                  std::string{"it is in service and has had no task yet"});
  CAF_CHECK_EQUAL(std::string{reasons(agent(3, 0), {}, {}).front().text()},
                  std::string{"it is in service, and all of its 3 tasks have completed"});
}

CAF_TEST(an agent out of service says so) {
  auto away = agent(1, 0);
  away.set_status(AGENT_OFFLINE);
  CAF_CHECK(reasons(away, {}, {}).front().text().starts_with("it is offline"));
  CAF_CHECK_EQUAL(status_of(away), "offline");
  away.set_unregistered(true);
  CAF_CHECK(reasons(away, {}, {}).front().text().starts_with("it was retired"));
  CAF_CHECK_EQUAL(status_of(away), "retired");
}
