// Who understands the messages of workflow.proto.
#pragma once

#include <caf/typed_actor.hpp>
#include <troupe/runtime/words.hpp>

namespace troupe {

class AgentChanged;
class AgentMatch;
class AgentMatches;
class AnswerApproval;
class AnswerQuestion;
class AwaitRun;
class AwaitTask;
class CancelRun;
class CancelTask;
class ChildEnded;
class ChildNoted;
class CreateTask;
class DelegateApproval;
class Done;
class DropTask;
class EntityCrashed;
class ExplainTasks;
class FindBest;
class FindByCapabilities;
class FollowRevision;
class FundsReserved;
class FundsSettled;
class GetRegistryStats;
class GetRun;
class GetSchedulerStats;
class GetTask;
class NoteCharge;
class OpenTask;
class ParkTask;
class PauseRun;
class PlanFork;
class QueryRun;
class RecordActions;
class RegistryStats;
class ResumeTask;
class RetryRun;
class RunAnswer;
class RunDescription;
class RunFollows;
class RunTask;
class SchedulerStats;
class SetVariable;
class SignalRun;
class SlotFree;
class StartWorkflow;
class TaskAccepted;
class TaskDescription;
class TaskDone;
class TaskStandings;
class TerminateRun;
class Tick;
class TimerDue;
class UnpauseRun;
class UpgradeRun;
class WorkReport;
class WorkflowAccepted;

/// What every owner of tasks understands: an entity whose log holds them.
using task_owner_actor = caf::typed_actor<
    // From agents, one-way; see workflow.proto for the answers.
    note<OpenTask>, note<RecordActions>, note<TaskDone>, note<ParkTask>,
    // From the tasks it asked for.
    note<ChildEnded>,
    // From the timers.
    note<TimerDue>,
    // From people. ec::not_found, ec::conflict.
    rpc<AnswerQuestion, Done>, rpc<CancelTask, Done>, rpc<ResumeTask, Done>, rpc<DropTask, Done>>;

/// TASK: a task that comes alone. An entity of kind `task`.
using task_actor = task_owner_actor::extend<
    // ec::already_exists if the id belongs to a different task.
    rpc<CreateTask, TaskAccepted>,
    // ec::not_found.
    rpc<GetTask, TaskDescription>,
    // Answered when it has ended.
    rpc<AwaitTask, TaskDescription>,
    // The parent knows how it ended.
    note<ChildNoted>>;

/// RUN: one execution of a workflow. An entity of kind `run`.
using run_actor = task_owner_actor::extend<
    // ec::invalid_workflow; ec::already_exists if the id belongs to a different run.
    rpc<StartWorkflow, WorkflowAccepted>,
    // ec::not_found.
    rpc<GetRun, RunDescription>,
    // Answered when it has ended.
    rpc<AwaitRun, RunDescription>,
    // What people and other runs tell it; see run.proto for the refusals.
    rpc<CancelRun, Done>, rpc<TerminateRun, Done>, rpc<PauseRun, Done>, rpc<UnpauseRun, Done>,
    rpc<RetryRun, Done>, rpc<UpgradeRun, Done>, rpc<SignalRun, Done>, rpc<SetVariable, Done>,
    rpc<AnswerApproval, Done>, rpc<DelegateApproval, Done>, rpc<NoteCharge, Done>,
    // From ledgers that its loops draw on, one-way.
    note<FundsReserved>, note<FundsSettled>,
    // Its workflow has a new revision. As an upgrade.
    rpc<FollowRevision, RunFollows>,
    // What people want to know. ec::invalid_argument, ec::not_found, ec::conflict.
    rpc<QueryRun, RunAnswer>, rpc<PlanFork, StartWorkflow>,
    // The parent knows how it ended.
    note<ChildNoted>>;

/// SCHEDULER: gives each task that waits to the best agent with a free slot.
using task_scheduler_actor = caf::typed_actor<
    // A task waits. May arrive twice.
    note<RunTask>,
    // An agent is done with one.
    note<SlotFree>,
    // An agent's record has changed.
    note<AgentChanged>,
    // An agent is there, and says what it has.
    note<WorkReport>,
    // Time to look who is silent, and for whom a rate grants the next task.
    note<Tick>,
    // An agent crashed, or is in quarantine: its tasks go to others.
    note<EntityCrashed>,
    // As the registry's: it knows who is at work.
    rpc<FindByCapabilities, AgentMatches>, rpc<FindBest, AgentMatch>, rpc<GetRegistryStats, RegistryStats>,
    // Where tasks are, and why they do not go on.
    rpc<ExplainTasks, TaskStandings>,
    // Counts.
    rpc<GetSchedulerStats, SchedulerStats>>;

} // namespace troupe
