// CLIENT: gRPC stubs behind caf::expected.
// Invariant: the token leaves only over the socket it was given for; a gRPC status never reaches a caller.

#include <atomic>
#include <caf/expected.hpp>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <troupe/net/api/client.hpp>
#include <troupe/net/api/socket.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/net.grpc.pb.h>

namespace troupe {
namespace {

std::shared_ptr<grpc::Channel> open_channel(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(limits::control_receive_bytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1); // two nodes may follow each other on one socket
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

ec code_of(const grpc::Status& status) {
  switch (status.error_code()) {
  case grpc::StatusCode::UNAVAILABLE:
    return ec::unavailable;
  case grpc::StatusCode::DEADLINE_EXCEEDED:
    return ec::timeout;
  case grpc::StatusCode::RESOURCE_EXHAUSTED:
    return ec::invalid_argument; // by gRPC itself: the message is too large
  case grpc::StatusCode::CANCELLED:
    return ec::cancelled;
  case grpc::StatusCode::UNIMPLEMENTED:
    return ec::from_future;
  default:
    return ec::internal;
  }
}

} // namespace

struct control_client::line {
  line(const std::string& socket_path, secret token_shown)
      : socket{socket_path}, token{std::move(token_shown)}, stub{Control::NewStub(
                                                                open_channel(socket_path))} {}

  template <class In, class Out>
  caf::expected<Out> call(grpc::Status (Control::Stub::*method)(grpc::ClientContext*, const In&, Out*),
                          const In& in) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token.reveal());
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds{patience_ms.load()});
    Out out;
    auto status = (stub.get()->*method)(&context, in, &out);
    if (status.ok())
      return out;
    auto& trailer = context.GetServerTrailingMetadata();
    if (auto name = trailer.find("troupe-error"); name != trailer.end())
      return make_error(ec_from_name({name->second.data(), name->second.size()}), status.error_message());
    if (!somebody_listens(socket))
      return make_error(ec::unavailable,
                        fmt::format("no node listens on {}; start one with `troupe node`", socket));
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
      return make_error(ec::timeout, fmt::format("no answer within {} ms", patience_ms.load()));
    return make_error(code_of(status), status.error_message());
  }

  std::string socket;
  secret token;
  std::unique_ptr<Control::Stub> stub;
  std::atomic<int64_t> patience_ms = limits::door_timeout.count();
};

control_client::control_client(const std::string& socket, secret token)
    : line_{std::make_unique<line>(socket, std::move(token))} {}

control_client::~control_client() = default;

void control_client::set_patience(std::chrono::milliseconds patience) {
  line_->patience_ms = patience.count();
}

#define TROUPE_METHOD(function, method, In, Out)                                                             \
  caf::expected<Out> control_client::function(const In& in) {                                                \
    return line_->call(&Control::Stub::method, in);                                                          \
  }
TROUPE_METHOD(status, Status, GetStatus, NodeStatus)
TROUPE_METHOD(tree, Tree, GetTree, TreeNode)
TROUPE_METHOD(agents, Agents, ListAgents, AgentList)
TROUPE_METHOD(agent, Agent, GetAgent, AgentRecord)
TROUPE_METHOD(register_agent, RegisterNewAgent, RegisterAgent, AgentRecord)
TROUPE_METHOD(retire_agent, RetireAgent, UnregisterAgent, AgentRecord)
TROUPE_METHOD(start, Start, StartRun, RunStarted)
TROUPE_METHOD(runs, Runs, ListRuns, RunList)
TROUPE_METHOD(describe, Describe, DescribeRun, RunView)
TROUPE_METHOD(history, RunHistory, GetHistory, History)
TROUPE_METHOD(cancel, Cancel, StopRun, Done)
TROUPE_METHOD(answer, Answer, AnswerRun, Done)
TROUPE_METHOD(resume, Resume, ResumeRun, Done)
TROUPE_METHOD(dead_letters, DeadLetters, ListDeadLetters, DeadLetterList)
TROUPE_METHOD(requeue, Requeue, RequeueDeadLetter, Done)
TROUPE_METHOD(drop, Drop, DropDeadLetter, Done)
TROUPE_METHOD(timers, Timers, ListTimers, TimerList)
TROUPE_METHOD(set_log_level, LogLevel, SetLogLevel, Done)
TROUPE_METHOD(metrics, Metrics, GetMetrics, MetricsText)
TROUPE_METHOD(usage, Usage, GetStoreUsage, StoreUsage)
TROUPE_METHOD(keys, Keys, ListKeys, KeyList)
TROUPE_METHOD(new_keys, NewKeys, RotateKeys, KeyList)
TROUPE_METHOD(shred, Shred, ShredTenant, KeyList)
TROUPE_METHOD(backups, Backups, ListBackups, BackupList)
TROUPE_METHOD(take_backup, Backup, TakeBackup, BackupWork)
TROUPE_METHOD(verify_backup, CheckBackup, VerifyBackup, BackupWork)
TROUPE_METHOD(backup_work, BackupProgress, GetBackupWork, BackupWork)
TROUPE_METHOD(ledgers, Ledgers, ListLedgers, LedgerList)
TROUPE_METHOD(ledger, Ledger, GetLedger, LedgerState)
TROUPE_METHOD(tell, Tell, TellRun, Done)
TROUPE_METHOD(tell_all, TellAll, TellRuns, BatchResult)
TROUPE_METHOD(ask, Ask, AskRun, RunAnswer)
TROUPE_METHOD(fork, Fork, ForkRun, RunStarted)
TROUPE_METHOD(approvals, Approvals, ListApprovals, ApprovalList)
TROUPE_METHOD(decide, Decide, DecideApproval, Done)
TROUPE_METHOD(delegate, Delegate, DelegateAnswer, Done)
TROUPE_METHOD(limit_ledger, LimitLedger, SetLedgerLimit, LedgerState)
TROUPE_METHOD(charge, Charge, ChargeLedger, LedgerState)
TROUPE_METHOD(confirm, Confirm, ConfirmLedger, LedgerState)
TROUPE_METHOD(schedules, Schedules, ListSchedules, ScheduleList)
TROUPE_METHOD(schedule, Schedule, GetSchedule, ScheduleDescription)
TROUPE_METHOD(create_schedule, NewSchedule, CreateSchedule, ScheduleSummary)
TROUPE_METHOD(update_schedule, ChangeSchedule, UpdateSchedule, ScheduleSummary)
TROUPE_METHOD(pause_schedule, HoldSchedule, PauseSchedule, ScheduleSummary)
TROUPE_METHOD(resume_schedule, ReleaseSchedule, ResumeSchedule, ScheduleSummary)
TROUPE_METHOD(trigger_schedule, FireSchedule, TriggerSchedule, ScheduleTriggered)
TROUPE_METHOD(backfill_schedule, FillSchedule, BackfillSchedule, ScheduleBackfilled)
TROUPE_METHOD(delete_schedule, DropSchedule, DeleteSchedule, Done)
TROUPE_METHOD(workflows, Workflows, ListWorkflows, WorkflowList)
TROUPE_METHOD(workflow, Workflow, GetWorkflow, PublishedWorkflow)
TROUPE_METHOD(revisions, Revisions, ListRevisions, RevisionList)
TROUPE_METHOD(publish, Publish, PublishWorkflow, WorkflowRevision)
TROUPE_METHOD(roll_back, Rollback, RollbackWorkflow, WorkflowRevision)
TROUPE_METHOD(deprecate, Deprecate, DeprecateRevision, WorkflowRevision)
TROUPE_METHOD(archive, Archive, ArchiveWorkflow, WorkflowSummary)
TROUPE_METHOD(set_upgrades, Upgrades, SetUpgradePolicy, WorkflowSummary)
TROUPE_METHOD(why, Why, AskWhy, Reasons)
TROUPE_METHOD(story, RunStory, GetStory, Story)
TROUPE_METHOD(replay, Replay, ReplayDecision, DecisionReplay)
TROUPE_METHOD(members, Members, ListMembers, MemberList)
TROUPE_METHOD(workers, Workers, ListWorkers, WorkerList)
#undef TROUPE_METHOD

} // namespace troupe
