// RUN REHEARSAL: a workflow without a node around it, for tests: fakes do the tasks, and time passes only when told.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <troupe/actors/workflow/run/course.hpp>
#include <troupe/behaviors/action.hpp>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/proto/ledger.pb.h>
#include <variant>

namespace troupe::testing {

/// Lives through one run as a node would: the same decisions, events and timers, in one thread and without a disk. Deterministic.
///
///     run_rehearsal run{definition};
///     run.fake("code.build", "ok").fake("code.deploy", "done");
///     CAF_REQUIRE(!run.start({{"service", "shop"}}));
///     run.pass(3h).approve("release", "ann");
///     CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
class run_rehearsal {
public:
  /// What a fake gives: the result of a task, or why it fails. It sees the task's inputs.
  using fake_task = std::function<caf::expected<std::string>(const TaskSpec&)>;
  /// The same, for one that wants to know which step it is, by its path, and which attempt.
  using fake_attempt = std::function<caf::expected<std::string>(const std::string& step, const TaskState&)>;
  /// What a fake run of another workflow gives.
  using fake_run = std::function<caf::expected<std::string>(const std::vector<Field>& inputs)>;

  explicit run_rehearsal(WorkflowDefinition definition, std::string ref = "default/run/rehearsal");

  /// Does all tasks that require this capability, each in `takes`. Without a fake, a task waits for ever.
  run_rehearsal& fake(const std::string& capability, fake_task task, std::chrono::milliseconds takes = {});
  run_rehearsal& fake(const std::string& capability, std::string result,
                      std::chrono::milliseconds takes = {});
  run_rehearsal& fake_step(const std::string& capability, fake_attempt task,
                           std::chrono::milliseconds takes = {});
  run_rehearsal& fail(const std::string& capability, ec code, std::string text = "it was told to fail");
  /// Does all runs of this workflow that a child step begins.
  run_rehearsal& fake_child(const std::string& workflow, fake_run run);
  /// Plays a ledger that may spend so much from now on. Without one, a loop with a budget waits for ever.
  run_rehearsal& ledger(const std::string& name, int64_t left);
  /// What is left of it, without what is promised; -1 if there is none.
  int64_t left(const std::string& ledger) const;

  /// Begins the run. Errors: why it is refused.
  caf::error start(const std::vector<argument>& inputs = {});
  /// Sends the run a command, e.g. PauseRun. Errors: why it is refused.
  template <class Command>
  caf::error send(Command command, const std::string& principal = "tester");
  caf::error signal(const std::string& name, const std::string& payload = {});
  caf::error approve(const std::string& step, const std::string& by, const std::string& reason = {});
  caf::error reject(const std::string& step, const std::string& by, const std::string& reason = {});

  /// Lets time pass: whatever is due happens, earliest first.
  run_rehearsal& pass(std::chrono::milliseconds time);
  /// Throws everything away but the events, or a snapshot and the events since, and goes on: what a node does after a crash.
  run_rehearsal& crash(bool with_snapshot = false);

  RunStatus status() const {
    return run_.state.status();
  }
  /// The result as text; empty unless it has completed.
  std::string result() const;
  /// Why it failed or was cancelled.
  std::string failure() const {
    return run_.state.outcome().failure().text();
  }
  /// A step by its path, e.g. `review.3.check`; STEP_PENDING if it is not there.
  StepStatus status_of(const std::string& step) const;
  std::string result_of(const std::string& step) const;
  /// A variable as JSON.
  std::string variable(const std::string& name) const;
  /// How often tasks with this capability were begun.
  int times(const std::string& capability) const;
  /// Refs of timers that wait, without outboxes.
  std::vector<std::string> timers() const;
  const RunState& state() const {
    return run_.state;
  }
  /// Everything that would be in the journal.
  const std::vector<RunEvent>& journal() const {
    return journal_;
  }
  /// Where in the journal what was decided at once ends: how many events had happened then, for each decision.
  const std::vector<size_t>& appends() const {
    return appends_;
  }
  int64_t now_ms() const {
    return now_ms_;
  }

private:
  struct task_fake {
    fake_attempt result;
    int64_t takes_ms = 0;
  };
  struct job { // a task at work
    int64_t end_ms;
    uint64_t number;
    std::string step;
    bool operator<(const job& other) const {
      return std::tie(end_ms, number) < std::tie(other.end_ms, other.number);
    }
  };

  caf::error take(caf::expected<std::vector<RunEvent>> decision);
  void apply(const std::vector<RunEvent>& events);
  void keep_rows(effects& out);
  void deliver(const caf::message& message, const std::string& to);
  void reserve(const ReserveFunds& cmd, const std::string& ledger);
  void settle(const SettleFunds& cmd, const std::string& ledger);
  void work();
  void end(const job& done);
  void fire(const TimerRow& timer);

  WorkflowDefinition definition_;
  std::string ref_;
  entity_id id_;
  run_course run_;
  TaskDefaults defaults_;
  std::vector<RunEvent> journal_;
  std::vector<size_t> appends_;
  std::map<std::string, TimerRow> timers_; // by key: due time first
  std::map<std::string, task_fake> fakes_;
  std::map<std::string, fake_run> child_fakes_;
  std::map<std::string, int> begun_;
  std::set<job> jobs_;
  std::deque<ChildEnded> children_;        // ended, and the run has not heard of it
  std::map<std::string, int64_t> ledgers_; // by ref: what is left
  std::map<std::string, std::map<uint32_t, int64_t>>
      promised_; // by ref of the ledger and number of the grant
  std::deque<std::variant<FundsReserved, FundsSettled>> of_ledgers_; // said, and the run has not heard of it
  uint64_t numbers_ = 0;
  int64_t now_ms_ = 1'000'000'000; // any time does; not 0, so that a forgotten time shows
};

} // namespace troupe::testing
