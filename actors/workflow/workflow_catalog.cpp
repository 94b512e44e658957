// WORKFLOW: one published name and all its revisions.
// Invariant: what was published once is read byte by byte the same for ever; an answer that names a revision leaves when it is
// on disk.

#include <fmt/format.h>
#include <troupe/actors/spawn.hpp>
#include <troupe/actors/workflow/catalog_book.hpp>
#include <troupe/actors/workflow/published_run.hpp>
#include <troupe/actors/workflow/rollout.hpp>
#include <troupe/behaviors/workflow_diff.hpp>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/interface/catalog.hpp>
#include <troupe/runtime/limits.hpp>
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

// What goes on besides; the book knows nothing of it.
struct workflow_work {
  size_t beginning = 0; // runs that have not answered yet
  std::unique_ptr<rollout> following;
};

using workflow_pointer = workflow_actor::stateful_pointer<catalog_book>;

std::shared_ptr<workflow_work> make_work(workflow_pointer self, entity_log<catalog_book> log) {
  auto work = std::make_shared<workflow_work>();
  rollout::wishes wanted;
  wanted.self = self;
  wanted.book = &self->state;
  wanted.outside = &log.outside();
  wanted.rest = [self] { tell(self, workflow_actor{self}, Tick{}); };
  wanted.note = [log](const NoteRollout& note) mutable { log.act(note); };
  wanted.definition_of = [log](const WorkflowRevision& revision) { return definition_of(log, revision); };
  work->following = std::make_unique<rollout>(std::move(wanted));
  log.stay_awake_while([known = std::weak_ptr{work}] {
    auto at = known.lock();
    return at && (at->beginning > 0 || at->following->is_busy());
  });
  return work;
}

// Whatever comes of it, the log answers: it knows whether the command was sent before.
void publish_checked(workflow_pointer self, entity_log<catalog_book> log, PublishChecked checked,
                     std::shared_ptr<postponed> question, const caf::error& refused) {
  if (refused)
    *checked.mutable_refusal() = to_failure(refused);
  auto answer = [question](auto told) {
    if (auto promise = question->take(); promise.pending())
      promise.deliver(std::move(told));
  };
  ask<WorkflowRevision>(self, *log.outside().names, log.ref(), limits::request_timeout, std::move(checked))
      .then([=](const WorkflowRevision& told) { answer(told); }, [=](const caf::error& why) { answer(why); });
}

// Where open runs have to follow, they are asked first.
template <class Command>
caf::result<WorkflowRevision> publish(workflow_pointer self, entity_log<catalog_book> log,
                                      workflow_work& work, const Command& cmd,
                                      const caf::expected<WorkflowDefinition>& definition) {
  auto& book = self->state;
  if (book.newest() == 0 || book.catalog.policy() != UPGRADE_MIGRATE)
    return log.handle(cmd);
  if (auto decided = book.decide(cmd, log.now_ms()); !decided || decided->empty())
    return log.handle(cmd);
  if (!definition)
    return log.answer<WorkflowRevision>(definition.error());
  PublishChecked checked;
  *checked.mutable_context() = cmd.context();
  if constexpr (std::is_same_v<Command, PublishWorkflow>)
    *checked.mutable_publish() = cmd;
  else
    *checked.mutable_rollback() = cmd;
  auto question = std::make_shared<postponed>(log.postpone());
  work.following->check(*definition, log.now_ms(), [=](const caf::error& refused) {
    publish_checked(self, log, checked, question, refused);
  });
  return caf::delegated<WorkflowRevision>{};
}

workflow_actor::behavior_type workflow(workflow_pointer self, entity_log<catalog_book> log) {
  auto work = make_work(self, log);
  return {
      [=](const PublishWorkflow& cmd) mutable {
        auto told = cmd;
        told.set_changes(changes_between(log, self->state.find(cmd.parent()), cmd.definition()));
        return publish(self, log, *work, told, cmd.definition());
      },
      [=](const RollbackWorkflow& cmd) mutable {
        auto told = cmd;
        auto target = self->state.find(cmd.to());
        auto definition = target ? definition_of(log, *target) : std::move(target.error());
        told.set_changes(definition ? changes_between(log, self->state.find(0), *definition) : "");
        return publish(self, log, *work, told, definition);
      },
      [=](const DeprecateRevision& cmd) mutable { return log.handle(cmd); },
      [=](const ArchiveWorkflow& cmd) mutable { return log.handle(cmd); },
      [=](const SetUpgradePolicy& cmd) mutable { return log.handle(cmd); },
      [=](const GetWorkflow& cmd) mutable { return log.answer(describe(log, cmd)); },
      [=](const ListRevisions&) mutable { return log.answer(list(self->state)); },
      [=](const StartPublished& cmd) mutable -> caf::result<WorkflowAccepted> {
        auto question = std::make_shared<postponed>(log.postpone());
        auto answer = [=](auto told) {
          --work->beginning;
          if (auto promise = question->take(); promise.pending()) // nobody waits for what a parent sends
            promise.deliver(std::move(told));
        };
        ++work->beginning;
        auto newest = [self] { return self->state.newest(); };
        begin({self, log.outside().names, log.outside().time, log.ref(), newest, cmd, answer, answer});
        return caf::delegated<WorkflowAccepted>{};
      },
      [=](const PublishChecked& cmd) mutable { return log.handle(cmd); },
      [=](const Tick&) { work->following->go_on(); },
      [=](const TimerDue& due) { work->following->due(due); },
  };
}

} // namespace

entity_kind workflow_kind() {
  return make_kind<catalog_book>("workflow", workflow);
}

} // namespace troupe
