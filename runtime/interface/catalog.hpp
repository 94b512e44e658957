// Who understands the messages of catalog.proto.
#pragma once

#include <caf/typed_actor.hpp>
#include <troupe/runtime/words.hpp>

namespace troupe {

class ArchiveWorkflow;
class DeprecateRevision;
class GetWorkflow;
class ListRevisions;
class PublishChecked;
class PublishWorkflow;
class PublishedWorkflow;
class RevisionList;
class RollbackWorkflow;
class SetUpgradePolicy;
class StartPublished;
class Tick;
class TimerDue;
class WorkflowAccepted;
class WorkflowRevision;
class WorkflowSummary;

/// WORKFLOW: one published name and all its revisions. An entity of kind `workflow`.
using workflow_actor = caf::typed_actor<
    // ec::invalid_workflow, ec::conflict.
    rpc<PublishWorkflow, WorkflowRevision>,
    // ec::not_found, ec::conflict.
    rpc<RollbackWorkflow, WorkflowRevision>,
    // ec::not_found, ec::conflict.
    rpc<DeprecateRevision, WorkflowRevision>,
    // ec::not_found.
    rpc<ArchiveWorkflow, WorkflowSummary>,
    // ec::not_found.
    rpc<SetUpgradePolicy, WorkflowSummary>,
    // ec::not_found.
    rpc<GetWorkflow, PublishedWorkflow>,
    // ec::not_found.
    rpc<ListRevisions, RevisionList>,
    // What it refuses, or the run; a parent hears of that too.
    rpc<StartPublished, WorkflowAccepted>,
    // From itself: what open runs said to a publication; a look at them goes on.
    rpc<PublishChecked, WorkflowRevision>, note<Tick>,
    // Open runs are to be looked at.
    note<TimerDue>>;

} // namespace troupe
