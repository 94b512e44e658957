// A scripted load and the numbers an operator reads of it.
#define CAF_SUITE journey.metrics
#include "tests/support/platform.hpp"
#include <troupe/behaviors/workflow_builder.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string task_ref = "default/task/one";
bool has_changed = false;          // what the drifter does
std::function<void()> in_the_tool; // what a test looks at while a tool runs

std::shared_ptr<agent_parts> crew() {
  auto parts = std::make_shared<agent_parts>();
  parts->tools.add({"look", "works",
                    [](const tool_call&) -> caf::expected<std::string> {
                      if (in_the_tool)
                        in_the_tool();
                      return std::string{"seen"};
                    },
                    true});
  tool fragile{"fragile", "fails and is guarded",
               [](const tool_call&) -> caf::expected<std::string> {
                 if (in_the_tool)
                   in_the_tool();
                 return make_error(ec::tool_failed, "no");
               },
               true};
  fragile.policies.breaker = circuit_breaker_options{1, 60'000};
  parts->tools.add(std::move(fragile));
  teach(*parts, "looker", "look", [](const Task&) { return call_tool("look"); });
  teach(*parts, "breaker", "break", [](const Task&) { return call_tool("fragile"); });
  teach(*parts, "sleeper", "sleep", [](const Task&) { return sleep_for(10s); });
  teach(*parts, "drifter", "drift",
        [](const Task&) { return has_changed ? call_tool("look") : sleep_for(10s); });
  return parts;
}

struct counted : platform {
  counted() : platform{crew()} {
    has_changed = false;
    in_the_tool = nullptr;
    hire("looker", "looker", {"look"});
    hire("breaker", "breaker", {"break"});
    hire("sleeper", "sleeper", {"sleep"});
    hire("drifter", "drifter", {"drift"});
  }
  const node_metrics& meters() {
    return node->outside()->meters;
  }
  double ended(const std::string& outcome, const std::string& behavior) {
    return meters().tasks_ended.with({outcome, behavior}).value();
  }
  void create(const std::string& capability, const std::string& ref = task_ref, bool retry = false) {
    auto cmd = job(capability);
    cmd.mutable_spec()->mutable_retry()->set_no_retry(!retry);
    request<TaskAccepted>(ref, cmd);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(metric_journey, counted)

CAF_TEST(tasks are counted by outcome and behavior and not again on replay) {
  create("look", "default/task/a");
  create("look", "default/task/b");
  create("look", "default/task/b"); // the same again
  create("break", "default/task/c");
  create("nobody can", "default/task/d");
  request<Done>("default/task/d", CancelTask{});
  create("sleep", "default/task/e");
  CAF_CHECK_EQUAL(meters().tasks_created.value(), 5);
  CAF_CHECK_EQUAL(ended("completed", "looker"), 2);
  CAF_CHECK_EQUAL(ended("failed", "breaker"), 1);
  CAF_CHECK_EQUAL(ended("cancelled", "none"), 1);
  CAF_CHECK_EQUAL(meters().task_seconds.with({"looker"}).value(), 2);
  CAF_CHECK_EQUAL(ended("completed", "sleeper"), 0);
  node->advance(15s);
  CAF_CHECK_EQUAL(ended("completed", "sleeper"), 1);
  auto page = meters().all.render();
  CAF_CHECK(page.find("troupe_task_seconds_bucket{behavior=\"sleeper\",le=\"5\"} 0\n") != std::string::npos);
  CAF_CHECK(page.find("troupe_task_seconds_bucket{behavior=\"sleeper\",le=\"60\"} 1\n") != std::string::npos);
  crash_and_recover();
  CAF_CHECK_EQUAL(task_state("default/task/e").status(), TASK_COMPLETED);
  CAF_CHECK_EQUAL(meters().tasks_created.value(), 0);
  CAF_CHECK_EQUAL(ended("completed", "sleeper"), 0);
}

CAF_TEST(attempts that are repeated are counted and the task ends once) {
  create("break", task_ref, true);
  node->advance(1min);
  CAF_CHECK_EQUAL(meters().task_retries.value(), 3);
  CAF_CHECK_EQUAL(ended("failed", "breaker"), 1);
}

CAF_TEST(a task that is parked and begun again is counted as that) {
  create("drift");
  has_changed = true;
  crash_and_recover();
  node->advance(15s);
  CAF_CHECK_EQUAL(meters().tasks_parked.value(), 1);
  ResumeTask again;
  again.set_restart(true);
  request<Done>(task_ref, again);
  CAF_CHECK_EQUAL(meters().tasks_resumed.value(), 1);
  CAF_CHECK_EQUAL(ended("completed", "drifter"), 1);
}

CAF_TEST(runs are counted by outcome with their steps among the tasks) {
  auto start = [this](const std::string& ref, const std::string& last) {
    workflow_builder flow{"two"};
    flow.step("a", "look");
    flow.step("b", last).needs({"a"});
    StartWorkflow cmd;
    *cmd.mutable_definition() = flow.definition();
    for (auto& step : *cmd.mutable_definition()->mutable_steps())
      step.mutable_task()->mutable_retry()->set_no_retry(true);
    request<WorkflowAccepted>(ref, cmd);
  };
  start("default/run/a", "look");
  start("default/run/b", "break");
  start("default/run/c", "nobody can");
  request<Done>("default/run/c", CancelRun{});
  CAF_CHECK_EQUAL(meters().runs_started.value(), 3);
  CAF_CHECK_EQUAL(meters().runs_ended.with({"completed"}).value(), 1);
  CAF_CHECK_EQUAL(meters().runs_ended.with({"failed"}).value(), 1);
  CAF_CHECK_EQUAL(meters().runs_ended.with({"cancelled"}).value(), 1);
  CAF_CHECK_EQUAL(meters().run_seconds.value(), 3);
  CAF_CHECK_EQUAL(meters().tasks_created.value(), 6);
  CAF_CHECK_EQUAL(ended("completed", "looker"), 4);
  ResumeTask again;
  again.set_step("b");
  request<Done>("default/run/b", again); // opens it; the breaker refuses and it fails again
  CAF_CHECK_EQUAL(meters().runs_ended.with({"failed"}).value(), 2);
  CAF_CHECK_EQUAL(meters().runs_ended.with({"running"}).value(), 0);
}

CAF_TEST(the queue and what is placed are shown as they are now) {
  double placed = 0;
  in_the_tool = [&] { placed = meters().placed_tasks.value(); };
  create("nobody can", "default/task/waits");
  CAF_CHECK_EQUAL(meters().queued_tasks.value(), 1);
  create("look");
  CAF_CHECK_EQUAL(placed, 1);
  CAF_CHECK_EQUAL(meters().placed_tasks.value(), 0);
  hire("able", "looker", {"nobody can"});
  CAF_CHECK_EQUAL(meters().queued_tasks.value(), 0);
}

CAF_TEST(agents are counted by status and a new registry counts anew) {
  auto idle = meters().agents.with({"idle"}), offline = meters().agents.with({"offline"});
  CAF_CHECK_EQUAL(idle.value(), 4);
  SetAgentStatus cmd;
  cmd.set_id("looker");
  cmd.set_status(AGENT_OFFLINE);
  request<AgentRecord>(std::string{services::registry}, cmd);
  UnregisterAgent leave;
  leave.set_id("sleeper");
  request<AgentRecord>(std::string{services::registry}, leave);
  CAF_CHECK_EQUAL(idle.value(), 2);
  CAF_CHECK_EQUAL(offline.value(), 1);
  restart_service(services::registry,
                  [](auto* parent, auto doors) { return spawn_agent_registry(parent, doors, crew()); });
  CAF_CHECK_EQUAL(idle.value(), 2);
  CAF_CHECK_EQUAL(offline.value(), 1);
}

CAF_TEST(tools are counted by outcome and gates by what they refuse) {
  auto circuit = meters().circuit_state.with({"fragile"});
  in_the_tool = [&] { node->advance(2s); };
  create("look", "default/task/a");
  CAF_CHECK_EQUAL(meters().tool_calls.with({"look", "ok"}).value(), 1);
  CAF_CHECK(meters().all.render().find("troupe_tool_seconds_sum{tool=\"look\"} 2\n") != std::string::npos);
  in_the_tool = nullptr;
  create("break", "default/task/b");
  CAF_CHECK_EQUAL(meters().tool_calls.with({"fragile", "tool_failed"}).value(), 1);
  CAF_CHECK_EQUAL(circuit.value(), 1);
  create("break", "default/task/c");
  CAF_CHECK_EQUAL(meters().gate_refusals.with({"fragile", "circuit_open"}).value(), 1);
  CAF_CHECK_EQUAL(meters().tool_calls.with({"fragile", "tool_failed"}).value(), 1);
  CAF_CHECK_EQUAL(meters().tool_seconds.with({"fragile"}).value(), 1);
  CAF_CHECK(meters().all.render().find("circuit_breaker_state{tool=\"look\"}") == std::string::npos);
  double while_trying = 0;
  in_the_tool = [&] { while_trying = circuit.value(); };
  node->advance(1min);
  create("break", "default/task/d");
  CAF_CHECK_EQUAL(while_trying, 2);
}

CAF_TEST_FIXTURE_SCOPE_END()
