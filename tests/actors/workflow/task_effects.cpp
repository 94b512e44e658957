// Rows and messages of a task: what waits has a row as long as it waits and no longer; who must hear is told
// until he has.
#define CAF_SUITE actors.workflow.task_effects
#include "tests/support/platform.hpp"
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/queue_limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string job_ref = "default/task/job";

bool child_works = false;

std::shared_ptr<agent_parts> crew() {
  auto parts = std::make_shared<agent_parts>();
  parts->tools.add({"lift", "works",
                    [](const tool_call&) -> caf::expected<std::string> { return std::string{"lifted"}; },
                    true});
  teach(*parts, "sleeper", "sleep",
        [](const Task&) { return sleep_for(1h).then([](const Result&) { return finish("awake"); }); });
  teach(*parts, "asker", "ask", [](const Task&) {
    return ask_human("boss", "may I?").then([](const Result& answer) { return finish(answer); });
  });
  teach(*parts, "child", "small",
        [](const Task&) { return child_works ? finish("small work") : fail(ec::guardrail, "not today"); });
  teach(*parts, "parent", "big", [](const Task&) {
    return call_agent("small").then([](const Result& done) { return finish("big and " + done.text()); });
  });
  teach(*parts, "restless", "restless", [](const Task&) {
    return race({sleep_for(1h), call_tool("nothing of that name")});
  });
  teach(*parts, "keeper", "keep", [](const Task&) { // a question is open when the checkpoint is made
    auto work =
        call_tool("lift").then([](const Result&) { return checkpoint("half"); }).then([](const Result&) {
          return child_works ? sleep_for(1h) : fail(ec::guardrail, "not today");
        });
    return race({ask_human("boss", "may I?"), work});
  });
  return parts;
}

struct listings : platform {
  listings() : platform{crew()} {
    child_works = false;
    hire("sleeper", "sleeper", {"sleep"});
    hire("asker", "asker", {"ask"});
    hire("child", "child", {"small"});
    hire("parent", "parent", {"big"});
    hire("restless", "restless", {"restless"});
    hire("keeper", "keeper", {"keep"});
  }
  static CreateTask once(const std::string& capability) {
    auto cmd = job(capability);
    cmd.mutable_spec()->mutable_retry()->set_no_retry(true);
    return cmd;
  }
  template <class Row>
  std::vector<Row> listed(index_table table) {
    std::vector<Row> all;
    for (unsigned shard = 0; shard < limits::shards; ++shard) {
      auto s = static_cast<uint8_t>(shard);
      CAF_REQUIRE(!rows->scan(
          space::index, index_begin(s, table), index_end(s, table), [&](auto, std::string_view value) {
            CAF_REQUIRE(all.emplace_back().ParseFromArray(value.data(), static_cast<int>(value.size())));
            return true;
          }));
    }
    return all;
  }
  std::vector<std::string> timer_ids() {
    std::vector<std::string> all;
    for (unsigned shard = 0; shard < limits::shards; ++shard) {
      auto s = static_cast<uint8_t>(shard);
      CAF_REQUIRE(!rows->scan(space::index, timer_begin(s), timer_end(s, int64_t{1} << 50),
                              [&](auto, std::string_view value) {
                                TimerRow row;
                                CAF_REQUIRE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
                                all.push_back(row.timer());
                                return true;
                              }));
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  std::string listed_status() {
    auto all = listed<WorkSummary>(index_table::tasks);
    for (auto& row : all)
      if (row.ref() == job_ref)
        return row.status();
    return "none";
  }
  Done answer(const std::string& position) {
    AnswerQuestion cmd;
    cmd.set_position(position);
    cmd.set_text("yes");
    return request<Done>(job_ref, cmd);
  }
  using words = std::vector<std::string>;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(task_effects_tests, listings)

CAF_TEST(a task that waits for an agent has an outbox row and a summary) {
  request<TaskAccepted>(job_ref, job("fly"));
  CAF_CHECK(timer_ids() == words{"|run"});
  CAF_CHECK_EQUAL(listed_status(), "queued");
  request<Done>(job_ref, CancelTask{});
  CAF_CHECK(timer_ids().empty());
  CAF_CHECK_EQUAL(listed_status(), "cancelled");
}

CAF_TEST(a sleep has a timer row until it ends or is cancelled) {
  request<TaskAccepted>(job_ref, job("sleep"));
  CAF_CHECK(timer_ids() == words{"|wait/0"});
  CAF_CHECK_EQUAL(listed_status(), "waiting");
  node->advance(1h + 1s);
  CAF_CHECK(timer_ids().empty());
  CAF_CHECK_EQUAL(listed_status(), "completed");
  request<TaskAccepted>("default/task/other", job("sleep"));
  request<Done>("default/task/other", CancelTask{});
  CAF_CHECK(timer_ids().empty());
}

CAF_TEST(a question is listed while it is open) {
  request<TaskAccepted>(job_ref, job("ask"));
  auto open = listed<DeadLetter>(index_table::questions);
  CAF_REQUIRE_EQUAL(open.size(), 1u);
  CAF_CHECK_EQUAL(std::string{open[0].owner()}, job_ref);
  CAF_CHECK_EQUAL(std::string{open[0].title()}, "boss");
  CAF_CHECK(timer_ids().empty()); // nobody has to be reminded
  answer("0");
  CAF_CHECK(listed<DeadLetter>(index_table::questions).empty());
  CAF_CHECK_EQUAL(result_of(job_ref), "yes");
}

CAF_TEST(a cancelled question leaves the list) {
  request<TaskAccepted>(job_ref, job("ask"));
  request<Done>(job_ref, CancelTask{});
  CAF_CHECK(listed<DeadLetter>(index_table::questions).empty());
}

CAF_TEST(a deadline has its row until the end) {
  auto cmd = job("ask");
  cmd.mutable_spec()->set_deadline_ms(time->now_ms() + 60'000);
  request<TaskAccepted>(job_ref, cmd);
  CAF_CHECK(timer_ids() == words{"|deadline"});
  answer("0");
  CAF_CHECK(timer_ids().empty());
}

CAF_TEST(a dead letter is listed until it runs again or is dropped) {
  request<TaskAccepted>(job_ref, once("small"));
  auto letters = listed<DeadLetter>(index_table::dead_letters);
  CAF_REQUIRE_EQUAL(letters.size(), 1u);
  CAF_CHECK_EQUAL(std::string{letters[0].failure().text()}, "not today");
  CAF_CHECK_EQUAL(uint32_t{letters[0].attempts()}, 1u);
  CAF_CHECK_EQUAL(std::string{letters[0].title()}, "small");
  child_works = true;
  request<Done>(job_ref, ResumeTask{});
  CAF_CHECK(listed<DeadLetter>(index_table::dead_letters).empty());
  CAF_CHECK_EQUAL(result_of(job_ref), "small work");
  child_works = false;
  request<TaskAccepted>("default/task/other", once("small"));
  CAF_CHECK_EQUAL(listed<DeadLetter>(index_table::dead_letters).size(), 1u);
  request<Done>("default/task/other", DropTask{});
  CAF_CHECK(listed<DeadLetter>(index_table::dead_letters).empty());
}

CAF_TEST(a parent waits with an outbox row and its child tells it until it knows) {
  child_works = true;
  request<TaskAccepted>(job_ref, job("big"));
  CAF_CHECK_EQUAL(result_of(job_ref), "big and small work");
  CAF_CHECK(timer_ids().empty());
  auto all = listed<WorkSummary>(index_table::tasks);
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  auto child = task_state("default/task/job.0-1");
  CAF_CHECK_EQUAL(std::string{child.spec().parent()}, job_ref);
  CAF_CHECK(!child.parent_waits());
}

CAF_TEST(a child inherits priority and deadline) {
  auto cmd = job("big");
  cmd.mutable_spec()->set_priority(PRIORITY_CRITICAL);
  cmd.mutable_spec()->set_deadline_ms(time->now_ms() + 60'000);
  child_works = true;
  request<TaskAccepted>(job_ref, cmd);
  auto child = task_state("default/task/job.0-1");
  CAF_CHECK_EQUAL(child.spec().priority(), PRIORITY_CRITICAL);
  CAF_CHECK_EQUAL(int64_t{child.spec().deadline_ms()}, int64_t{cmd.spec().deadline_ms()});
}

CAF_TEST(a resumed parent asks a new child and not the one that failed) {
  request<TaskAccepted>(job_ref, once("big"));
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_FAILED);
  child_works = true;
  request<Done>(job_ref, ResumeTask{});
  node->advance(1h);
  CAF_CHECK_EQUAL(result_of(job_ref), "big and small work");
}

CAF_TEST(a question that a checkpoint has kept is asked again when a dead letter is resumed) {
  request<TaskAccepted>(job_ref, once("keep"));
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_FAILED);
  CAF_CHECK(listed<DeadLetter>(index_table::questions).empty());
  child_works = true;
  request<Done>(job_ref, ResumeTask{});
  CAF_CHECK_EQUAL(listed<DeadLetter>(index_table::questions).size(), 1u);
  crash_and_recover();
  answer("0.0.0");
  CAF_CHECK_EQUAL(result_of(job_ref), "yes");
  CAF_CHECK(timer_ids().empty());
}

CAF_TEST(a wait and a failure in one message leave no timer behind) {
  request<TaskAccepted>(job_ref, job("restless"));
  node->advance(10s); // all its attempts
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_FAILED);
  CAF_CHECK(timer_ids().empty());
  auto changes = rows->writes();
  node->advance(3h);
  CAF_CHECK_EQUAL(rows->writes(), changes);
  CAF_CHECK(node->outside()->names->find(job_ref) == nullptr); // nothing wakes it
}

CAF_TEST(an outbox row is sent again until somebody takes the task) {
  auto scheduler = node->outside()->names->find(std::string{services::scheduler});
  node->outside()->names->erase(std::string{services::scheduler}, scheduler, make_error(ec::unavailable));
  request<TaskAccepted>(job_ref, job("ask"));
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_QUEUED);
  node->outside()->names->put(std::string{services::scheduler}, scheduler);
  node->advance(limits::redelivery_first + 2s);
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_WAITING);
}

CAF_TEST(a call for an agent tells the state of a small task and only the first time) {
  auto calls = std::make_shared<std::string>();
  auto stub = node->system().spawn([calls](caf::event_based_actor* self) -> caf::behavior {
    house_rules(self);
    return {[calls](const RunTask& call) {
      *calls += call.owner() + (call.has_state() ? " with state " + call.state().spec().title() + ";" : ";");
    }};
  });
  node->outside()->names->put(std::string{services::scheduler}, stub);
  request<TaskAccepted>("t/task/small", job("ask"));
  request<TaskAccepted>("t/task/large", job("ask", {{"text", std::string(limits::call_state_bytes, 'x')}}));
  CAF_CHECK_EQUAL(*calls, "t/task/small with state ask;t/task/large;");
  calls->clear();
  node->advance(limits::redelivery_first + 2s);
  CAF_CHECK_EQUAL(calls->find("state"), std::string::npos);
  CAF_CHECK(calls->find("t/task/small;") != std::string::npos);
}

CAF_TEST(the call for an agent says what is needed) {
  TaskState task;
  task.mutable_spec()->add_required("read");
  task.mutable_spec()->add_optional("fast");
  task.mutable_spec()->set_priority(PRIORITY_HIGH);
  task.mutable_spec()->set_deadline_ms(9);
  task.mutable_spec()->set_concurrency_key("disk");
  task.set_created_ms(7);
  std::string owner = "default/run/r", step = "build";
  auto call = task_life::call_for_agent({owner, step}, task);
  CAF_CHECK_EQUAL(std::string{call.owner()}, owner);
  CAF_CHECK_EQUAL(std::string{call.step()}, step);
  CAF_CHECK_EQUAL(std::string{call.query().required(0)}, "read");
  CAF_CHECK_EQUAL(std::string{call.query().optional(0)}, "fast");
  CAF_CHECK_EQUAL(call.priority(), PRIORITY_HIGH);
  CAF_CHECK_EQUAL(int64_t{call.deadline_ms()}, 9);
  CAF_CHECK_EQUAL(int64_t{call.created_ms()}, 7);
  CAF_CHECK_EQUAL(std::string{call.concurrency_key()}, "disk");
  CAF_CHECK(call.agent().empty());
  task.set_status(TASK_RUNNING);
  task.set_agent("default/agent/ada");
  CAF_CHECK_EQUAL(std::string{task_life::call_for_agent({owner, step}, task).agent()}, "ada");
}

CAF_TEST_FIXTURE_SCOPE_END()
