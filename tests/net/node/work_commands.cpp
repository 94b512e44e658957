// Starting, watching and steering work, typed against a node of stubs.
#define CAF_SUITE net.node.work_commands
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

const std::string run = "default/run/r1";
const std::string task = "default/task/t1";

// A run that is known to the store and ends as told.
void ended_run(control_node& node, RunStatus status, ec code = ec::action_failed) {
  add_name(*node.rows, run);
  auto view = [=] {
    RunDescription answer;
    answer.mutable_state()->set_status(status);
    if (status == RUN_COMPLETED)
      answer.mutable_state()->mutable_outcome()->set_text("done");
    else
      answer.mutable_state()->mutable_outcome()->mutable_failure()->set_code(static_cast<uint32_t>(code));
    return answer;
  };
  node.play(
      run, [](const StartWorkflow&) { return WorkflowAccepted{}; }, [=](const GetRun&) { return view(); },
      [=](const AwaitRun&) { return view(); });
}

// A shard host where one entity, or none, is in quarantine.
void shard_host(control_node& node, const std::string& set_aside) {
  node.play(
      std::string{services::shard_host},
      [=](const ListQuarantined&) {
        QuarantineList list;
        if (!set_aside.empty())
          list.add_entities()->set_ref(set_aside);
        return list;
      },
      [=](const EndQuarantine& command) -> caf::result<Done> {
        if (command.ref() != set_aside)
          return make_error(ec::not_found, "is not in quarantine");
        return Done{};
      });
}

} // namespace

CAF_TEST(a workflow is started from a file and its id is all a script sees) {
  control_node node;
  ended_run(node, RUN_COMPLETED);
  auto file = write_file(node.home.path + "/flow.json", R"({"name": "review", "steps": [{"id": "a"}]})");
  auto said = type(node, {"run", "start", file, "--id", "r1"});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK_EQUAL(said.out, "r1\n");
  CAF_CHECK_EQUAL(said.err, "");
  cli_hooks terminal;
  terminal.terminal = true;
  CAF_CHECK_EQUAL(type(node, {"run", "start", file, "--id", "r1"}, terminal).err,
                  "follow it: troupe run describe r1 --wait\n");
}

CAF_TEST(a task is started by capability with its inputs) {
  control_node node;
  std::string seen;
  node.play(task, [&](const CreateTask& in) {
    seen = in.spec().required(0);
    for (auto& input : in.spec().inputs())
      seen += " " + input.name() + "=" + input.value();
    return TaskAccepted{};
  });
  auto said = type(node, {"run", "start", "--capability", "code.review", "--input", "path=.", "--input",
                          "a=1", "--id", "t1"});
  CAF_CHECK_EQUAL(said.out, "t1\n");
  CAF_CHECK_EQUAL(seen, "code.review a=1 path=.");
}

CAF_TEST(a start without work or with two kinds of it is a usage error) {
  control_node node;
  CAF_CHECK_EQUAL(type(node, {"run", "start"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "start", "f.json", "--capability", "x"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "start", "--capability", "x", "--input", "novalue"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "start", node.home.path + "/none.json"}).code, 3);
  auto file = write_file(node.home.path + "/flow.json", R"({"step": []})");
  auto wrong = type(node, {"run", "start", file});
  CAF_CHECK_EQUAL(wrong.code, 2);
  CAF_CHECK(wrong.err.find("flow.json: step: there is no field; did you mean 'steps'?\n") !=
            std::string::npos);
}

CAF_TEST(waiting ends with the work and its exit code tells how) {
  for (auto [status, code, expected] : {std::tuple{RUN_COMPLETED, ec::internal, 0},
                                        {RUN_FAILED, ec::tool_failed, 1},
                                        {RUN_FAILED, ec::budget_exceeded, 5},
                                        {RUN_CANCELLED, ec::cancelled, 1}}) {
    control_node node;
    ended_run(node, status, code);
    CAF_CHECK_EQUAL(type(node, {"run", "describe", "r1", "--wait"}).code, expected);
    CAF_CHECK_EQUAL(type(node, {"run", "describe", "r1"}).code, 0);
  }
}

CAF_TEST(waiting with a timeout gives up) {
  control_node node;
  add_name(*node.rows, run);
  node.play(run,
            [](const AwaitRun&) -> caf::result<RunDescription> { return caf::delegated<RunDescription>{}; });
  CAF_CHECK_EQUAL(type(node, {"run", "describe", "r1", "--wait", "--timeout", "1"}).code, 6);
}

CAF_TEST(an unknown run exits with 3 and names the list) {
  control_node node;
  auto said = type(node, {"run", "describe", "x"});
  CAF_CHECK_EQUAL(said.code, 3);
  CAF_CHECK_EQUAL(said.err, "troupe: no run or task has the id x\nnext:   troupe run list\n");
  CAF_CHECK_EQUAL(type(node, {"run", "history", "x"}).code, 3);
  CAF_CHECK_EQUAL(type(node, {"run", "cancel", "x"}).code, 3);
}

CAF_TEST(runs and dead letters are listed) {
  control_node node;
  WorkSummary work;
  work.set_ref(run);
  work.set_status("running");
  add_row(*node.rows, run, index_table::runs, work);
  DeadLetter letter;
  letter.set_owner(task);
  add_row(*node.rows, task, index_table::dead_letters, letter);
  CAF_CHECK(type(node, {"run", "list"}).out.find("\nr1  running") != std::string::npos);
  CAF_CHECK_EQUAL(type(node, {"run", "list", "--status", "failed"}).out, "no runs\n");
  shard_host(node, "default/agent/ada");
  auto letters = type(node, {"dlq", "list"}).out;
  CAF_CHECK(letters.find("\ndefault/task/t1") != std::string::npos);
  CAF_CHECK(letters.find("\ndefault/agent/ada") != std::string::npos);
  CAF_CHECK_EQUAL(type(node, {"dlq", "requeue", "default/agent/ada"}).out,
                  "default/agent/ada is tried again\n");
}

CAF_TEST(a history is read page by page) {
  control_node node;
  add_name(*node.rows, run);
  RunEvent event;
  event.mutable_ended();
  for (uint64_t seq = 1; seq <= limits::history_page_events + 2; ++seq)
    add_event(*node.rows, run, seq, event);
  auto said = type(node, {"run", "history", "r1"});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK(said.out.find("\n" + std::to_string(limits::history_page_events + 2) + " ") != std::string::npos);
}

CAF_TEST(commands are told and confirmed) {
  control_node node;
  add_name(*node.rows, run);
  std::string seen;
  auto done = [&](const char* what, const std::string& step) {
    seen = what + (" " + step);
    return Done{};
  };
  node.play(
      run, [=](const CancelRun& in) { return done("cancel", in.reason()); },
      [=](const ResumeTask& in) { return done(in.restart() ? "restart" : "resume", in.step()); },
      [=](const DropTask& in) { return done("drop", in.step()); });
  shard_host(node, {});
  CAF_CHECK_EQUAL(type(node, {"run", "cancel", "r1", "--reason", "enough"}).out, "r1 is cancelled\n");
  CAF_CHECK_EQUAL(seen, "cancel enough");
  CAF_CHECK_EQUAL(type(node, {"run", "resume", "r1", "--step", "a", "--restart"}).out, "r1 goes on\n");
  CAF_CHECK_EQUAL(seen, "restart a");
  CAF_CHECK_EQUAL(type(node, {"dlq", "requeue", run, "b"}).out, run + " is tried again\n");
  CAF_CHECK_EQUAL(seen, "resume b");
  CAF_CHECK_EQUAL(type(node, {"dlq", "drop", run, "c"}).out, run + " is off the list\n");
  CAF_CHECK_EQUAL(seen, "drop c");
}

CAF_TEST(an answer finds the one open question and several have to be named) {
  control_node node;
  add_name(*node.rows, task);
  auto questions = std::make_shared<std::atomic<int>>(1);
  std::string seen;
  node.play(
      task,
      [=](const GetTask&) {
        TaskDescription answer;
        answer.mutable_state()->set_status(TASK_WAITING);
        for (int i = 1; i <= *questions; ++i) {
          auto* record = answer.mutable_state()->add_records();
          record->set_position(std::to_string(i));
          record->mutable_request()->set_kind(ACTION_HUMAN);
        }
        return answer;
      },
      [&](const AnswerQuestion& in) {
        seen = in.position() + " " + in.text();
        return Done{};
      });
  CAF_CHECK_EQUAL(type(node, {"run", "answer", "t1", "yes, do"}).out, "t1 has its answer\n");
  CAF_CHECK_EQUAL(seen, "1 yes, do");
  *questions = 2;
  CAF_CHECK_EQUAL(type(node, {"run", "answer", "t1", "yes"}).code, 7);
  CAF_CHECK_EQUAL(type(node, {"run", "answer", "t1", "no", "--position", "2"}).code, 0);
  CAF_CHECK_EQUAL(seen, "2 no");
  *questions = 0;
  CAF_CHECK_EQUAL(type(node, {"run", "answer", "t1", "yes"}).code, 3);
}
