// A step begins once, when all it needs has completed; the run ends with its steps, and no crash changes what
// it gives.
#define CAF_SUITE actors.workflow.workflow_run
#include "tests/support/platform.hpp"
#include <troupe/behaviors/workflow_builder.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string run_ref = "default/run/r1";

std::map<std::string, int> paid; // effects by their name
bool broken = false;

std::shared_ptr<agent_parts> brigade() {
  auto parts = std::make_shared<agent_parts>();
  parts->tools.add({"pay", "must not happen twice",
                    [](const tool_call& call) -> caf::expected<std::string> {
                      std::string what{call.argument("what")};
                      ++paid[what];
                      return what;
                    },
                    true});
  teach(*parts, "joiner", "join", [](const Task& task) { // its name and what it was given
    std::string text = task.title() + "(";
    for (auto& input : task.inputs())
      text += input.name + "=" + input.text + ";";
    return call_tool("pay", {{"what", task.id()}}).then([text](const Result&) { return finish(text + ")"); });
  });
  teach(*parts, "fragile", "break",
        [](const Task&) { return broken ? fail(ec::guardrail, "it broke") : finish("mended"); });
  teach(*parts, "loser", "lose", [](const Task&) { return fail(ec::action_failed, "no luck"); });
  teach(*parts, "flyer", "fly", [](const Task&) { return finish("flown"); }); // hired by nobody
  teach(*parts, "sleeper", "sleep", [](const Task&) { return sleep_for(1h); });
  teach(*parts, "asker", "ask", [](const Task&) {
    return ask_human("boss", "may I?").then([](const Result& answer) { return finish(answer); });
  });
  return parts;
}

struct kitchen : platform {
  explicit kitchen(std::shared_ptr<platform_wishes> wanted = std::make_shared<platform_wishes>())
      : platform{brigade(), wanted}, wishes{wanted} {
    paid.clear();
    broken = false;
    hire("joiner", "joiner", {"join"}, 100);
    hire("fragile", "fragile", {"break"});
    hire("loser", "loser", {"lose"});
    hire("sleeper", "sleeper", {"sleep"});
    hire("asker", "asker", {"ask"});
  }
  static StartWorkflow start_of(const workflow_builder& flow, const std::vector<argument>& inputs = {}) {
    StartWorkflow cmd;
    *cmd.mutable_definition() = flow.definition();
    for (auto& one : inputs) {
      auto* field = cmd.add_inputs();
      field->set_name(one.name);
      field->set_value(one.text);
    }
    return cmd;
  }
  static workflow_builder diamond() {
    workflow_builder flow{"diamond"};
    flow.step("a", "join");
    flow.step("b", "join").needs({"a"}).input("own", "B");
    flow.step("c", "join").needs({"a"});
    flow.step("d", "join").needs({"b", "c"});
    return flow;
  }
  // Two steps at once: one waits for a day, one breaks.
  static workflow_builder fork() {
    workflow_builder flow{"fork"};
    flow.step("first", "join");
    flow.step("slow", "ask").needs({"first"});
    flow.step("weak", "break").needs({"first"});
    flow.step("last", "join").needs({"slow", "weak"});
    return flow;
  }
  TaskStatus status(const std::string& step) {
    auto run = run_state(run_ref);
    for (auto& one : run.steps())
      if (one.id() == step)
        return one.task().status();
    CAF_FAIL("no step " << step);
  }
  bool has_begun(const std::string& step) {
    auto run = run_state(run_ref);
    for (auto& one : run.steps())
      if (one.id() == step)
        return one.task().attempt() > 0;
    return false;
  }
  std::string result() {
    return run_state(run_ref).outcome().text();
  }
  std::string failure() {
    return run_state(run_ref).outcome().failure().text();
  }
  Done answer(const std::string& step) {
    AnswerQuestion cmd;
    cmd.set_step(step);
    cmd.set_position("0");
    cmd.set_text("yes");
    return request<Done>(run_ref, cmd);
  }
  // Two steps that nobody can do.
  static workflow_builder flight() {
    workflow_builder flow{"flight"};
    flow.step("out", "fly");
    flow.step("aside", "fly");
    flow.step("back", "fly").needs({"out", "aside"});
    return flow;
  }
  std::vector<std::string> timers() {
    std::vector<std::string> all;
    auto shard = identify(run_ref, rows->naming_key()).shard;
    CAF_REQUIRE(!rows->scan(space::index, timer_begin(shard), timer_end(shard, int64_t{1} << 50),
                            [&](auto, std::string_view value) {
                              TimerRow row;
                              CAF_REQUIRE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
                              all.push_back(row.timer());
                              return true;
                            }));
    return all;
  }
  WorkSummary summary() {
    auto id = identify(run_ref, rows->naming_key());
    auto row = rows->get(space::index, index_key(id, index_table::runs, "summary", rows->naming_key()));
    WorkSummary found;
    CAF_REQUIRE(row && *row && found.ParseFromString(**row));
    return found;
  }
  std::shared_ptr<platform_wishes> wishes;
};

const std::string diamond_result = "d(b=b(a=a(x=1;);own=B;x=1;);c=c(a=a(x=1;);x=1;);x=1;)";

} // namespace

CAF_TEST_FIXTURE_SCOPE(run_tests, kitchen)

CAF_TEST(results flow along the edges of a diamond) {
  request<WorkflowAccepted>(run_ref, start_of(diamond(), {{"x", "1"}}));
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(result(), diamond_result);
  CAF_CHECK_EQUAL(paid.size(), 4u);
  auto row = summary();
  CAF_CHECK_EQUAL(std::string{row.status()}, "completed");
  CAF_CHECK_EQUAL(std::string{row.title()}, "diamond");
  CAF_CHECK_EQUAL(uint32_t{row.steps()}, 4u);
  CAF_CHECK_EQUAL(uint32_t{row.steps_done()}, 4u);
}

CAF_TEST(the named step gives the result of the run) {
  auto flow = diamond();
  flow.result("a");
  request<WorkflowAccepted>(run_ref, start_of(flow));
  CAF_CHECK_EQUAL(result(), "a()");
}

CAF_TEST(a step begins only when all it needs has completed) {
  request<WorkflowAccepted>(run_ref, start_of(fork()));
  CAF_CHECK_EQUAL(status("weak"), TASK_COMPLETED);
  CAF_CHECK_EQUAL(status("slow"), TASK_WAITING);
  CAF_CHECK(!has_begun("last"));
  answer("slow");
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(result(), "last(slow=yes;weak=mended;)");
}

CAF_TEST(who tells of a task that is no more is told so) {
  workflow_builder flow{"one"};
  flow.step("last").signal("go");
  request<WorkflowAccepted>(run_ref, start_of(flow));
  std::vector<std::string> gone;
  auto ghost = node->system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    house_rules(self);
    return {[&](const TaskGone& message) { gone.push_back(message.step() + " " + message.claim()); }};
  });
  node->outside()->names->put("default/agent/ghost", ghost);
  TaskDone done;
  done.set_step("each.1.work");
  done.set_claim("c1");
  done.set_agent("default/agent/ghost");
  node->outside()->names->tell(run_ref, done);
  node->settle();
  CAF_CHECK(gone == std::vector<std::string>{"each.1.work c1"});
}

CAF_TEST(a failed step ends the run by its name and stops the others) {
  broken = true;
  request<WorkflowAccepted>(run_ref, start_of(fork()));
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_FAILED);
  CAF_CHECK_EQUAL(failure(), "step weak: it broke");
  CAF_CHECK_EQUAL(status("slow"), TASK_CANCELLED);
  CAF_CHECK(!has_begun("last"));
  CAF_CHECK_EQUAL(std::string{summary().status()}, "failed");
  crash_and_recover();
  node->advance(1h);
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_FAILED);
  CAF_CHECK(!has_begun("last"));
}

CAF_TEST(a failed step that is resumed opens the run again and completes it) {
  broken = true;
  request<WorkflowAccepted>(run_ref, start_of(fork()));
  broken = false;
  ResumeTask cmd;
  cmd.set_step("weak");
  request<Done>(run_ref, cmd);
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_RUNNING);
  CAF_CHECK_EQUAL(std::string{summary().status()}, "running");
  CAF_CHECK_EQUAL(status("weak"), TASK_COMPLETED);
  CAF_CHECK_EQUAL(status("slow"), TASK_WAITING);
  crash_and_recover();
  answer("slow");
  CAF_CHECK_EQUAL(result(), "last(slow=yes;weak=mended;)");
  CAF_CHECK_EQUAL(paid[run_ref + "#first"], 1);
  CAF_CHECK_EQUAL(refusal<Done>(run_ref, cmd), ec::conflict);
}

CAF_TEST(a cancelled run begins nothing more and stays cancelled) {
  request<WorkflowAccepted>(run_ref, start_of(fork()));
  CancelRun cmd;
  cmd.set_reason("changed my mind");
  request<Done>(run_ref, cmd);
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_CANCELLED);
  CAF_CHECK_EQUAL(failure(), "changed my mind");
  CAF_CHECK_EQUAL(status("slow"), TASK_CANCELLED);
  CAF_CHECK_EQUAL(refusal<Done>(run_ref, cmd), ec::conflict);
  crash_and_recover();
  node->advance(1h);
  CAF_CHECK(!has_begun("last"));
  CAF_CHECK_EQUAL(std::string{summary().status()}, "cancelled");
  ResumeTask again;
  again.set_step("weak");
  CAF_CHECK_EQUAL(refusal<Done>(run_ref, again), ec::conflict);
}

CAF_TEST(a step that is cancelled ends its run) {
  request<WorkflowAccepted>(run_ref, start_of(fork()));
  CancelTask cmd;
  cmd.set_step("slow");
  request<Done>(run_ref, cmd);
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_FAILED);
  CAF_CHECK_EQUAL(failure(), "step slow: cancelled");
}

CAF_TEST(a step whose timeout passes ends its run) {
  auto flow = fork().definition();
  StartWorkflow cmd;
  flow.mutable_steps(1)->set_timeout_ms(60'000);
  *cmd.mutable_definition() = flow;
  request<WorkflowAccepted>(run_ref, cmd);
  node->advance(59s);
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_RUNNING);
  node->advance(2s);
  CAF_CHECK_EQUAL(failure(), "step slow: the task's deadline passed");
}

CAF_TEST(steps inherit the priority of the run unless they have their own) {
  auto flow = fork();
  flow.step("urgent", "ask").priority(PRIORITY_CRITICAL);
  auto cmd = start_of(flow);
  cmd.set_priority(PRIORITY_LOW);
  request<WorkflowAccepted>(run_ref, cmd);
  auto run = run_state(run_ref);
  CAF_CHECK_EQUAL(run.steps(1).task().spec().priority(), PRIORITY_LOW);
  CAF_CHECK_EQUAL(run.steps(4).task().spec().priority(), PRIORITY_CRITICAL);
}

CAF_TEST(a step that has begun keeps its defaults and one that begins later gets those of then) {
  wishes->defaults.mutable_retry()->set_initial_delay_ms(7000);
  crash_and_recover();
  workflow_builder flow{"two"};
  flow.step("a", "lose");
  flow.step("q", "ask");
  flow.step("b", "lose").needs({"q"});
  auto start = start_of(flow);
  request<WorkflowAccepted>(run_ref, start);
  CAF_CHECK_EQUAL(int64_t{run_state(run_ref).steps(0).task().due_ms()}, time->now_ms() + 7000);
  wishes->defaults.mutable_retry()->set_initial_delay_ms(20'000);
  crash_and_recover();
  request<WorkflowAccepted>(run_ref, start); // still the same run
  AnswerQuestion answer;
  answer.set_step("q");
  answer.set_position("0");
  request<Done>(run_ref, answer);
  CAF_CHECK_EQUAL(int64_t{run_state(run_ref).steps(2).task().due_ms()}, time->now_ms() + 20'000);
  node->advance(7001ms); // its second wait is twice the first
  CAF_CHECK_EQUAL(int64_t{run_state(run_ref).steps(0).task().due_ms()}, time->now_ms() - 1 + 14'000);
}

CAF_TEST(the same start again is the same run) {
  auto cmd = start_of(diamond(), {{"x", "1"}});
  for (int i = 0; i < 3; ++i)
    CAF_CHECK_EQUAL(std::string{request<WorkflowAccepted>(run_ref, cmd).run()}, run_ref);
  crash_and_recover();
  CAF_CHECK_EQUAL(std::string{request<WorkflowAccepted>(run_ref, cmd).run()}, run_ref);
  for (auto& [what, times] : paid)
    CAF_CHECK_EQUAL(times, 1);
}

CAF_TEST(one row repeats the calls of all steps until the last has ended) {
  request<WorkflowAccepted>(run_ref, start_of(flight()));
  CAF_CHECK(timers() == std::vector<std::string>{"|calls"});
  crash_and_recover(); // the scheduler has forgotten both
  node->advance(1s);
  hire("flyer", "flyer", {"fly"});
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_COMPLETED);
  CAF_CHECK(timers().empty());
}

CAF_TEST(a row that an earlier version wrote for one call gives way to the one of the run) {
  request<WorkflowAccepted>(run_ref, start_of(flight()));
  auto id = identify(run_ref, rows->naming_key());
  TimerRow old;
  old.set_ref(run_ref);
  old.set_timer("out|run");
  CAF_REQUIRE(
      !rows->write({{space::index, timer_key(id, effects::already_sent, "|calls", rows->naming_key()), {}},
                    {space::index, timer_key(id, effects::already_sent, "out|run", rows->naming_key()),
                     old.SerializeAsString()}}));
  crash_and_recover();
  node->advance(1s);
  CAF_CHECK(timers() == std::vector<std::string>{"|calls"});
  crash_and_recover();
  node->advance(1s);
  hire("flyer", "flyer", {"fly"});
  CAF_CHECK_EQUAL(run_state(run_ref).status(), RUN_COMPLETED);
  CAF_CHECK(timers().empty());
}

CAF_TEST(another definition or other inputs under the same id are refused) {
  request<WorkflowAccepted>(run_ref, start_of(diamond(), {{"x", "1"}}));
  CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(run_ref, start_of(fork(), {{"x", "1"}})), ec::already_exists);
  CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(run_ref, start_of(diamond(), {{"x", "2"}})), ec::already_exists);
  CAF_CHECK_EQUAL(result(), diamond_result);
}

CAF_TEST(an invalid definition is refused and leaves nothing) {
  workflow_builder flow{"loop"};
  flow.step("a", "join").needs({"b"});
  flow.step("b", "join").needs({"a"});
  CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(run_ref, start_of(flow)), ec::invalid_workflow);
  CAF_CHECK_EQUAL(refusal<RunDescription>(run_ref, GetRun{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<RunDescription>(run_ref, AwaitRun{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<Done>(run_ref, CancelRun{}), ec::not_found);
  request<WorkflowAccepted>(run_ref, start_of(diamond()));
}

CAF_TEST(a command for a step that is not there is not found) {
  request<WorkflowAccepted>(run_ref, start_of(fork()));
  for (auto step : {"", "ghost", "last"}) { // the last one has not begun
    CancelTask cmd;
    cmd.set_step(step);
    CAF_CHECK_EQUAL(refusal<Done>(run_ref, cmd), ec::not_found);
  }
}

CAF_TEST(whoever waits for a run hears of its end) {
  request<WorkflowAccepted>(run_ref, start_of(fork()));
  std::vector<std::string> heard;
  for (int i = 0; i < 2; ++i)
    post<RunDescription>(run_ref, AwaitRun{}, [&](caf::expected<RunDescription> end) {
      heard.push_back(end->state().outcome().text());
    });
  node->advance(2 * limits::entity_idle);
  CAF_CHECK(heard.empty());
  answer("slow");
  CAF_CHECK(heard == std::vector<std::string>(2, "last(slow=yes;weak=mended;)"));
  CAF_CHECK_EQUAL(request<RunDescription>(run_ref, AwaitRun{}).state().status(), RUN_COMPLETED);
}

CAF_TEST(a diamond completes whatever step the crash comes at) {
  int most = 0;
  for (int steps = 0; steps < 330; steps += 3) {
    auto name = "default/run/d" + std::to_string(steps);
    paid.clear();
    post<WorkflowAccepted>(name, start_of(diamond(), {{"x", "1"}}), [](caf::expected<WorkflowAccepted>) {});
    for (int i = 0; i < steps; ++i)
      node->step();
    crash_and_recover();
    node->advance(1s);
    request<WorkflowAccepted>(name, start_of(diamond(), {{"x", "1"}})); // who was not answered asks again
    node->advance(1s);
    auto run = run_state(name);
    CAF_REQUIRE_EQUAL(run.status(), RUN_COMPLETED);
    CAF_CHECK_EQUAL(std::string{run.outcome().text()}, diamond_result);
    CAF_CHECK_EQUAL(paid.size(), 4u);
    int effects = 0;
    for (auto& [what, times] : paid)
      effects += times;
    CAF_CHECK(effects <= 6); // at most what was under way is repeated: two steps
    most = std::max(most, effects);
    CAF_CHECK_EQUAL(refusal<Done>(name, CancelRun{}), ec::conflict);
  }
  CAF_CHECK(most > 4); // the crash did come between
}

CAF_TEST(crash after crash a run goes on) {
  request<WorkflowAccepted>(run_ref, start_of(fork()));
  for (int i = 0; i < 10; ++i) {
    crash_and_recover();
    node->advance(10ms);
    for (int n = 0; n < i * 7; ++n)
      node->step();
  }
  answer("slow");
  CAF_CHECK_EQUAL(result(), "last(slow=yes;weak=mended;)");
}

CAF_TEST(a run of two hundred steps completes and wakes from its log as it was) {
  workflow_builder flow{"wide"};
  flow.step("first", "join");
  for (int i = 0; i < 198; ++i)
    flow.step("s" + std::to_string(i), "join").needs({"first"});
  auto all = flow.definition();
  auto* last = all.add_steps();
  last->set_id("last");
  last->mutable_task()->add_required("join");
  for (int i = 0; i < 198; ++i)
    last->add_needs("s" + std::to_string(i));
  StartWorkflow cmd;
  *cmd.mutable_definition() = all;
  request<WorkflowAccepted>(run_ref, cmd);
  auto run = run_state(run_ref);
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(paid.size(), 200u);
  CAF_CHECK_EQUAL(run.steps(199).task().spec().inputs_size(), 198);
  crash_and_recover();
  CAF_CHECK(equal(run_state(run_ref), run));
}

CAF_TEST_FIXTURE_SCOPE_END()
