// Runs, tasks, histories and dead letters as people see them.
#define CAF_SUITE net.node.work_views
#include <caf/test/unit_test.hpp>
#include <cstdlib>
#include <ctime>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

constexpr int64_t now = 1'700'000'000'000; // 2023-11-14 22:13:20 UTC
constexpr text_look plain{.colour = false, .now_ms = now};

struct utc {
  utc() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

void ask(TaskState& task, const std::string& position, const std::string& who) {
  task.set_status(TASK_WAITING);
  auto* record = task.add_records();
  record->set_position(position);
  record->mutable_request()->set_kind(ACTION_HUMAN);
  record->mutable_request()->set_name(who);
  auto* question = record->mutable_request()->add_arguments();
  question->set_name("question");
  question->set_value("Merge it?");
}

void fail(Outcome& outcome, ec code, const std::string& text) {
  outcome.mutable_failure()->set_code(static_cast<uint32_t>(code));
  outcome.mutable_failure()->set_text(text);
}

RunView asking_run() {
  RunView view;
  view.set_id("r1");
  view.set_ref("default/run/r1");
  auto& run = *view.mutable_run();
  run.mutable_definition()->set_name("review");
  run.mutable_definition()->set_version("2");
  run.set_principal("ada");
  run.set_created_ms(now - 61'000);
  auto* read = run.add_steps();
  read->set_id("read");
  read->mutable_task()->set_status(TASK_COMPLETED);
  read->mutable_task()->set_agent("reader");
  read->mutable_task()->set_attempt(1);
  read->mutable_task()->set_created_ms(now - 61'000);
  read->mutable_task()->set_ended_ms(now - 60'000);
  auto* judge = run.add_steps();
  judge->set_id("judge");
  judge->mutable_task()->set_attempt(2);
  ask(*judge->mutable_task(), "2.1", "owner");
  return view;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(work_view_tests, utc)

CAF_TEST(a run shows its steps and what it asks) {
  CAF_CHECK_EQUAL(show(asking_run(), plain), "run       default/run/r1\n"
                                             "status    running\n"
                                             "workflow  review 2\n"
                                             "by        ada\n"
                                             "created   22:12:19, took 1 min 1 s so far\n"
                                             "\n"
                                             "STEP   STATUS     AGENT   ATTEMPT  TOOK\n"
                                             "read   completed  reader  1        1.0 s\n"
                                             "judge  waiting            2\n"
                                             "\n"
                                             "owner is asked: Merge it?\n"
                                             "  troupe run answer r1 --step judge --position 2.1 TEXT\n");
}

CAF_TEST(a run that ended shows its result or its failure) {
  RunView view;
  view.set_ref("default/run/r1");
  view.mutable_run()->set_status(RUN_COMPLETED);
  view.mutable_run()->mutable_outcome()->set_text("two\nlines\x1b");
  auto text = show(view, plain);
  CAF_CHECK(text.find("\n\ntwo\nlines\uFFFD\n") != std::string::npos);
  view.mutable_run()->set_status(RUN_FAILED);
  fail(*view.mutable_run()->mutable_outcome(), ec::tool_failed, "exit 1");
  text = show(view, plain);
  CAF_CHECK(text.find("reason   tool_failed: exit 1\n") != std::string::npos);
  CAF_CHECK(text.find("two") == std::string::npos);
}

CAF_TEST(a lone task shows where it stands) {
  RunView view;
  view.set_id("t1");
  view.set_ref("default/task/t1");
  view.set_is_task(true);
  auto& task = *view.mutable_task();
  task.mutable_spec()->add_required("code.review");
  task.set_status(TASK_RETRYING);
  task.set_attempt(2);
  task.set_reason("exit 1");
  task.set_due_ms(now + 1000);
  task.set_created_ms(now - 5000);
  CAF_CHECK_EQUAL(show(view, plain), "task     default/task/t1\n"
                                     "status   retrying\n"
                                     "needs    code.review\n"
                                     "attempt  2\n"
                                     "created  22:13:15, took 5.0 s so far\n"
                                     "reason   again at 22:13:21: exit 1\n");
}

CAF_TEST(questions are open until they have an outcome and only while the task waits) {
  auto view = asking_run();
  auto& task = *view.mutable_run()->mutable_steps(1)->mutable_task();
  auto open = open_questions(view);
  CAF_REQUIRE_EQUAL(open.size(), 1u);
  CAF_CHECK_EQUAL(open[0].step, "judge");
  CAF_CHECK_EQUAL(open[0].position, "2.1");
  auto* answered = task.add_records();
  answered->set_position("2.1");
  answered->mutable_outcome()->set_text("yes");
  CAF_CHECK(open_questions(view).empty());
  ask(task, "3", "owner");
  CAF_CHECK_EQUAL(open_questions(view).size(), 1u);
  task.set_status(TASK_CANCELLED);
  CAF_CHECK(open_questions(view).empty());
}

CAF_TEST(runs are listed and what is not shown is counted) {
  CAF_CHECK_EQUAL(show(RunList{}, plain), "no runs\n");
  RunList list;
  auto* run = list.add_runs();
  run->set_ref("default/run/r1");
  run->set_status("completed");
  run->set_title("review");
  run->set_steps(2);
  run->set_steps_done(2);
  run->set_principal("ada");
  run->set_created_ms(now - 5000);
  run->set_ended_ms(now - 2000);
  auto* task = list.add_runs();
  task->set_ref("default/task/t1");
  task->set_status("queued");
  list.set_total(12);
  CAF_CHECK_EQUAL(show(list, plain), "ID  STATUS     TITLE   STEPS  BY   CREATED   TOOK\n"
                                     "r1  completed  review  2/2    ada  22:13:15  3.0 s\n"
                                     "t1  queued                         -\n"
                                     "2 of 12; more: --limit 12\n");
  list.set_total(limits::list_rows_most + 1);
  CAF_CHECK(show(list, plain).find("2 of 1001; more: --limit 1000\n") != std::string::npos);
}

CAF_TEST(a history is a line per event) {
  CAF_CHECK_EQUAL(show(History{}, plain), "no events\n");
  History history;
  auto* entry = history.add_entries();
  entry->set_seq(1);
  entry->set_time_us(now * 1000);
  entry->set_type("RunEvent.started");
  entry->set_summary("ada starts review");
  CAF_CHECK_EQUAL(show(history, plain), "SEQ  TIME      EVENT             WHAT\n"
                                        "1    22:13:20  RunEvent.started  ada starts review\n");
}

CAF_TEST(dead letters show their failure and the ways out) {
  CAF_CHECK_EQUAL(show(DeadLetterList{}, plain), "no dead letters\n");
  DeadLetterList list;
  auto* letter = list.add_letters();
  letter->set_owner("default/run/r1");
  letter->set_step("read");
  letter->set_attempts(4);
  letter->set_time_ms(now);
  letter->mutable_failure()->set_code(static_cast<uint32_t>(ec::tool_failed));
  letter->mutable_failure()->set_text("exit 1");
  list.set_total(3);
  CAF_CHECK_EQUAL(show(list, plain),
                  "OWNER           STEP  ATTEMPTS  SINCE     FAILURE\n"
                  "default/run/r1  read  4         22:13:20  tool_failed: exit 1\n"
                  "1 of 3\n"
                  "again: troupe dlq requeue OWNER [STEP]   away: troupe dlq drop OWNER [STEP]\n");
}

CAF_TEST_FIXTURE_SCOPE_END()
