// What people tell runs, and how approvals are seen and answered, as somebody sees it who types `troupe ...`.
#define CAF_SUITE net.node.run_commands
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

void keep_approval(const control_node& node, const std::string& run, const std::string& step) {
  ApprovalRow row;
  row.set_run(run);
  row.set_step(step);
  row.set_title("release");
  row.set_message("Ship it?");
  row.add_asked("ann");
  row.set_time_ms(1'600'000'000'000);
  row.set_due_ms(1'600'003'600'000);
  add_name(*node.rows, run);
  auto id = identify(run, node.rows->naming_key());
  CAF_REQUIRE(
      !node.rows->write({{space::index, index_key(id, index_table::approvals, step, node.rows->naming_key()),
                          row.SerializeAsString()}}));
}

// A run that keeps the last command it heard.
std::shared_ptr<std::string> play_run(control_node& node, std::vector<std::string> approvals = {}) {
  auto heard = std::make_shared<std::string>();
  auto hear = [heard](const auto& command) {
    auto plain = command;
    plain.clear_context();
    *heard = command.GetDescriptor()->name() + " " + plain.ShortDebugString();
    return Done{};
  };
  add_name(*node.rows, "default/run/r1");
  node.play(
      "default/run/r1", [hear](const PauseRun& c) { return hear(c); },
      [](const UnpauseRun&) -> caf::result<Done> {
        return make_error(ec::conflict, "the run is not paused");
      },
      [hear](const TerminateRun& c) { return hear(c); }, [hear](const RetryRun& c) { return hear(c); },
      [hear](const SignalRun& c) { return hear(c); }, [hear](const SetVariable& c) { return hear(c); },
      [hear](const ResumeTask& c) { return hear(c); }, [hear](const AnswerApproval& c) { return hear(c); },
      [hear](const DelegateApproval& c) { return hear(c); },
      [approvals](const GetRun&) {
        RunDescription description;
        for (auto& id : approvals) {
          auto* step = description.mutable_state()->add_steps();
          step->set_id(id);
          step->set_status(STEP_ACTIVE);
          step->add_asked("ann");
        }
        return description;
      },
      [](const QueryRun& question) {
        RunAnswer answer;
        answer.set_json("\"" + question.expression() + "\"");
        return answer;
      });
  return heard;
}

} // namespace

CAF_TEST(a run hears what is typed) {
  control_node node;
  auto heard = play_run(node);
  CAF_CHECK_EQUAL(type(node, {"run", "pause", "r1", "--reason", "lunch"}).out, "r1 is paused\n");
  CAF_CHECK_EQUAL(*heard, std::string{"PauseRun reason: \"lunch\""});
  type(node, {"run", "signal", "r1", "paid", "7"});
  CAF_CHECK_EQUAL(*heard, std::string{"SignalRun name: \"paid\" payload: \"7\""});
  type(node, {"run", "set", "r1", "limit", "5"});
  CAF_CHECK_EQUAL(*heard, std::string{"SetVariable name: \"limit\" value: \"5\""});
  CAF_CHECK_EQUAL(type(node, {"run", "query", "r1", "steps.a"}).out, "\"steps.a\"\n");
  type(node, {"run", "resume", "r1"}); // it is not paused, so a task is meant
  CAF_CHECK_EQUAL(heard->substr(0, 10), std::string{"ResumeTask"});
}

CAF_TEST(nobody hears a command for a run that does not exist) {
  control_node node;
  auto told = type(node, {"run", "retry", "nobody"});
  CAF_CHECK_EQUAL(told.code, 3);
  CAF_CHECK(told.err.find("next:") != std::string::npos);
}

CAF_TEST(approvals are listed with what a person needs and answered by the run alone) {
  control_node node;
  auto heard = play_run(node, {"ask"});
  CAF_CHECK_EQUAL(type(node, {"approvals"}).out, "nothing waits for approval\n");
  keep_approval(node, "default/run/r1", "ask");
  auto list = type(node, {"approvals", "--for", "ann"}).out;
  CAF_CHECK(list.find("Ship it?") != std::string::npos);
  CAF_CHECK_EQUAL(type(node, {"approvals", "--for", "bob"}).out, "nothing waits for approval\n");
  CAF_CHECK_EQUAL(type(node, {"approve", "r1"}).out, "r1 is approved\n");
  CAF_CHECK_EQUAL(*heard, std::string{"AnswerApproval step: \"ask\" approve: true"});
  type(node, {"reject", "r1", "--reason", "Friday"});
  CAF_CHECK_EQUAL(*heard, std::string{"AnswerApproval step: \"ask\" reason: \"Friday\""});
  type(node, {"delegate", "r1", "--to", "bob"});
  CAF_CHECK_EQUAL(*heard, std::string{"DelegateApproval step: \"ask\" to: \"bob\""});
  play_run(node, {"ask", "again"});
  CAF_CHECK_EQUAL(type(node, {"approve", "r1"}).code, 7);
  play_run(node);
  CAF_CHECK_EQUAL(type(node, {"approve", "r1"}).code, 3);
}
