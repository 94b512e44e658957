// TASK LIFE: one task as its owner keeps it, from created to ended. Pure; used by the task entity and by every step of a run.
#pragma once

#include <caf/expected.hpp>
#include <string>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/node_metrics.hpp>
#include <troupe/runtime/proto/workflow.pb.h>
#include <vector>

namespace troupe::task_life {

/// Where a task lives: the ref of its log, and its name there.
struct site {
  const std::string& owner;
  const std::string& step;          ///< empty for a task entity
  bool owner_repeats_calls = false; ///< by a row of its own, see begins_call()
};

/// What should happen: events, none if nothing, or why not.
using decision = caf::expected<std::vector<TaskEvent>>;

/// True once completed, failed or cancelled.
bool has_ended(const TaskState& task);

/// It waits for an agent or is with one: the call for it is repeated until that is over.
bool is_called(const TaskState& task);
/// From this event on is_called() holds, or holds anew; or no longer, if it did.
bool begins_call(const TaskState& after, const TaskEvent& event);
bool ends_call(const TaskEvent& event);

/// Errors: ec::invalid_argument (nothing is required of the agent).
/// `defaults` become part of the record: what the task falls back on is the same for ever, whatever a later
/// configuration says.
decision create(const TaskSpec& spec, const TaskDefaults& defaults, int64_t now_ms);
/// Keeps what is not recorded yet: a position is decided once.
decision record(const TaskState& task, const RecordActions& cmd, int64_t now_ms);
/// Ends the task, or its attempt: a failure is repeated as the retry policy says, from the last checkpoint on.
decision done(const TaskState& task, const TaskDone& cmd, int64_t now_ms);
decision park(const TaskState& task, const ParkTask& cmd, int64_t now_ms);
/// Errors: ec::conflict when it has ended.
decision cancel(const TaskState& task, const std::string& reason, int64_t now_ms);
/// Errors: ec::not_found when nothing is asked there, ec::conflict when it was answered.
decision answer(const TaskState& task, const AnswerQuestion& cmd, int64_t now_ms);
/// Errors: ec::conflict unless it is parked or a dead letter, and when its deadline has passed.
decision resume(const TaskState& task, bool restart, int64_t now_ms);
decision drop(const TaskState& task, int64_t now_ms);
/// A child task has ended; the child of an attempt that is over decides nothing.
decision child_ended(const site& where, const TaskState& task, const ChildEnded& cmd, int64_t now_ms);
/// A timer of this task is due: `name` is what follows the step in its id.
decision timer_due(const TaskState& task, std::string_view name, int64_t now_ms);
/// The parent knows how it ended.
decision parent_noted(const TaskState& task);

/// What happened. Cannot fail.
void apply(TaskState& task, const TaskEvent& event);

/// Rows that an event makes obsolete; called before it is applied.
void tidy(const site& where, const TaskState& before, const TaskEvent& event, effects& out);
/// Rows and messages an event brings about; called after it is applied.
void bring_about(const site& where, const TaskState& after, const TaskEvent& event, effects& out);
/// Counts an event; called after it is applied.
void count(const TaskState& after, const TaskEvent& event, const node_metrics& meters);
/// What a due timer sends again, besides its events.
void resend(const site& where, const TaskState& task, std::string_view name, effects& out);

/// Ref of the child that an attempt asks at a position. Made of its parent's place, so that asking twice makes one child.
std::string child_ref(const site& where, const std::string& position, const TaskState& task);

/// The message that asks the scheduler for an agent.
RunTask call_for_agent(const site& where, const TaskState& task);

/// Id of a timer of a step, and its two halves.
std::string timer_id(const std::string& step, std::string_view name);
std::pair<std::string, std::string> split_timer_id(const std::string& id);

/// Lower-case word for people, e.g. "running".
std::string_view word(TaskStatus status);

} // namespace troupe::task_life
