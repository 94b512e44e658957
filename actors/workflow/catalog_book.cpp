// CATALOG BOOK: publications, rollbacks, what is deprecated or archived.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/catalog_book.hpp>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

caf::error check_note(const std::string& text) {
  if (text.size() <= limits::catalog_text_bytes)
    return {};
  return make_error(ec::invalid_argument, fmt::format("a note has at most {} bytes, and this has {}",
                                                      limits::catalog_text_bytes, text.size()));
}

caf::error check_source(RevisionSource source) {
  if (RevisionSource_IsValid(source))
    return {};
  return make_error(
      ec::invalid_argument,
      fmt::format("{} is no source of a revision: user, system or automated", static_cast<int>(source)));
}

std::string rollout_timer(const Rollout& rollout) {
  return fmt::format("rollout/{}", rollout.revision());
}

} // namespace

std::string catalog_book::own_name() const {
  return catalog.workflow().substr(catalog.workflow().rfind('/') + 1);
}

caf::error catalog_book::nothing_published() const {
  return make_error(
      ec::not_found,
      fmt::format("there is no workflow {}; publish it with `troupe workflow publish FILE`", own_name()));
}

// What forbids that any revision follows.
template <class Command>
caf::error catalog_book::refuse_revision(const Command& cmd) const {
  if (auto wrong = check_note(cmd.note()))
    return wrong;
  if (auto wrong = check_source(cmd.source()))
    return wrong;
  if (cmd.has_expected() && cmd.expected() != newest())
    return make_error(ec::conflict,
                      fmt::format("revision {} of {} was expected to be current, and {} is; look at what was "
                                  "published meanwhile with `troupe workflow versions {}`",
                                  cmd.expected(), own_name(), newest(), own_name()));
  if (newest() >= limits::catalog_revisions)
    return make_error(ec::overloaded,
                      fmt::format("{} has {} revisions, and no more are kept; publish under another name",
                                  own_name(), newest()));
  return {};
}

template <class Command>
WorkflowRevision catalog_book::next_revision(const Command& cmd, int64_t now_ms) const {
  WorkflowRevision next;
  next.set_number(newest() + 1);
  next.set_source(cmd.source());
  next.set_by(cmd.context().principal());
  next.set_time_ms(now_ms);
  next.set_note(cmd.note());
  next.set_changes(cmd.changes());
  return next;
}

catalog_book::decision catalog_book::decide(const PublishWorkflow& cmd, int64_t now_ms) const {
  auto& definition = cmd.definition();
  if (definition.name() != own_name())
    return make_error(ec::invalid_argument,
                      fmt::format("the definition is that of '{}', and {} is published here",
                                  definition.name(), own_name()));
  if (auto invalid = validate(definition))
    return invalid;
  if (definition.ByteSizeLong() > limits::definition_bytes)
    return make_error(ec::invalid_workflow, fmt::format("the definition has {} bytes, and {} are allowed",
                                                        definition.ByteSizeLong(), limits::definition_bytes));
  if (catalog.archived())
    return make_error(ec::conflict,
                      fmt::format("{} is archived; `troupe workflow archive {} --undo` opens it again",
                                  own_name(), own_name()));
  auto hash = content_hash(definition);
  if (has_begun() && hash == current().hash())
    return std::vector<CatalogEvent>{};
  if (auto refused = refuse_revision(cmd))
    return refused;
  if (cmd.parent() > newest())
    return make_error(ec::not_found,
                      fmt::format("{} has no revision {}, which this is to follow; there are 1 to {}",
                                  own_name(), cmd.parent(), newest()));
  CatalogEvent decided;
  auto& published = *decided.mutable_published();
  *published.mutable_definition() = definition;
  auto& next = *published.mutable_revision() = next_revision(cmd, now_ms);
  next.set_label(definition.version());
  next.set_hash(hash);
  next.set_parent(cmd.parent() == 0 ? newest() : cmd.parent());
  next.set_steps(static_cast<uint32_t>(definition.steps_size()));
  published.set_rolls_out(rolls_out());
  return std::vector{std::move(decided)};
}

catalog_book::decision catalog_book::decide(const RollbackWorkflow& cmd, int64_t now_ms) const {
  if (!has_begun())
    return nothing_published();
  auto target = find(cmd.to());
  if (!target || cmd.to() == 0)
    return target ? make_error(ec::invalid_argument, "name the revision to go back to")
                  : std::move(target.error());
  if (catalog.archived())
    return make_error(ec::conflict,
                      fmt::format("{} is archived; `troupe workflow archive {} --undo` opens it again",
                                  own_name(), own_name()));
  if (!target->deprecated().empty())
    return make_error(ec::conflict, fmt::format("revision {} of {} is deprecated: {}", cmd.to(), own_name(),
                                                target->deprecated()));
  if (target->hash() == current().hash())
    return std::vector<CatalogEvent>{};
  if (auto refused = refuse_revision(cmd))
    return refused;
  CatalogEvent decided;
  decided.mutable_rolled_back()->set_rolls_out(rolls_out());
  auto& next = *decided.mutable_rolled_back()->mutable_revision() = next_revision(cmd, now_ms);
  next.set_label(target->label());
  next.set_hash(target->hash());
  next.set_parent(newest());
  next.set_steps(target->steps());
  next.set_restores(target->restores() == 0 ? target->number() : target->restores());
  return std::vector{std::move(decided)};
}

catalog_book::decision catalog_book::decide(const DeprecateRevision& cmd, int64_t now_ms) const {
  if (!has_begun())
    return nothing_published();
  auto found = find(cmd.revision());
  if (!found || cmd.revision() == 0)
    return found ? make_error(ec::invalid_argument, "name the revision to deprecate")
                 : std::move(found.error());
  if (auto wrong = check_note(cmd.reason()))
    return wrong;
  if (!cmd.undo() && cmd.revision() == newest())
    return make_error(
        ec::conflict,
        fmt::format("revision {} of {} is current; go back to an earlier one first with `troupe "
                    "workflow rollback {} --to N`",
                    cmd.revision(), own_name(), own_name()));
  auto reason = cmd.undo() ? std::string{} : cmd.reason().empty() ? "no reason given" : cmd.reason();
  if (reason == found->deprecated())
    return std::vector<CatalogEvent>{};
  CatalogEvent decided;
  auto& deprecated = *decided.mutable_deprecated();
  deprecated.set_revision(cmd.revision());
  deprecated.set_reason(reason);
  deprecated.set_by(cmd.context().principal());
  deprecated.set_time_ms(now_ms);
  return std::vector{std::move(decided)};
}

catalog_book::decision catalog_book::decide(const ArchiveWorkflow& cmd, int64_t now_ms) const {
  if (!has_begun())
    return nothing_published();
  if (catalog.archived() == !cmd.undo())
    return std::vector<CatalogEvent>{};
  CatalogEvent decided;
  auto& archived = *decided.mutable_archived();
  archived.set_archived(!cmd.undo());
  archived.set_by(cmd.context().principal());
  archived.set_time_ms(now_ms);
  return std::vector{std::move(decided)};
}

catalog_book::decision catalog_book::decide(const SetUpgradePolicy& cmd, int64_t now_ms) const {
  if (!has_begun())
    return nothing_published();
  if (!UpgradePolicy_IsValid(cmd.policy()))
    return make_error(ec::invalid_argument, fmt::format("{} is no policy: pinned, auto or migrate",
                                                        static_cast<int>(cmd.policy())));
  if (cmd.policy() == catalog.policy())
    return std::vector<CatalogEvent>{};
  CatalogEvent decided;
  auto& set = *decided.mutable_policy_set();
  set.set_policy(cmd.policy());
  set.set_by(cmd.context().principal());
  set.set_time_ms(now_ms);
  return std::vector{std::move(decided)};
}

catalog_book::decision catalog_book::decide(const PublishChecked& cmd, int64_t now_ms) const {
  if (cmd.has_refusal())
    return error_of(cmd.refusal());
  return cmd.has_publish() ? decide(cmd.publish(), now_ms) : decide(cmd.rollback(), now_ms);
}

catalog_book::decision catalog_book::decide(const NoteRollout& cmd, int64_t now_ms) const {
  auto& looked = cmd.rolled_out();
  auto& rollout = catalog.rollout();
  if (!is_rolling_out() || looked.revision() != rollout.revision() || looked.shards() <= rollout.shards())
    return std::vector<CatalogEvent>{};
  CatalogEvent decided;
  auto& noted = *decided.mutable_rolled_out() = looked;
  noted.set_time_ms(now_ms);
  if (looked.shards() == limits::shards && rollout.looked_ms() == 0) // until then a start may be on its way
    noted.set_next_ms(std::max(now_ms, rollout.published_ms() + limits::request_timeout.count()));
  return std::vector{std::move(decided)};
}

void catalog_book::apply(const CatalogEvent& happened) {
  catalog.set_events(catalog.events() + 1);
  switch (happened.kind_case()) {
  case CatalogEvent::kPublished: {
    auto& added = *catalog.add_revisions() = happened.published().revision();
    added.set_event(catalog.events());
    recent_.push_back(
        {catalog.events(), std::make_shared<const WorkflowDefinition>(happened.published().definition())});
    if (recent_.size() > limits::catalog_recent)
      recent_.pop_front();
    catalog.clear_rollout();
    if (happened.published().rolls_out())
      begin_rollout();
    break;
  }
  case CatalogEvent::kRolledBack: {
    auto& revision = happened.rolled_back().revision();
    auto event_number = catalog.revisions(static_cast<int>(revision.restores()) - 1).event();
    auto& added = *catalog.add_revisions() = revision;
    added.set_event(event_number);
    catalog.clear_rollout();
    if (happened.rolled_back().rolls_out())
      begin_rollout();
    break;
  }
  case CatalogEvent::kDeprecated:
    catalog.mutable_revisions(static_cast<int>(happened.deprecated().revision()) - 1)
        ->set_deprecated(happened.deprecated().reason());
    break;
  case CatalogEvent::kArchived:
    catalog.set_archived(happened.archived().archived());
    break;
  case CatalogEvent::kPolicySet:
    catalog.set_policy(happened.policy_set().policy());
    break;
  case CatalogEvent::kRolledOut:
    note(happened.rolled_out());
    break;
  default:
    break;
  }
}

void catalog_book::begin_rollout() {
  catalog.mutable_rollout()->set_revision(current().number());
  catalog.mutable_rollout()->set_published_ms(current().time_ms());
}

void catalog_book::note(const CatalogEvent::RolledOut& looked) {
  auto& rollout = *catalog.mutable_rollout();
  rollout.set_moved(rollout.moved() + looked.moved());
  rollout.set_stayed(rollout.stayed() + looked.stayed());
  for (auto& one : looked.staying())
    if (rollout.staying_size() < limits::rollout_staying)
      *rollout.add_staying() = one;
  rollout.set_shards(looked.shards() % limits::shards);
  if (looked.shards() < limits::shards)
    return;
  rollout.set_next_ms(looked.next_ms());
  if (rollout.looked_ms() == 0)
    rollout.set_looked_ms(looked.time_ms());
  else
    rollout.set_ended_ms(looked.time_ms());
}

bool catalog_book::is_due(const TimerDue& due) const {
  auto& rollout = catalog.rollout();
  return is_rolling_out() && due.timer() == rollout_timer(rollout) && due.due_ms() == rollout.next_ms();
}

void catalog_book::tidy(const CatalogEvent& happened, effects& out) const {
  auto is_over = happened.has_published() || happened.has_rolled_back() ||
                 (happened.has_rolled_out() && happened.rolled_out().shards() == limits::shards);
  if (is_over && is_rolling_out())
    out.cancel(rollout_timer(catalog.rollout()), catalog.rollout().next_ms());
}

void catalog_book::bring_about(const CatalogEvent& happened, effects& out) const {
  out.put(index_table::workflows, "workflow", summary());
  auto& rollout = catalog.rollout();
  if (happened.published().rolls_out() || happened.rolled_back().rolls_out()) {
    out.outbox(rollout_timer(rollout));
    TimerDue now;
    now.set_timer(rollout_timer(rollout));
    out.tell(catalog.workflow(), std::move(now));
  } else if (happened.rolled_out().next_ms() > 0) {
    out.timer(rollout_timer(rollout), rollout.next_ms(), {.set_ms = rollout.published_ms()});
  }
}

caf::expected<WorkflowRevision> catalog_book::find(uint64_t revision, const std::string& hash) const {
  if (!has_begun())
    return nothing_published();
  if (revision > newest())
    return make_error(ec::not_found, fmt::format("{} has no revision {}; there are 1 to {}", own_name(),
                                                 revision, newest()));
  if (revision > 0)
    return catalog.revisions(static_cast<int>(revision) - 1);
  if (hash.empty())
    return current();
  const WorkflowRevision* found = nullptr;
  for (auto& one : catalog.revisions())
    if (one.hash().starts_with(hash)) {
      if (found && found->hash() != one.hash())
        return make_error(
            ec::conflict,
            fmt::format("revisions {} and {} of {} have hashes that begin with {}; write more of it",
                        found->number(), one.number(), own_name(), hash));
      found = &one;
    }
  if (!found)
    return make_error(ec::not_found,
                      fmt::format("{} has no revision whose hash begins with {}", own_name(), hash));
  return *found;
}

std::shared_ptr<const WorkflowDefinition> catalog_book::recent_definition(uint64_t event_number) const {
  auto found = std::find_if(recent_.begin(), recent_.end(),
                            [=](auto& kept) { return kept.event_number == event_number; });
  return found == recent_.end() ? nullptr : found->definition;
}

WorkflowSummary catalog_book::summary() const {
  WorkflowSummary row;
  row.set_workflow(catalog.workflow());
  if (has_begun())
    *row.mutable_current() = current();
  row.set_revisions(newest());
  row.set_policy(catalog.policy());
  row.set_archived(catalog.archived());
  if (catalog.has_rollout())
    *row.mutable_rollout() = catalog.rollout();
  return row;
}

} // namespace troupe
