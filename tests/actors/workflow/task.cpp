// The log is the task: whoever asks twice gets the same one, and its end reaches everybody who waits.
#define CAF_SUITE actors.workflow.task
#include "tests/support/platform.hpp"
#include <troupe/actors/workflow/task_life.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string job_ref = "default/task/job";

int task_tool_calls = 0;

std::shared_ptr<agent_parts> hands() {
  auto parts = std::make_shared<agent_parts>();
  parts->tools.add({"count", "counts its calls",
                    [](const tool_call&) -> caf::expected<std::string> {
                      return "call " + std::to_string(++task_tool_calls);
                    },
                    true});
  teach(*parts, "counter", "count", [](const Task&) {
    return call_tool("count").then([](const Result& done) { return finish(done.text()); });
  });
  teach(*parts, "asker", "ask", [](const Task&) {
    return ask_human("boss", "may I?").then([](const Result& answer) { return finish(answer); });
  });
  teach(*parts, "failer", "fail", [](const Task&) { return fail(ec::guardrail, "no"); });
  teach(*parts, "loser", "lose", [](const Task&) { return fail(ec::action_failed, "no luck"); });
  return parts;
}

struct shop : platform {
  explicit shop(std::shared_ptr<platform_wishes> wanted = std::make_shared<platform_wishes>())
      : platform{hands(), wanted}, wishes{wanted} {
    task_tool_calls = 0;
    hire("counter", "counter", {"count"});
    hire("asker", "asker", {"ask"});
    hire("failer", "failer", {"fail"});
    hire("loser", "loser", {"lose"});
  }
  static AnswerQuestion reply_to(const std::string& position) {
    AnswerQuestion cmd;
    cmd.set_position(position);
    cmd.set_text("yes");
    return cmd;
  }
  // A claim of an agent that is made up.
  template <class M>
  void send_as(const std::string& agent, const std::string& claim, M message) {
    message.set_agent(agent);
    message.set_claim(claim);
    node->outside()->names->tell(job_ref, message);
    node->settle();
  }
  // The made-up agent itself: keeps what it is told.
  void stub(const std::string& name) {
    node->outside()->names->put(
        "t/stub/" + name, node->system().spawn([this, name](caf::event_based_actor* self) -> caf::behavior {
          house_rules(self);
          return {[this, name](const TaskOpened&) { told.push_back(name + " opened"); },
                  [this, name](const TaskGone& gone) { told.push_back(name + " gone: " + gone.reason()); },
                  [this, name](const ActionsRecorded&) { told.push_back(name + " recorded"); },
                  [this, name](const TaskSettled&) { told.push_back(name + " settled"); }};
        }));
  }
  std::shared_ptr<platform_wishes> wishes;
  std::vector<std::string> told;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(task_tests, shop)

CAF_TEST(a task that nobody created is not found) {
  CAF_CHECK_EQUAL(refusal<TaskDescription>(job_ref, GetTask{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<TaskDescription>(job_ref, AwaitTask{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, CancelTask{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, ResumeTask{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, DropTask{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, reply_to("0")), ec::not_found);
}

CAF_TEST(a task without a capability is refused and does not exist) {
  CAF_CHECK_EQUAL(refusal<TaskAccepted>(job_ref, CreateTask{}), ec::invalid_argument);
  CAF_CHECK_EQUAL(refusal<TaskDescription>(job_ref, GetTask{}), ec::not_found);
}

CAF_TEST(the same task again is the same task and another one is refused) {
  auto cmd = job("count", {{"text", "a"}});
  CAF_CHECK_EQUAL(std::string{request<TaskAccepted>(job_ref, cmd).task()}, job_ref);
  CAF_CHECK_EQUAL(std::string{request<TaskAccepted>(job_ref, cmd).task()}, job_ref);
  CAF_CHECK_EQUAL(task_tool_calls, 1);
  CAF_CHECK_EQUAL(refusal<TaskAccepted>(job_ref, job("count", {{"text", "b"}})), ec::already_exists);
  crash_and_recover();
  CAF_CHECK_EQUAL(std::string{request<TaskAccepted>(job_ref, cmd).task()}, job_ref);
  CAF_CHECK_EQUAL(refusal<TaskAccepted>(job_ref, job("count", {{"text", "b"}})), ec::already_exists);
  CAF_CHECK_EQUAL(task_tool_calls, 1);
}

CAF_TEST(a task has no steps) {
  request<TaskAccepted>(job_ref, job("ask"));
  auto cmd = reply_to("0");
  cmd.set_step("some");
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, cmd), ec::not_found);
}

CAF_TEST(everybody who waits hears of the end however it comes) {
  std::vector<std::string> heard;
  auto listen = [&] {
    post<TaskDescription>(job_ref, AwaitTask{}, [&](caf::expected<TaskDescription> end) {
      heard.emplace_back(end ? std::string{task_life::word(end->state().status())} : describe(end.error()));
    });
  };
  request<TaskAccepted>(job_ref, job("ask"));
  listen();
  listen();
  node->advance(2 * limits::entity_idle);
  CAF_CHECK(heard.empty());
  request<Done>(job_ref, CancelTask{});
  CAF_CHECK(heard == (std::vector<std::string>{"cancelled", "cancelled"}));
  listen();
  node->settle();
  CAF_CHECK_EQUAL(heard.size(), 3u);
}

CAF_TEST(whoever waits for a task hears when its entity ends) {
  request<TaskAccepted>(job_ref, job("ask"));
  std::vector<std::string> heard;
  post<TaskDescription>(job_ref, AwaitTask{}, [&](caf::expected<TaskDescription> end) {
    heard.emplace_back(end ? "ended" : info(code_of(end.error())).name);
  });
  node->settle();
  rows->fail_next_write(false);
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, reply_to("0")), ec::outcome_unknown);
  CAF_CHECK(heard == std::vector<std::string>{"unavailable"});
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_WAITING);
}

CAF_TEST(an answer is kept through a crash at any step) {
  for (int steps = 0; steps < 60; ++steps) {
    auto id = job_ref + std::to_string(steps);
    request<TaskAccepted>(id, job("ask"));
    bool answered = false;
    post<Done>(id, reply_to("0"), [&](caf::expected<Done> done) { answered = static_cast<bool>(done); });
    for (int i = 0; i < steps; ++i)
      node->step();
    crash_and_recover();
    node->advance(1s);
    if (!answered && task_state(id).status() == TASK_WAITING)
      request<Done>(id, reply_to("0"));
    node->advance(1s);
    CAF_CHECK_EQUAL(task_state(id).status(), TASK_COMPLETED);
  }
}

CAF_TEST(the newest claim counts and the older one is told that it is gone) {
  stub("a");
  stub("b");
  request<TaskAccepted>(job_ref, job("nobody can"));
  send_as("t/stub/a", "1", OpenTask{});
  send_as("t/stub/b", "2", OpenTask{});
  CAF_CHECK(told == (std::vector<std::string>{"a opened", "a gone: claimed by another agent", "b opened"}));
  told.clear();
  TaskDone late;
  late.mutable_outcome()->set_text("late");
  send_as("t/stub/a", "1", late);
  CAF_CHECK(told == std::vector<std::string>{"a gone: claimed by another agent"});
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_QUEUED);
  told.clear();
  late.mutable_outcome()->set_text("right");
  send_as("t/stub/b", "2", late);
  CAF_CHECK(told == std::vector<std::string>{"b settled"});
  CAF_CHECK_EQUAL(result_of(job_ref), "right");
  told.clear();
  send_as("t/stub/b", "2", late); // its answer was lost
  CAF_CHECK(told == std::vector<std::string>{"b settled"});
  send_as("t/stub/a", "3", OpenTask{});
  CAF_CHECK_EQUAL(told.back(), "a gone: completed");
}

CAF_TEST(an older claim takes nothing back from a newer one) {
  stub("a");
  stub("b");
  request<TaskAccepted>(job_ref, job("nobody can"));
  send_as("t/stub/a", "1", OpenTask{});
  send_as("t/stub/b", "2", OpenTask{});
  told.clear();
  send_as("t/stub/a", "1", OpenTask{}); // it was thought dead, and asks again
  CAF_CHECK(told == std::vector<std::string>{"a gone: claimed by another agent"});
  TaskDone done;
  done.mutable_outcome()->set_text("by b");
  send_as("t/stub/b", "2", done);
  CAF_CHECK_EQUAL(result_of(job_ref), "by b");
}

CAF_TEST(an agent that works on a task hears at once that the task was cancelled) {
  stub("a");
  request<TaskAccepted>(job_ref, job("nobody can"));
  send_as("t/stub/a", "1", OpenTask{});
  told.clear();
  CancelTask cancel;
  cancel.set_reason("not needed");
  request<Done>(job_ref, cancel);
  CAF_CHECK(told == std::vector<std::string>{"a gone: not needed"});
}

CAF_TEST(an agent whose owner has forgotten its claim is believed) {
  request<TaskAccepted>(job_ref, job("nobody can"));
  crash_and_recover();
  TaskDone done;
  done.mutable_outcome()->set_text("done before the crash");
  send_as("t/stub/a", "1", done);
  CAF_CHECK_EQUAL(result_of(job_ref), "done before the crash");
}

CAF_TEST(a parked task goes on when it is resumed) {
  request<TaskAccepted>(job_ref, job("nobody can"));
  ParkTask park;
  park.set_reason("other actions than recorded");
  send_as("t/stub/a", "1", park);
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_PARKED);
  crash_and_recover();
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_PARKED);
  hire("late", "counter", {"nobody can"});
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_PARKED);
  request<Done>(job_ref, ResumeTask{});
  CAF_CHECK_EQUAL(result_of(job_ref), "call 1");
}

CAF_TEST(a task with many events wakes from its snapshot as it was) {
  request<TaskAccepted>(job_ref, job("nobody can"));
  for (uint64_t i = 0; i < limits::snapshot_every + 20; ++i) {
    RecordActions cmd;
    cmd.set_number(i + 1);
    auto* record = cmd.add_records();
    record->set_position(std::to_string(i));
    record->mutable_outcome()->set_text("x");
    send_as("t/stub/a", "1", cmd);
  }
  auto before = task_state(job_ref);
  CAF_CHECK_EQUAL(static_cast<uint64_t>(before.records_size()), limits::snapshot_every + 20);
  crash_and_recover();
  CAF_CHECK(equal(task_state(job_ref), before));
}

CAF_TEST(a task keeps the defaults it was created with whatever the next life says) {
  wishes->defaults.mutable_retry()->set_max_retries(1);
  wishes->defaults.mutable_retry()->set_initial_delay_ms(7000);
  crash_and_recover();
  auto cmd = job("lose");
  request<TaskAccepted>(job_ref, cmd);
  CAF_CHECK_EQUAL(int64_t{task_state(job_ref).due_ms()}, time->now_ms() + 7000);
  wishes->defaults = {};
  crash_and_recover();
  request<TaskAccepted>(job_ref, cmd); // still the same task
  request<TaskAccepted>(job_ref + "2", cmd);
  CAF_CHECK_EQUAL(int64_t{task_state(job_ref + "2").due_ms()}, time->now_ms() + 1000);
  node->advance(8s);
  auto old = task_state(job_ref), young = task_state(job_ref + "2");
  CAF_CHECK_EQUAL(old.status(), TASK_FAILED);
  CAF_CHECK_EQUAL(old.attempt(), 2u);
  CAF_CHECK(young.attempt() > 2);
}

CAF_TEST(what is refused without an answer is in the log) {
  log_capture capture;
  wishes->log = capture.log(*time);
  crash_and_recover();
  request<TaskAccepted>(job_ref, job("ask"));
  auto refusals = [&] {
    auto lines = capture.lines();
    std::erase_if(lines, [](auto& line) { return line.find("a command was refused") == std::string::npos; });
    return lines;
  };
  CAF_CHECK(refusals().empty());
  TimerDue late; // of a task that was never created
  late.set_timer("|run");
  late.mutable_context()->set_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  node->outside()->names->tell("default/task/none", late);
  node->settle();
  auto lines = refusals();
  CAF_REQUIRE_EQUAL(lines.size(), 1u);
  for (auto part : {R"("level":"debug")", R"("entity":"default/task/none")", R"("command":"TimerDue")",
                    "0af7651916cd43dd8448eb211c80319c", "default/task/none has no task ''"})
    CAF_CHECK(lines[0].find(part) != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
