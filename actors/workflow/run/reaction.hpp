// REACTION: what follows in a run from what has just happened. For run/*.cpp only.
#pragma once

#include <troupe/actors/workflow/run/course.hpp>

namespace troupe {

/// Looks at one matter and gathers the events that follow. Changes nothing.
class run_reaction {
public:
  run_reaction(const run_course& run, int64_t now_ms, const TaskDefaults& defaults)
      : run_{run}, now_ms_{now_ms}, defaults_{defaults} {}

  std::vector<RunEvent> events;

  /// What one matter brings about; nothing if it is over.
  void look_at(const run_course::matter& what);

  /// The run ends so, when what was done has been undone.
  void close(RunStatus ends_as, Outcome outcome);
  /// A timer of a step is due: `due`, or its `timeout`.
  void due(const step_place& at, std::string_view timer);
  /// Ends everything that is at work in a step, or in a block.
  void stop(const step_place& at, const std::string& reason);
  void stop_inside(const step_place& at, const std::string& reason);
  void stop(const scope_place& scope, const std::string& reason);

private:
  // Beginnings.
  void begin(const step_place& at);
  void begin_join(const step_place& at);
  void begin_kind(const step_place& at);
  void begin_task(const step_place& at, const TaskSpec& what, bool timed);
  void begin_decision(const step_place& at);
  void begin_map(const step_place& at);
  void begin_wait(const step_place& at);
  RunEvent::StepBegun& begun(const step_place& at);
  void begin_scope(const step_place& at, uint32_t number);

  // Steps at work.
  void advance(const step_place& at);
  void advance_parallel(const step_place& at);
  void advance_map(const step_place& at);
  void advance_loop(const step_place& at);
  void advance_expanded(const step_place& at);
  void advance_monitor(const step_place& at);
  void advance_approval(const step_place& at, bool timed_out);
  void approval_due(const step_place& at);

  // Budgets of loops.
  void next_round(const step_place& at);
  bool budget_decides(const step_place& at);
  void settle_round(const step_place& at, const BudgetGrant& grant);
  void settle_open(const step_place& at);
  void settle_grant(const BudgetGrant& grant, int64_t spent);

  // Ends.
  void finish(const scope_place& scope);
  void fail_scope(const step_place& at);
  void end_scope(const scope_place& scope, Outcome outcome);
  void end(const step_place& at, StepStatus how, Outcome outcome, const std::string& reason = {});
  void complete(const step_place& at, std::string json);
  void fail(const step_place& at, const caf::error& why);
  void assign(const step_place& at);
  void forgive(const step_place& at);
  void task_event(const step_place& at, TaskEvent happened);
  void take_signal(const std::string& name);
  void wrap_up();

  caf::expected<std::vector<Field>> inputs_of(const step_place& at) const;
  RunEvent& add() {
    return events.emplace_back();
  }

  const run_course& run_;
  int64_t now_ms_;
  const TaskDefaults& defaults_;
};

/// The failure as the outcome of a step or run.
Outcome failed_with(const caf::error& why);

} // namespace troupe
