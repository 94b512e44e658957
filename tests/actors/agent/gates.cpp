// What a gate refuses is an action's result; what it lets in it lets out.
#define CAF_SUITE actors.agent.gates
#include "tests/support/platform.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

int calls = 0;

std::shared_ptr<agent_parts> guarded_parts() {
  auto parts = std::make_shared<agent_parts>();
  auto fail = [](const tool_call&) -> caf::expected<std::string> {
    ++calls;
    return make_error(ec::unavailable, "down");
  };
  auto work = [](const tool_call&) -> caf::expected<std::string> {
    ++calls;
    return std::string{"ok"};
  };
  parts->tools.add(
      {"fragile", "", fail, true, {.breaker = circuit_breaker_options{}, .rate = {}, .bulkhead = {}}});
  parts->tools.add(
      {"slow", "", work, true, {.breaker = {}, .rate = rate_limit_options{1, 2}, .bulkhead = {}}});
  parts->tools.add(
      {"narrow", "", work, true, {.breaker = {}, .rate = {}, .bulkhead = bulkhead_options{1, 2}}});
  for (std::string name : {"fragile", "slow", "narrow"})
    teach(*parts, name, name, [name](const Task&) {
      std::vector<action> all;
      for (int i = 0; i < 6; ++i)
        all.push_back(
            call_tool(name).otherwise([](const caf::error& why) { return finish(to_string(code_of(why))); }));
      return all_of(std::move(all)).then([](const Result& result) {
        std::string text;
        for (auto& part : result.parts())
          text += part.text() + " ";
        return finish(text);
      });
    });
  return parts;
}

struct guarded : platform {
  guarded() : platform{guarded_parts()} {
    calls = 0;
    for (std::string name : {"fragile", "slow", "narrow"})
      hire(name, name, {name});
  }
  std::string run(const std::string& capability, const std::string& id) {
    request<TaskAccepted>("default/task/" + id, job(capability));
    return result_of("default/task/" + id);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(gates_tests, guarded)

CAF_TEST(a breaker opens after five failures and lets a probe through after a minute) {
  run("fragile", "one");
  CAF_CHECK_EQUAL(calls, 6); // all at once: none had failed yet
  CAF_CHECK_EQUAL(
      run("fragile", "two"),
      std::string{"circuit_open circuit_open circuit_open circuit_open circuit_open circuit_open "});
  CAF_CHECK_EQUAL(calls, 6);
  node->advance(61s);
  run("fragile", "three");
  CAF_CHECK_EQUAL(calls, 7);
}

CAF_TEST(a rate limit lets the burst pass and refuses the rest) {
  CAF_CHECK_EQUAL(run("slow", "one"),
                  std::string{"ok ok rate_limited rate_limited rate_limited rate_limited "});
  node->advance(1s);
  CAF_CHECK_EQUAL(run("slow", "two"),
                  std::string{"ok rate_limited rate_limited rate_limited rate_limited rate_limited "});
}

CAF_TEST(a bulkhead makes some wait and refuses more) {
  CAF_CHECK_EQUAL(run("narrow", "one"), std::string{"ok ok ok overloaded overloaded overloaded "});
}

CAF_TEST(a verdict is journaled and stands after a crash) {
  auto first = run("slow", "one");
  crash_and_recover();
  node->advance(10s);
  CAF_CHECK_EQUAL(result_of("default/task/one"), first);
}

CAF_TEST_FIXTURE_SCOPE_END()
