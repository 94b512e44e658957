// VIEWS: what the control service answers, shown to people. All end with a line break.
#pragma once

#include <string>
#include <troupe/net/node/render.hpp>
#include <troupe/runtime/proto/net.pb.h>
#include <vector>

namespace troupe {

/// One answer of the control service, for people.
std::string show(const NodeStatus& status, const text_look& how);
std::string show(const TreeNode& tree, const text_look& how);
std::string show(const AgentList& list, const text_look& how);
std::string show(const AgentRecord& agent, const text_look& how);
std::string show(const RunList& list, const text_look& how);
std::string show(const RunView& view, const text_look& how);
std::string show(const BatchResult& result, const text_look& how);
std::string show(const History& history, const text_look& how);
std::string show(const DeadLetterList& list, const text_look& how);
std::string show(const ApprovalList& list, const text_look& how);
std::string show(const StoreUsage& usage, const text_look& how);
std::string show(const StoreHealth& health, const text_look& how);
std::string show(const KeyList& list, const text_look& how);
std::string show(const TimerList& list, const text_look& how);
std::string show(const LedgerState& ledger, const text_look& how);
std::string show(const LedgerList& list, const text_look& how);
std::string show(const BackupList& list, const text_look& how);
std::string show(const BackupMark& backup, const text_look& how);
std::string show(const RestoreReport& report, const text_look& how);
std::string show(const WorkflowList& list, const text_look& how);
std::string show(const WorkflowSummary& workflow, const text_look& how);
std::string show(const WorkflowRevision& revision, const text_look& how);
std::string show(const RevisionList& list, const text_look& how);
std::string show(const MemberList& list, const text_look& how);
std::string show(const ShardList& list, const text_look& how);
std::string show(const Reachability& answer, const text_look& how);
std::string show(const WorkerList& list, const text_look& how);
std::string show(const ServiceList& list, const text_look& how);
std::string show(const FleetList& list, const text_look& how);
std::string show(const Fleet& fleet, const text_look& how);
std::string show(const GoalProgress& goal, const text_look& how);

/// How open runs follow the revision that is current, a line for each that stayed; empty if they do not. `lead` begins each line.
std::string show_rollout(const WorkflowSummary& workflow, std::string_view lead = {});

/// How the schedule of backups is kept, in one line.
text_cell backup_health(const BackupStatus& status, const text_look& how);

/// A question of a task that waits for a person.
struct human_question {
  std::string step; ///< empty in a lone task
  std::string position;
  std::string addressee;
  std::string text; ///< what is asked
};

/// The questions of a run or lone task nobody has answered yet.
std::vector<human_question> open_questions(const RunView& view);

/// An approval that waits.
struct open_approval {
  std::string step;               ///< its path
  std::vector<std::string> asked; ///< principals
};

/// The approvals of a run that wait, in the order of its steps.
std::vector<open_approval> open_approvals(const RunView& view);

} // namespace troupe
