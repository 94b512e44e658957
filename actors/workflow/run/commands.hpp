// RUN COMMANDS: what should happen in a run, as events; react() then says what follows. Pure.
#pragma once

#include <caf/expected.hpp>
#include <troupe/actors/workflow/run/course.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ledger.pb.h>
#include <troupe/runtime/proto/rollout.pb.h>

namespace troupe {

/// Decides on commands at one moment. run.proto says how each is refused.
class run_commands {
public:
  using decision = caf::expected<std::vector<RunEvent>>;

  run_commands(const run_course& run, int64_t now_ms, const TaskDefaults& defaults)
      : run_{run}, now_ms_{now_ms}, defaults_{defaults} {}

  /// The events, none if nothing changes. Errors: as run.proto says at each command.
  decision decide(const StartWorkflow& cmd) const;
  decision decide(const CancelRun& cmd) const;
  decision decide(const TerminateRun& cmd) const;
  decision decide(const PauseRun& cmd) const;
  decision decide(const UnpauseRun& cmd) const;
  decision decide(const RetryRun& cmd) const;
  decision decide(const UpgradeRun& cmd) const;
  decision decide(const FollowRevision& cmd) const;
  decision decide(const SignalRun& cmd) const;
  decision decide(const SetVariable& cmd) const;
  decision decide(const AnswerApproval& cmd) const;
  decision decide(const DelegateApproval& cmd) const;
  decision decide(const ResumeTask& cmd) const;
  decision decide(const TimerDue& cmd) const;
  decision decide(const ChildEnded& cmd) const;
  decision decide(const ChildNoted& cmd) const;
  decision decide(const FundsReserved& cmd) const;
  decision decide(const FundsSettled& cmd) const;
  decision decide(const NoteCharge& cmd) const;

private:
  /// Why a command for a run at work cannot be followed.
  caf::error is_over() const;
  caf::error was_undone() const;
  bool is_same(const StartWorkflow& cmd, const std::vector<Field>& inputs) const;
  decision close(RunStatus ends_as, ec code, const std::string& reason) const;
  bool belongs_to_run() const;
  decision go_on_with(const UpgradeRun& cmd) const;
  decision run_timer_due(const std::string& timer) const;
  void open_again(std::vector<RunEvent>& events, StepStatus first) const;
  caf::expected<step_place> approval_of(const std::string& step, const std::string& principal) const;
  template <class F>
  decision on_task(const std::string& step, F decide_it) const;

  const run_course& run_;
  int64_t now_ms_;
  const TaskDefaults& defaults_;
};

} // namespace troupe
