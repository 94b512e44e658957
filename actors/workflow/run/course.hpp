// COURSE: one run as a state machine. Events go in by apply(); react() gives the events that follow from them. Pure: the same events and
// times give the same state, and what chance, clocks or expressions decided stands in an event.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <troupe/actors/workflow/run/plan.hpp>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe {

using step_states = google::protobuf::RepeatedPtrField<StepState>;

/// A block at work: the run itself, an item of a map, a round of a loop, the steps of a parallel or expanded step.
struct scope_place {
  std::string path; ///< empty = the run, else `review.3`
  const block_plan* block = nullptr;
  step_states* steps = nullptr;
  ScopeState* state = nullptr; ///< null = the run
  StepState* owner = nullptr;  ///< the step whose block this is; null = the run
  const step_plan* owner_plan = nullptr;

  /// The path of one of its steps.
  std::string path_of(const std::string& id) const {
    return path.empty() ? id : path + "." + id;
  }
};

/// One step of a run.
struct step_place {
  std::string path;
  const step_plan* plan = nullptr;
  StepState* step = nullptr;
  std::vector<scope_place> scopes; ///< around it, the run first

  const scope_place& scope() const {
    return scopes.back();
  }
};

class run_course {
public:
  RunState state;      ///< without its definition: the plan has it
  std::string own_ref; ///< ref of the run

  bool exists() const {
    return state.created_ms() > 0;
  }
  bool has_ended() const {
    return state.status() != RUN_RUNNING && state.status() != RUN_COMPENSATING;
  }
  /// Does it take up new steps?
  bool goes_on() const {
    return state.status() == RUN_RUNNING && state.ends_as() == RUN_RUNNING && !state.paused();
  }
  const workflow_plan& plan() const {
    return *plan_;
  }

  /// What happened. Cannot fail.
  void apply(const RunEvent& event);

  /// What follows from what was applied, one matter at a time: empty = nothing more.
  std::vector<RunEvent> react(int64_t now_ms, const TaskDefaults& defaults);

  /// A step by its path, a block by that of its owner and its number; nothing if it is not there (any more).
  std::optional<step_place> find(std::string_view path) const;
  std::optional<scope_place> find_scope(std::string_view path) const;

  /// Steps that wait for a signal of this name.
  const std::set<std::string>& waiting_for(const std::string& signal) const;

  /// Paths of steps whose tasks wait for agents or are with them, see task_life::is_called().
  const std::set<std::string>& called() const {
    return called_;
  }
  /// There is no other.
  bool is_only_call(const std::string& step) const {
    return called_.size() == 1 && called_.count(step) > 0;
  }

  /// A grant by its number; what a loop has asked for and not settled, by its path. Null if there is none.
  const BudgetGrant* find_grant(uint32_t number) const;
  const BudgetGrant* grant_of(std::string_view step) const;

  /// The whole state with its definition, and back.
  RunState save() const;
  void load(const RunState& saved);

  /// What has to be looked at.
  struct matter {
    enum { begin, advance, assign, fail, forgive, finish, signal, wrap_up } what;
    std::string path; ///< of a step; of a block for finish; the name of a signal
  };

private:
  void start(const RunEvent::Started& started);
  void take_over(const RunFork& fork, int64_t time_ms);
  void upgrade(const RunEvent::Upgraded& upgraded);
  uint32_t open_block(const block_plan& block, const std::string& path, step_states& steps);
  void task_changed(const RunEvent::StepEvent& event);
  void note_undoing(const step_place& at);
  void settle(const step_place& at, StepStatus how, int64_t time_ms);
  void lead_on(const step_place& at, StepStatus how);
  void reopen(const step_place& at);
  void reset(const step_place& at);
  void close_scope(const RunEvent::ScopeEnded& ended);
  void drop_scopes(const step_place& at);
  void count_unsettled(const scope_place& scope, int by);
  void take_signal(const RunEvent::Signalled& signal);
  void budget_changed(const RunEvent& event);
  void drop_refused(const std::string& step);
  template <class Drop>
  void drop_grants(Drop drop);
  void look_at_everything();
  void look_at(const scope_place& scope);
  bool is_to_be_undone(const std::string& prefix) const;

  std::shared_ptr<const workflow_plan> plan_;
  std::map<std::string, std::shared_ptr<const block_plan>, std::less<>> expanded_; ///< by path of the step
  std::map<std::string, std::set<std::string>> waiting_;                           ///< signal -> paths
  std::set<std::string> called_;
  std::deque<matter> agenda_;
};

/// What a step ended with, failures too.
const Outcome& own_outcome(const StepState& step);

/// The outcome a settled step gives to others: its own, or null.
const Outcome& outcome_of(const StepState& step);

/// The item, as JSON, that a block of a map is done for; null if an older snapshot has dropped it.
const std::string& item_of(const scope_place& scope);

/// Does somebody answer for the failure of this step: a handler, a join that can do without it, or its own may_fail?
bool is_handled(const step_place& at);

/// Same, for good: whoever can do without it has not failed in its turn.
bool is_answered_for(const step_place& at);

/// Was this step cancelled because a join, which cancels the rest, has what it wants?
bool is_given_up(const step_place& at);

/// How many of `count` have to succeed.
uint32_t required(const JoinRule& rule, uint32_t count);

} // namespace troupe
