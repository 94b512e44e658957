// CLIENT: the control service, called. The CLI is its first user.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/net.pb.h>
#include <troupe/runtime/secret.hpp>

namespace troupe {

/// Blocking calls to one node, over its Unix socket. Thread-safe. Errors: those of the method (see
/// net/api/methods.hpp); ec::unauthenticated and ec::permission_denied by the node's policy; ec::unavailable
/// if no node listens; ec::timeout after the patience.
class control_client {
public:
  /// Connects at the first call.
  control_client(const std::string& socket, secret token);
  ~control_client();

  /// How long each later call may take.
  void set_patience(std::chrono::milliseconds patience);

  /// One call of the control service each; net.proto says what it asks and what comes back.
  caf::expected<NodeStatus> status(const GetStatus& in = {});
  caf::expected<TreeNode> tree(const GetTree& in = {});
  caf::expected<AgentList> agents(const ListAgents& in = {});
  caf::expected<AgentRecord> agent(const GetAgent& in);
  caf::expected<AgentRecord> register_agent(const RegisterAgent& in);
  caf::expected<AgentRecord> retire_agent(const UnregisterAgent& in);
  caf::expected<RunStarted> start(const StartRun& in);
  caf::expected<RunList> runs(const ListRuns& in = {});
  caf::expected<RunView> describe(const DescribeRun& in);
  caf::expected<History> history(const GetHistory& in);
  caf::expected<Done> cancel(const StopRun& in);
  caf::expected<Done> answer(const AnswerRun& in);
  caf::expected<Done> resume(const ResumeRun& in);
  caf::expected<DeadLetterList> dead_letters(const ListDeadLetters& in = {});
  caf::expected<Done> requeue(const RequeueDeadLetter& in);
  caf::expected<Done> drop(const DropDeadLetter& in);
  caf::expected<TimerList> timers(const ListTimers& in = {});
  caf::expected<Done> set_log_level(const SetLogLevel& in);
  caf::expected<MetricsText> metrics(const GetMetrics& in = {});
  caf::expected<StoreUsage> usage(const GetStoreUsage& in = {});
  caf::expected<KeyList> keys(const ListKeys& in = {});
  caf::expected<KeyList> new_keys(const RotateKeys& in);
  caf::expected<KeyList> shred(const ShredTenant& in);
  caf::expected<BackupList> backups(const ListBackups& in = {});
  caf::expected<BackupWork> take_backup(const TakeBackup& in = {});
  caf::expected<BackupWork> verify_backup(const VerifyBackup& in);
  caf::expected<BackupWork> backup_work(const GetBackupWork& in);
  caf::expected<LedgerList> ledgers(const ListLedgers& in = {});
  caf::expected<LedgerState> ledger(const GetLedger& in);
  caf::expected<Done> tell(const TellRun& in);
  caf::expected<BatchResult> tell_all(const TellRuns& in);
  caf::expected<RunAnswer> ask(const AskRun& in);
  caf::expected<RunStarted> fork(const ForkRun& in);
  caf::expected<ApprovalList> approvals(const ListApprovals& in);
  caf::expected<Done> decide(const DecideApproval& in);
  caf::expected<Done> delegate(const DelegateAnswer& in);
  caf::expected<LedgerState> limit_ledger(const SetLedgerLimit& in);
  caf::expected<LedgerState> charge(const ChargeLedger& in);
  caf::expected<LedgerState> confirm(const ConfirmLedger& in);
  caf::expected<ScheduleList> schedules(const ListSchedules& in = {});
  caf::expected<ScheduleDescription> schedule(const GetSchedule& in);
  caf::expected<ScheduleSummary> create_schedule(const CreateSchedule& in);
  caf::expected<ScheduleSummary> update_schedule(const UpdateSchedule& in);
  caf::expected<ScheduleSummary> pause_schedule(const PauseSchedule& in);
  caf::expected<ScheduleSummary> resume_schedule(const ResumeSchedule& in);
  caf::expected<ScheduleTriggered> trigger_schedule(const TriggerSchedule& in);
  caf::expected<ScheduleBackfilled> backfill_schedule(const BackfillSchedule& in);
  caf::expected<Done> delete_schedule(const DeleteSchedule& in);
  caf::expected<WorkflowList> workflows(const ListWorkflows& in = {});
  caf::expected<PublishedWorkflow> workflow(const GetWorkflow& in);
  caf::expected<RevisionList> revisions(const ListRevisions& in);
  caf::expected<WorkflowRevision> publish(const PublishWorkflow& in);
  caf::expected<WorkflowRevision> roll_back(const RollbackWorkflow& in);
  caf::expected<WorkflowRevision> deprecate(const DeprecateRevision& in);
  caf::expected<WorkflowSummary> archive(const ArchiveWorkflow& in);
  caf::expected<WorkflowSummary> set_upgrades(const SetUpgradePolicy& in);
  caf::expected<Reasons> why(const AskWhy& in);
  caf::expected<Story> story(const GetStory& in);
  caf::expected<DecisionReplay> replay(const ReplayDecision& in);
  caf::expected<MemberList> members(const ListMembers& in = {});
  caf::expected<ShardList> shards(const ListShards& in = {});
  caf::expected<Reachability> why_not(const AskWhyNot& in);
  caf::expected<Done> drain(const DrainMember& in);
  caf::expected<WorkerList> workers(const ListWorkers& in = {});
  caf::expected<ServiceList> services(const FindServices& in = {});
  caf::expected<ServiceReport> own_services(const ReportServices& in = {});
  caf::expected<HiredAgent> hire(const HireAgent& in);
  caf::expected<Fleet> spawn_fleet(const SpawnFleet& in);
  caf::expected<Fleet> scale_fleet(const ScaleFleet& in);
  caf::expected<FleetList> fleets(const ListFleets& in = {});
  caf::expected<Fleet> size_pool(const SizePool& in);
  caf::expected<GoalSet> distribute_goal(const DistributeGoal& in);
  caf::expected<GoalProgress> collect_results(const CollectResults& in);
  caf::expected<Done> cancel_goal(const CancelGoal& in);

private:
  struct line;
  std::unique_ptr<line> line_;
};

} // namespace troupe
