// METHODS: what the control service does, without its transport.
#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/proto/net.pb.h>
#include <troupe/runtime/retention_rules.hpp>

namespace troupe {

class seal_keeper;

/// What only the node's composition root can do. An empty hook is answered ec::unavailable.
struct control_hooks {
  /// Sets the lowest level that is logged. Error: ec::invalid_argument with the names of the levels.
  std::function<caf::error(const std::string& level)> set_log_level;
  /// All metrics in the Prometheus text format.
  std::function<std::string()> metrics;
  /// Hears of every call that was let in or refused, for log and audit: on gRPC's threads, so it is
  /// thread-safe and quick. The principal is empty if nobody knows it; the traceparent is that of all the call brings about.
  std::function<void(std::string_view method, const std::string& principal, const std::string& trace,
                     const caf::error& refusal)>
      decided;
  /// Why no new work is taken now; no error if it is. Thread-safe and quick. Empty = it always is.
  std::function<caf::error()> refuse_work;
  /// Adds to a status what only the node knows, e.g. the store's generation. May stay empty.
  std::function<void(NodeStatus&)> complete_status;
  /// The members of the cluster, as this node sees them.
  std::function<MemberList()> members;
  /// Who owns the shards, and who answers to a ref; empty as above.
  std::function<ShardList()> shards;
  std::function<caf::expected<Reachability>(const std::string& ref)> why_not;
  /// Has the node give its shards away, or take some again; empty as above. Errors: those of membership::drain().
  std::function<caf::error(bool drained)> drain;
  /// The workers that are connected.
  std::function<WorkerList()> workers;
  /// What seals the store; null = the store is plain.
  std::shared_ptr<seal_keeper> keys;
};

/// The node as its control service sees it.
struct control_desk {
  doors_ptr outside;
  control_hooks hooks;
  std::string node;    ///< its name
  std::string version; ///< of the program
  int64_t started_ms = 0;
  retention_rules retention{};
  std::shared_ptr<workers> chores{}; ///< threads for what reads the whole store; null = those for tools
};

/// One call being served: by which actor, under which context, and how long its client waits.
struct control_call {
  caf::event_based_actor* self = nullptr;
  std::shared_ptr<const control_desk> desk;
  Context context; ///< made by the door; commands carry it
  std::chrono::milliseconds patience{};
  bool forwarded = false; ///< by another member, which adds what it has itself
};

/// Where the reply of a method goes, exactly once; errors too.
template <class Reply>
using reply_to = std::function<void(caf::expected<Reply>)>;

/// Does a method with what this node has (see anywhere.hpp for a cluster): asks others by ref or reads the store, and replies. Errors: those of whoever was asked;
/// ec::unavailable if nobody answers to the ref; ec::timeout when the patience is over; ec::not_found and
/// ec::invalid_argument for ids.
void serve(const control_call& call, const GetStatus& in, reply_to<NodeStatus> reply);
void serve(const control_call& call, const GetTree& in, reply_to<TreeNode> reply);
void serve(const control_call& call, const ListAgents& in, reply_to<AgentList> reply);
void serve(const control_call& call, const GetAgent& in, reply_to<AgentRecord> reply);
void serve(const control_call& call, const RegisterAgent& in, reply_to<AgentRecord> reply);
void serve(const control_call& call, const UnregisterAgent& in, reply_to<AgentRecord> reply);
void serve(const control_call& call, const SetLogLevel& in, reply_to<Done> reply);
void serve(const control_call& call, const GetMetrics& in, reply_to<MetricsText> reply);
void serve(const control_call& call, const GetStoreUsage& in, reply_to<StoreUsage> reply);
void serve(const control_call& call, const StartRun& in, reply_to<RunStarted> reply);
void serve(const control_call& call, const ListRuns& in, reply_to<RunList> reply);
void serve(const control_call& call, const DescribeRun& in, reply_to<RunView> reply);
void serve(const control_call& call, const GetHistory& in, reply_to<History> reply);
void serve(const control_call& call, const StopRun& in, reply_to<Done> reply);
void serve(const control_call& call, const AnswerRun& in, reply_to<Done> reply);
void serve(const control_call& call, const ResumeRun& in, reply_to<Done> reply);
void serve(const control_call& call, const TellRun& in, reply_to<Done> reply);
void serve(const control_call& call, const TellRuns& in, reply_to<BatchResult> reply);
void serve(const control_call& call, const AskRun& in, reply_to<RunAnswer> reply);
void serve(const control_call& call, const ForkRun& in, reply_to<RunStarted> reply);
void serve(const control_call& call, const ListApprovals& in, reply_to<ApprovalList> reply);
void serve(const control_call& call, const DecideApproval& in, reply_to<Done> reply);
void serve(const control_call& call, const DelegateAnswer& in, reply_to<Done> reply);
void serve(const control_call& call, const ListDeadLetters& in, reply_to<DeadLetterList> reply);
void serve(const control_call& call, const RequeueDeadLetter& in, reply_to<Done> reply);
void serve(const control_call& call, const DropDeadLetter& in, reply_to<Done> reply);
void serve(const control_call& call, const ListTimers& in, reply_to<TimerList> reply);
void serve(const control_call& call, const ListKeys& in, reply_to<KeyList> reply);
void serve(const control_call& call, const RotateKeys& in, reply_to<KeyList> reply);
void serve(const control_call& call, const ShredTenant& in, reply_to<KeyList> reply);
void serve(const control_call& call, const ListBackups& in, reply_to<BackupList> reply);
void serve(const control_call& call, const TakeBackup& in, reply_to<BackupWork> reply);
void serve(const control_call& call, const VerifyBackup& in, reply_to<BackupWork> reply);
void serve(const control_call& call, const GetBackupWork& in, reply_to<BackupWork> reply);
void serve(const control_call& call, const ListLedgers& in, reply_to<LedgerList> reply);
void serve(const control_call& call, const GetLedger& in, reply_to<LedgerState> reply);
void serve(const control_call& call, const SetLedgerLimit& in, reply_to<LedgerState> reply);
void serve(const control_call& call, const ChargeLedger& in, reply_to<LedgerState> reply);
void serve(const control_call& call, const ConfirmLedger& in, reply_to<LedgerState> reply);
void serve(const control_call& call, const ListSchedules& in, reply_to<ScheduleList> reply);
void serve(const control_call& call, const GetSchedule& in, reply_to<ScheduleDescription> reply);
void serve(const control_call& call, const CreateSchedule& in, reply_to<ScheduleSummary> reply);
void serve(const control_call& call, const UpdateSchedule& in, reply_to<ScheduleSummary> reply);
void serve(const control_call& call, const PauseSchedule& in, reply_to<ScheduleSummary> reply);
void serve(const control_call& call, const ResumeSchedule& in, reply_to<ScheduleSummary> reply);
void serve(const control_call& call, const TriggerSchedule& in, reply_to<ScheduleTriggered> reply);
void serve(const control_call& call, const BackfillSchedule& in, reply_to<ScheduleBackfilled> reply);
void serve(const control_call& call, const DeleteSchedule& in, reply_to<Done> reply);
void serve(const control_call& call, const ListWorkflows& in, reply_to<WorkflowList> reply);
void serve(const control_call& call, const GetWorkflow& in, reply_to<PublishedWorkflow> reply);
void serve(const control_call& call, const ListRevisions& in, reply_to<RevisionList> reply);
void serve(const control_call& call, const PublishWorkflow& in, reply_to<WorkflowRevision> reply);
void serve(const control_call& call, const RollbackWorkflow& in, reply_to<WorkflowRevision> reply);
void serve(const control_call& call, const DeprecateRevision& in, reply_to<WorkflowRevision> reply);
void serve(const control_call& call, const ArchiveWorkflow& in, reply_to<WorkflowSummary> reply);
void serve(const control_call& call, const SetUpgradePolicy& in, reply_to<WorkflowSummary> reply);
void serve(const control_call& call, const AskWhy& in, reply_to<Reasons> reply);
void serve(const control_call& call, const GetStory& in, reply_to<Story> reply);
void serve(const control_call& call, const ReplayDecision& in, reply_to<DecisionReplay> reply);
void serve(const control_call& call, const ListMembers& in, reply_to<MemberList> reply);
void serve(const control_call& call, const ListShards& in, reply_to<ShardList> reply);
void serve(const control_call& call, const AskWhyNot& in, reply_to<Reachability> reply);
void serve(const control_call& call, const DrainMember& in, reply_to<Done> reply);
void serve(const control_call& call, const ListWorkers& in, reply_to<WorkerList> reply);
void serve(const control_call& call, const FindServices& in, reply_to<ServiceList> reply);
void serve(const control_call& call, const ReportServices& in, reply_to<ServiceReport> reply);
void serve(const control_call& call, const HireAgent& in, reply_to<HiredAgent> reply);
void serve(const control_call& call, const SpawnFleet& in, reply_to<Fleet> reply);
void serve(const control_call& call, const ScaleFleet& in, reply_to<Fleet> reply);
void serve(const control_call& call, const ListFleets& in, reply_to<FleetList> reply);
void serve(const control_call& call, const SizePool& in, reply_to<Fleet> reply);
void serve(const control_call& call, const DistributeGoal& in, reply_to<GoalSet> reply);
void serve(const control_call& call, const CollectResults& in, reply_to<GoalProgress> reply);
void serve(const control_call& call, const CancelGoal& in, reply_to<Done> reply);

} // namespace troupe
