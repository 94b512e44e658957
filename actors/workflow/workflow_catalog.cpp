// WORKFLOW: one published name and all its revisions.
// Invariant: what was published once is read byte by byte the same for ever; an answer that names a revision leaves when it is
// on disk.

#include <fmt/format.h>
#include <troupe/actors/spawn.hpp>
#include <troupe/actors/workflow/catalog_book.hpp>
#include <troupe/actors/workflow/published_run.hpp>
#include <troupe/behaviors/workflow_diff.hpp>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/runtime/interface/catalog.hpp>
#include <troupe/runtime/proto/run.pb.h>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

// Reads the event that holds a definition from the store.
caf::expected<WorkflowDefinition> read_definition(const doors& outside, const std::string& ref,
                                                  uint64_t event_number) {
  auto stored =
      outside.rows->get(space::journal, journal_key(identify(ref, outside.rows->naming_key()), event_number));
  if (!stored)
    return std::move(stored.error());
  if (!*stored)
    return make_error(ec::unavailable,
                      fmt::format("event {} of {} is not written yet; ask again", event_number, ref));
  auto record = read_record(ref, **stored, outside.objects.get());
  if (!record)
    return std::move(record.error());
  JournalRecord content;
  if (!content.ParseFromString(record->payload))
    return make_error(ec::corrupt, fmt::format("event {} of {} is damaged", event_number, ref));
  auto happened = read_event<catalog_book>(record->header.type, record->header.version, content.event());
  if (!happened)
    return std::move(happened.error());
  return std::move(*happened->mutable_published()->mutable_definition());
}

caf::expected<WorkflowDefinition> definition_of(const entity_log<catalog_book>& log,
                                                const WorkflowRevision& revision) {
  if (auto kept = log.state().recent_definition(revision.event()))
    return *kept;
  return read_definition(log.outside(), log.ref(), revision.event());
}

// One line; empty if one of them cannot be read now, for a publication does not wait for that.
std::string changes_between(const entity_log<catalog_book>& log,
                            const caf::expected<WorkflowRevision>& before, const WorkflowDefinition& after) {
  if (!before)
    return {};
  auto definition = definition_of(log, *before);
  return definition
             ? std::string{cut_utf8(summary(difference(*definition, after)), limits::catalog_text_bytes)}
             : "";
}

caf::expected<PublishedWorkflow> describe(const entity_log<catalog_book>& log, const GetWorkflow& cmd) {
  auto& book = log.state();
  auto found = book.find(cmd.revision(), cmd.hash());
  if (!found)
    return std::move(found.error());
  auto definition = definition_of(log, *found);
  if (!definition)
    return std::move(definition.error());
  PublishedWorkflow answer;
  *answer.mutable_workflow() = book.summary();
  *answer.mutable_revision() = std::move(*found);
  *answer.mutable_definition() = std::move(*definition);
  return answer;
}

caf::expected<RevisionList> list(const catalog_book& book) {
  if (auto nothing = book.find(0); !nothing)
    return std::move(nothing.error());
  RevisionList answer;
  *answer.mutable_workflow() = book.summary();
  *answer.mutable_revisions() = book.catalog.revisions();
  return answer;
}

workflow_actor::behavior_type workflow(workflow_actor::stateful_pointer<catalog_book> self,
                                       entity_log<catalog_book> log) {
  auto beginning = std::make_shared<size_t>(0); // runs that have not answered yet
  log.stay_awake_while([=] { return *beginning > 0; });
  return {
      [=](const PublishWorkflow& cmd) mutable {
        auto told = cmd;
        told.set_changes(changes_between(log, self->state.find(cmd.parent()), cmd.definition()));
        return log.handle(told);
      },
      [=](const RollbackWorkflow& cmd) mutable {
        auto told = cmd;
        auto target = self->state.find(cmd.to());
        auto definition = target ? definition_of(log, *target) : std::move(target.error());
        told.set_changes(definition ? changes_between(log, self->state.find(0), *definition) : "");
        return log.handle(told);
      },
      [=](const DeprecateRevision& cmd) mutable { return log.handle(cmd); },
      [=](const ArchiveWorkflow& cmd) mutable { return log.handle(cmd); },
      [=](const SetUpgradePolicy& cmd) mutable { return log.handle(cmd); },
      [=](const GetWorkflow& cmd) mutable { return log.answer(describe(log, cmd)); },
      [=](const ListRevisions&) mutable { return log.answer(list(self->state)); },
      [=](const StartPublished& cmd) mutable -> caf::result<WorkflowAccepted> {
        auto question = std::make_shared<postponed>(log.postpone());
        auto answer = [=](auto told) {
          --*beginning;
          if (auto promise = question->take(); promise.pending()) // nobody waits for what a parent sends
            promise.deliver(std::move(told));
        };
        ++*beginning;
        begin({self, log.outside().names, log.ref(), cmd, answer, answer});
        return caf::delegated<WorkflowAccepted>{};
      },
  };
}

} // namespace

entity_kind workflow_kind() {
  return make_kind<catalog_book>("workflow", workflow);
}

} // namespace troupe
