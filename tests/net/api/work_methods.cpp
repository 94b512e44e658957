// Work is started once per id, found by id or ref, and commanded by the entity that owns it.
#define CAF_SUITE net.api.work_methods
#include "tests/support/served.hpp"

namespace troupe {
namespace {

Field field(const std::string& name, const std::string& value) {
  Field made;
  made.set_name(name);
  made.set_value(value);
  return made;
}

struct work_house : desk_house {
  work_house() {
    play(
        std::string{services::shard_host}, [this](const ListQuarantined&) { return aside; },
        [this](const EndQuarantine& command) -> caf::result<Done> {
          if (aside.entities_size() == 0 || command.ref() != aside.entities(0).ref())
            return make_error(ec::not_found, "is not in quarantine");
          aside.Clear();
          return Done{};
        });
  }
  void set_aside(const std::string& ref, int64_t since_ms) {
    auto* one = aside.add_entities();
    one->set_ref(ref);
    one->set_crashes(5);
    one->set_last("oops");
    one->set_since_ms(since_ms);
  }
  QuarantineList aside;
  /// An entity that exists and answers every command the service may send it.
  template <class... Handlers>
  void exist(const std::string& ref, Handlers... handlers) {
    add_name(*rows, ref);
    play(ref, handlers...);
  }
  std::shared_ptr<std::string> heard = std::make_shared<std::string>(); // the last command, as text
  template <class Command>
  auto hear() {
    return [heard = heard](const Command& command) {
      auto plain = command;
      plain.clear_context();
      *heard = to_log_text(plain);
      return Done{};
    };
  }
};

} // namespace
} // namespace troupe

CAF_TEST_FIXTURE_SCOPE(work_method_tests, troupe::work_house)

using namespace troupe;

CAF_TEST(a workflow starts under its id with sorted inputs) {
  play("default/run/r1", [heard = heard](const StartWorkflow& start) {
    *heard = start.definition().name() + " " + start.inputs(0).name() + start.inputs(1).name() + " " +
             start.context().principal();
    return WorkflowAccepted{};
  });
  StartRun in;
  in.set_id("r1");
  in.mutable_definition()->set_name("review");
  *in.add_inputs() = field("b", "2");
  *in.add_inputs() = field("a", "1");
  auto started = answered(call<RunStarted>(in));
  CAF_CHECK_EQUAL(started.id(), "r1");
  CAF_CHECK_EQUAL(started.ref(), "default/run/r1");
  CAF_CHECK_EQUAL(*heard, "review ab ada");
}

CAF_TEST(a node that takes no new work says why and goes on with the work it has) {
  exist("default/run/r1", hear<CancelRun>());
  auto full = true;
  desk.hooks.refuse_work = [&] { return full ? make_error(ec::disk_full, "no room") : caf::error{}; };
  StartRun in;
  in.set_id("t1");
  in.mutable_task()->add_required("x");
  CAF_CHECK_EQUAL(refused(call<RunStarted>(in)), ec::disk_full);
  StopRun stop;
  stop.set_id("r1");
  answered(call<Done>(stop));
  full = false;
  play("default/task/t1", [](const CreateTask&) { return TaskAccepted{}; });
  answered(call<RunStarted>(in));
}

CAF_TEST(a task starts with its own and the given inputs) {
  play("default/task/t1", [heard = heard](const CreateTask& create) {
    *heard =
        create.spec().required(0) + " " + create.spec().inputs(0).name() + create.spec().inputs(1).name();
    return TaskAccepted{};
  });
  StartRun in;
  in.set_id("t1");
  in.mutable_task()->add_required("code.review");
  *in.mutable_task()->add_inputs() = field("b", "2");
  *in.add_inputs() = field("a", "1");
  auto started = answered(call<RunStarted>(in));
  CAF_CHECK_EQUAL(started.ref(), "default/task/t1");
  CAF_CHECK_EQUAL(*heard, "code.review ab");
}

CAF_TEST(a start without an id gets one made by the node) {
  StartRun in;
  in.mutable_task();
  auto nobody = call<RunStarted>(in);
  CAF_CHECK_EQUAL(refused(nobody), ec::unavailable);
  CAF_CHECK(text_of(nobody.error()).find("default/task/0") != std::string::npos);
}

CAF_TEST(a start is refused when it is ambiguous or names nothing) {
  StartRun neither, both, bad, twice;
  both.mutable_task();
  both.mutable_definition();
  bad.mutable_task();
  bad.set_id("a/b");
  twice.mutable_task();
  *twice.add_inputs() = field("a", "1");
  *twice.add_inputs() = field("a", "2");
  for (auto& in : {neither, both, twice})
    CAF_CHECK_EQUAL(refused(call<RunStarted>(in)), ec::invalid_argument);
  CAF_CHECK_EQUAL(refused(call<RunStarted>(bad)), ec::invalid_argument);
  add_name(*rows, "default/run/x");
  StartRun taken;
  taken.set_id("x");
  taken.mutable_task();
  CAF_CHECK_EQUAL(refused(call<RunStarted>(taken)), ec::already_exists);
}

CAF_TEST(a run and a task are described by id or ref) {
  exist("default/run/r1", [](const GetRun&) {
    RunDescription answer;
    answer.mutable_state()->set_principal("otto");
    return answer;
  });
  exist(
      "default/task/t1", [](const GetTask&) { return TaskDescription{}; },
      [](const AwaitTask&) {
        TaskDescription answer;
        answer.mutable_state()->set_status(TASK_COMPLETED);
        return answer;
      });
  DescribeRun in;
  in.set_id("r1");
  auto run = answered(call<RunView>(in));
  CAF_CHECK_EQUAL(run.run().principal(), "otto");
  CAF_CHECK(!run.is_task());
  in.set_id("default/task/t1");
  in.set_wait(true);
  auto task = answered(call<RunView>(in));
  CAF_CHECK_EQUAL(task.id(), "t1");
  CAF_CHECK(task.is_task());
  CAF_CHECK_EQUAL(task.task().status(), TASK_COMPLETED);
  in.set_id("unknown");
  CAF_CHECK_EQUAL(refused(call<RunView>(in)), ec::not_found);
}

CAF_TEST(commands reach the run or the task they are for) {
  exist("default/run/r1", hear<CancelRun>(), hear<AnswerQuestion>(), hear<ResumeTask>(), hear<DropTask>());
  exist("default/task/t1", hear<CancelTask>());
  StopRun stop;
  stop.set_id("r1");
  stop.set_reason("enough");
  answered(call<Done>(stop));
  CAF_CHECK_EQUAL(*heard, "CancelRun{reason: \"enough\"}");
  stop.set_id("t1");
  answered(call<Done>(stop));
  CAF_CHECK_EQUAL(*heard, "CancelTask{reason: \"enough\"}");
  AnswerRun answer;
  answer.set_id("r1");
  answer.set_step("s");
  answer.set_position("2");
  answer.set_text("yes");
  answered(call<Done>(answer));
  CAF_CHECK_EQUAL(*heard, "AnswerQuestion{step: \"s\" position: \"2\" text: \"yes\"}");
  ResumeRun resume;
  resume.set_id("r1");
  resume.set_restart(true);
  answered(call<Done>(resume));
  CAF_CHECK_EQUAL(*heard, "ResumeTask{restart: true}");
  RequeueDeadLetter requeue;
  requeue.set_owner("default/run/r1");
  requeue.set_step("s");
  answered(call<Done>(requeue));
  CAF_CHECK_EQUAL(*heard, "ResumeTask{step: \"s\"}");
  DropDeadLetter drop;
  drop.set_owner("default/run/r1");
  answered(call<Done>(drop));
  CAF_CHECK_EQUAL(*heard, "DropTask{}");
  drop.set_owner("default/run/none");
  CAF_CHECK_EQUAL(refused(call<Done>(drop)), ec::not_found);
}

CAF_TEST(runs are listed newest first by status and up to a limit) {
  for (auto [ref, table, created, status] :
       {std::tuple{"default/run/a", index_table::runs, 10, "running"},
        std::tuple{"default/task/b", index_table::tasks, 30, "running"},
        std::tuple{"default/run/c", index_table::runs, 20, "completed"}}) {
    WorkSummary work;
    work.set_ref(ref);
    work.set_created_ms(created);
    work.set_status(status);
    add_row(*rows, ref, table, work);
  }
  auto all = answered(call<RunList>(ListRuns{}));
  CAF_REQUIRE_EQUAL(all.runs_size(), 3);
  CAF_CHECK_EQUAL(all.runs(0).ref(), "default/task/b");
  CAF_CHECK_EQUAL(all.runs(1).ref(), "default/run/c");
  CAF_CHECK_EQUAL(all.runs(2).ref(), "default/run/a");
  ListRuns some;
  some.set_limit(1);
  some.set_status("running");
  auto one = answered(call<RunList>(some));
  CAF_REQUIRE_EQUAL(one.runs_size(), 1);
  CAF_CHECK_EQUAL(one.runs(0).ref(), "default/task/b");
  CAF_CHECK_EQUAL(one.total(), 2u);
}

CAF_TEST(dead letters are listed newest first) {
  for (int64_t at : {1, 2}) {
    DeadLetter letter;
    letter.set_time_ms(at);
    add_row(*rows, "default/task/" + std::to_string(at), index_table::dead_letters, letter);
  }
  auto list = answered(call<DeadLetterList>(ListDeadLetters{}));
  CAF_REQUIRE_EQUAL(list.letters_size(), 2);
  CAF_CHECK_EQUAL(list.letters(0).time_ms(), 2);
  CAF_CHECK_EQUAL(list.total(), 2u);
}

CAF_TEST(an entity in quarantine is listed among the dead letters) {
  DeadLetter letter;
  letter.set_time_ms(2);
  add_row(*rows, "default/task/t", index_table::dead_letters, letter);
  set_aside("default/agent/ada", 3);
  auto list = answered(call<DeadLetterList>(ListDeadLetters{}));
  CAF_REQUIRE_EQUAL(list.letters_size(), 2);
  CAF_CHECK_EQUAL(list.total(), 2u);
  auto& first = list.letters(0);
  CAF_CHECK_EQUAL(first.owner(), "default/agent/ada");
  CAF_CHECK_EQUAL(first.title(), "quarantined");
  CAF_CHECK_EQUAL(static_cast<ec>(first.failure().code()), ec::quarantined);
  CAF_CHECK_EQUAL(first.failure().text(), "crashed 5 times in a row, last: oops");
  CAF_CHECK_EQUAL(first.attempts(), 5u);
  CAF_CHECK_EQUAL(first.time_ms(), 3);
}

CAF_TEST(dead letters are not listed without those in quarantine) {
  node->outside()->names->erase(std::string{services::shard_host}, {}, {});
  CAF_CHECK_EQUAL(refused(call<DeadLetterList>(ListDeadLetters{})), ec::unavailable);
}

CAF_TEST(a requeue wakes who is in quarantine and resumes who is not ) {
  exist("default/run/r1", hear<ResumeTask>());
  set_aside("default/run/r1", 3);
  RequeueDeadLetter requeue;
  requeue.set_owner("r1"); // the id of a ref
  answered(call<Done>(requeue));
  CAF_CHECK_EQUAL(aside.entities_size(), 0);
  CAF_CHECK(heard->empty());
  answered(call<Done>(requeue));
  CAF_CHECK_EQUAL(*heard, "ResumeTask{}");
  set_aside("acme/probe/x", 3); // a kind of the program's own
  requeue.set_owner("acme/probe/x");
  answered(call<Done>(requeue));
  requeue.set_owner("none");
  CAF_CHECK_EQUAL(refused(call<Done>(requeue)), ec::not_found);
}

CAF_TEST(a history is read from the journal of a known entity) {
  add_name(*rows, "default/run/r1");
  RunEvent event;
  event.mutable_started()->set_principal("ada");
  add_event(*rows, "default/run/r1", 1, event);
  GetHistory in;
  in.set_id("r1");
  auto history = answered(call<History>(in));
  CAF_REQUIRE_EQUAL(history.entries_size(), 1);
  CAF_CHECK_EQUAL(history.entries(0).type(), "RunEvent.started");
  in.set_id("r2");
  CAF_CHECK_EQUAL(refused(call<History>(in)), ec::not_found);
}

CAF_TEST_FIXTURE_SCOPE_END()
