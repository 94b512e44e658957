// EXECUTION: one attempt at a task, interpreted. Pure: results come in, requests and records go out.
#pragma once

#include <optional>
#include <troupe/behaviors/behavior.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

class branches;
struct place;

enum class execution_status {
  running,  ///< something has to be done, or to be waited for
  done,     ///< outcome() is final
  mismatch, ///< the records do not fit the behavior: the task must be parked, reason() says why
};

/// A leaf that waits for its result.
struct open_action {
  std::string position;
  /// As recorded, if it had begun before; else as the behavior asks now.
  ActionRequest request;
  /// A `started` record exists: it may have happened already.
  bool intent_recorded = false;
  /// A wait record exists: Unix ms, 0 = somebody answers. Without one a sleep begins now.
  std::optional<int64_t> wait_until_ms;
};

/// Interprets a behavior over the records of one attempt, as raft libraries interpret a log: no I/O, no
/// clock, no threads. The same records and completions always give the same requests and records.
///
/// The host's loop: do what take_ready() names; before an action that must not happen twice, record_intent();
/// before a wait, record_wait(); afterwards complete(). Whatever take_records() gives has to be durable, in
/// that order, before anything take_ready() names afterwards is begun.
class execution {
public:
  /// Replays `state.records` (in journal order) of `state.attempt`, begun as `state.start` says, and runs on
  /// until everything waits for results. `task_id` is what task.id() answers.
  execution(std::unique_ptr<behavior> who, std::string task_id, TaskState state);
  ~execution();
  execution(const execution&) = delete;
  execution& operator=(const execution&) = delete;

  /// Where it stands after the last result.
  execution_status status() const;

  /// What is executed.
  const TaskSpec& spec() const {
    return task_->spec();
  }

  /// The same, from inside.
  const Task& task() const {
    return *task_;
  }

  /// Leaves not yet taken, in the order they were asked for. After a replay: all that are open.
  std::vector<open_action> take_ready();

  /// The result of an open leaf. False, and nothing happens, if there is none at this position (any more): it
  /// has its result already, or was abandoned.
  bool complete(std::string_view position, Outcome result, int64_t now_ms);

  /// Notes that an open leaf is about to be done: the intent, for what must not be done twice. False as in
  /// complete().
  bool record_intent(std::string_view position, int64_t now_ms);

  /// Notes that an open leaf waits: until a time (Unix ms), or with 0 for somebody. False as in complete().
  bool record_wait(std::string_view position, int64_t until_ms, int64_t now_ms);

  /// What has to be made durable, in order: intents, waits, results, checkpoints, winners.
  std::vector<ActionRecord> take_records();

  /// Leaves of losing branches, and all that were open when a behavior threw, if the host has taken or
  /// recorded them: stop them. Whatever they still answer is ignored.
  std::vector<open_action> take_abandoned();

  /// What the attempt ended with; for a mismatch, the failure ec::nondeterministic. Empty while running.
  const Outcome& outcome() const;

  /// Why it is a mismatch: position, recorded and requested action. Empty otherwise.
  const std::string& reason() const {
    return reason_;
  }

  /// True if running and everything open is a sleep, a question to a person or a task of another agent: the
  /// agent may let go of the task meanwhile.
  bool waiting_only() const;

  /// Harmless differences between records and requests, e.g. changed arguments of a finished action.
  const std::vector<std::string>& notes() const {
    return notes_;
  }

private:
  void match(const ActionRecord& record);
  void note_changes(const place& at, const ActionRequest& recorded);
  void refuse(const ActionRecord& record, std::string_view why);
  place* open_leaf(std::string_view position);
  ActionRecord& record(const place& at, int64_t now_ms);
  void keep_decisions();

  std::unique_ptr<behavior> behavior_; // outlives the continuations in branches_
  std::unique_ptr<Task> task_;
  std::unique_ptr<branches> branches_;
  std::vector<ActionRecord> records_;
  std::vector<std::string> notes_;
  std::string reason_;
  Outcome mismatch_;
};

/// The records a new attempt begins with: everything up to and including the last checkpoint; nothing if
/// there is none. Waits of sleeps that were still open there are dropped, so that a timeout begins anew. An
/// attempt that keeps records keeps their AttemptStart too: task.now() and task.random() stay what they were
/// made with.
std::vector<ActionRecord> records_to_keep(const std::vector<ActionRecord>& records);

} // namespace troupe
