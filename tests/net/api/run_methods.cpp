// What people tell a run reaches it with their name, and approvals are listed for whom they wait.
#define CAF_SUITE net.api.run_methods
#include "tests/support/served.hpp"

namespace troupe {
namespace {

struct run_house : desk_house {
  run_house() {
    add_name(*rows, "default/run/r1");
  }
  /// Plays the run: keeps what it hears as text.
  template <class... Commands>
  void hear() {
    play("default/run/r1", [heard = heard](const Commands& command) {
      *heard = command.context().principal() + " " + command.GetDescriptor()->name() + " ";
      auto plain = command;
      plain.clear_context();
      *heard += plain.ShortDebugString();
      return Done{};
    }...);
  }
  void add_approval(const std::string& run, const std::string& step, int64_t time_ms,
                    std::vector<std::string> asked, std::vector<std::string> answered = {}) {
    ApprovalRow row;
    row.set_run(run);
    row.set_step(step);
    row.set_time_ms(time_ms);
    *row.mutable_asked() = {asked.begin(), asked.end()};
    *row.mutable_answered() = {answered.begin(), answered.end()};
    auto id = identify(run, rows->naming_key());
    CAF_REQUIRE(!rows->write({{space::index, index_key(id, index_table::approvals, step, rows->naming_key()),
                               row.SerializeAsString()}}));
  }
  std::shared_ptr<std::string> heard = std::make_shared<std::string>();
};

} // namespace
} // namespace troupe

CAF_TEST_FIXTURE_SCOPE(run_method_tests, troupe::run_house)

using namespace troupe;

CAF_TEST(a command reaches the run with the name of who gave it) {
  hear<PauseRun, TerminateRun, RetryRun, SignalRun, SetVariable, UnpauseRun>();
  TellRun in;
  in.set_id("r1");
  in.mutable_signal()->set_name("paid");
  in.mutable_signal()->set_payload("7");
  answered(call<Done>(in));
  CAF_CHECK_EQUAL(*heard, std::string{"ada SignalRun name: \"paid\" payload: \"7\""});
  in.mutable_pause()->set_reason("lunch");
  answered(call<Done>(in));
  CAF_CHECK_EQUAL(*heard, std::string{"ada PauseRun reason: \"lunch\""});
}

CAF_TEST(a command that says nothing or to nobody is refused) {
  TellRun in;
  in.set_id("r1");
  CAF_CHECK_EQUAL(code_of(call<Done>(in).error()), ec::invalid_argument);
  in.set_id("r2");
  in.mutable_retry();
  CAF_CHECK_EQUAL(code_of(call<Done>(in).error()), ec::not_found);
}

CAF_TEST(an answer to an approval is given by who calls) {
  hear<AnswerApproval, DelegateApproval>();
  DecideApproval in;
  in.set_id("r1");
  in.set_step("ask");
  in.set_approve(true);
  answered(call<Done>(in));
  CAF_CHECK_EQUAL(*heard, std::string{"ada AnswerApproval step: \"ask\" approve: true"});
  DelegateAnswer other;
  other.set_id("r1");
  other.set_step("ask");
  other.set_to("bob");
  answered(call<Done>(other));
  CAF_CHECK_EQUAL(*heard, std::string{"ada DelegateApproval step: \"ask\" to: \"bob\""});
}

CAF_TEST(approvals are listed oldest first and for whom they wait) {
  add_approval("default/run/r1", "late", 20, {"ann", "bob"}, {"ann"});
  add_approval("default/run/r2", "early", 10, {"ann"});
  auto all = answered(call<ApprovalList>(ListApprovals{}));
  CAF_REQUIRE_EQUAL(all.approvals_size(), 2);
  CAF_CHECK_EQUAL(all.approvals(0).step(), std::string{"early"});
  ListApprovals mine;
  mine.set_principal("ann");
  CAF_CHECK_EQUAL(answered(call<ApprovalList>(mine)).total(), 1u);
  mine.set_principal("bob");
  CAF_CHECK_EQUAL(std::string{answered(call<ApprovalList>(mine)).approvals(0).step()}, std::string{"late"});
}

CAF_TEST(a fork begins with what the other run has done and with edited variables) {
  play("default/run/r1", [](const PlanFork& question) {
    StartWorkflow planned;
    planned.mutable_definition()->set_name("chain");
    planned.mutable_fork()->set_step(question.step());
    auto* variable = planned.mutable_fork()->add_variables();
    variable->set_name("v");
    variable->set_value("1");
    return planned;
  });
  auto seen = std::make_shared<StartWorkflow>();
  play("default/run/r2", [seen](const StartWorkflow& start) {
    *seen = start;
    return WorkflowAccepted{};
  });
  ForkRun in;
  in.set_id("r1");
  in.set_step("b");
  in.set_new_id("r2");
  auto* edit = in.add_variables();
  edit->set_name("v");
  edit->set_value("9");
  CAF_CHECK_EQUAL(std::string{answered(call<RunStarted>(in)).ref()}, std::string{"default/run/r2"});
  CAF_CHECK_EQUAL(seen->definition().name(), std::string{"chain"});
  CAF_CHECK_EQUAL(seen->fork().step(), std::string{"b"});
  CAF_REQUIRE_EQUAL(seen->fork().variables_size(), 1);
  CAF_CHECK_EQUAL(seen->fork().variables(0).value(), std::string{"9"});
}

CAF_TEST(a node that takes no new work forks nothing) {
  desk.hooks.refuse_work = [] { return make_error(ec::disk_full, "no room"); };
  ForkRun in;
  in.set_id("r1");
  in.set_step("b");
  CAF_CHECK_EQUAL(code_of(call<RunStarted>(in).error()), ec::disk_full);
}

CAF_TEST_FIXTURE_SCOPE_END()
