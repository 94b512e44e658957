// CATALOG METHODS: published workflows and their revisions.
// Invariant: only a publication begins a workflow; a look wakes nobody but the one looked at.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

template <class Reply, class Question>
void ask_workflow(const control_call& call, const Question& question, const reply_to<Reply>& reply) {
  auto name = find_entity(*call.desk->outside, question.workflow(), {"workflow"});
  if (!name)
    return reply(std::move(name.error()));
  ask_for<Reply>(call, to_string(*name), question, reply);
}

} // namespace

void serve(const control_call& call, const ListWorkflows& in, reply_to<WorkflowList> reply) {
  auto most = in.limit() == 0 ? limits::list_rows : std::min<size_t>(in.limit(), limits::list_rows_most);
  auto first = std::make_shared<std::map<std::string, WorkflowSummary>>(); // by ref
  auto total = std::make_shared<uint64_t>(0);
  auto add = [=, all = in.all()](index_table, std::string_view row) {
    WorkflowSummary workflow;
    if (!workflow.ParseFromArray(row.data(), static_cast<int>(row.size())) || (workflow.archived() && !all))
      return;
    ++*total;
    auto name = workflow.workflow();
    first->insert_or_assign(std::move(name), std::move(workflow));
    if (first->size() > most)
      first->erase(std::prev(first->end()));
  };
  walk_index(call.self, call.desk->outside, {index_table::workflows}, add, [=](caf::error failed) {
    if (failed)
      return reply(std::move(failed));
    WorkflowList list;
    list.set_total(*total);
    for (auto& [name, workflow] : *first)
      *list.add_workflows() = std::move(workflow);
    reply(std::move(list));
  });
}

void serve(const control_call& call, const PublishWorkflow& in, reply_to<WorkflowRevision> reply) {
  auto& said = in.workflow().empty() ? in.definition().name() : in.workflow();
  auto is_ref = said.find('/') != std::string::npos;
  auto name = parse_ref(is_ref ? said : fmt::format("{}/workflow/{}", default_tenant, said));
  if (!name || name->kind != "workflow")
    return reply(make_error(
        ec::invalid_argument,
        fmt::format("'{}' is no name of a workflow: write NAME or TENANT/workflow/NAME, each 1 to {} of "
                    "A-Z a-z 0-9 _ . -",
                    said, limits::name_bytes)));
  ask_for<WorkflowRevision>(call, to_string(*name), in, std::move(reply));
}

void serve(const control_call& call, const RollbackWorkflow& in, reply_to<WorkflowRevision> reply) {
  ask_workflow(call, in, reply);
}

void serve(const control_call& call, const GetWorkflow& in, reply_to<PublishedWorkflow> reply) {
  ask_workflow(call, in, reply);
}

void serve(const control_call& call, const ListRevisions& in, reply_to<RevisionList> reply) {
  ask_workflow(call, in, reply);
}

void serve(const control_call& call, const DeprecateRevision& in, reply_to<WorkflowRevision> reply) {
  ask_workflow(call, in, reply);
}

void serve(const control_call& call, const ArchiveWorkflow& in, reply_to<WorkflowSummary> reply) {
  ask_workflow(call, in, reply);
}

void serve(const control_call& call, const SetUpgradePolicy& in, reply_to<WorkflowSummary> reply) {
  ask_workflow(call, in, reply);
}

} // namespace troupe
