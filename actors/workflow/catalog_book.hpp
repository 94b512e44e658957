// CATALOG BOOK: what a published workflow decides, without the actor.
#pragma once

#include <caf/expected.hpp>
#include <deque>
#include <memory>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/rollout.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <vector>

namespace troupe {

/// The state of a published workflow; see event_sourced.hpp. Invariants: revisions are numbered from 1 without a gap, the last one
/// is current; of a revision nothing ever changes but whether it is deprecated; its definition is in the event it names; a rollout is of
/// the current revision, and has a timer until it has ended.
struct catalog_book {
  using event = CatalogEvent;
  using decision = caf::expected<std::vector<CatalogEvent>>;
  static inline const char* name = "workflow";
  static constexpr uint16_t version = 1;

  /// Errors: catalog.proto tells them of each.
  decision decide(const PublishWorkflow& cmd, int64_t now_ms) const;
  decision decide(const RollbackWorkflow& cmd, int64_t now_ms) const;
  decision decide(const DeprecateRevision& cmd, int64_t now_ms) const;
  decision decide(const ArchiveWorkflow& cmd, int64_t now_ms) const;
  decision decide(const SetUpgradePolicy& cmd, int64_t now_ms) const;
  decision decide(const PublishChecked& cmd, int64_t now_ms) const;
  decision decide(const NoteRollout& cmd, int64_t now_ms) const;

  /// As event_sourced.hpp says.
  void apply(const CatalogEvent& happened);
  /// The timer of a rollout that is over, or of a revision that is no longer current.
  void tidy(const CatalogEvent& happened, effects& out) const;
  /// Its row in listings, the timer of a rollout.
  void bring_about(const CatalogEvent& happened, effects& out) const;
  /// Its own name.
  void born(const std::string& ref) {
    catalog.set_workflow(ref);
  }

  /// The current revision.
  WorkflowRevision reply(const PublishWorkflow&) const {
    return current();
  }
  WorkflowRevision reply(const RollbackWorkflow&) const {
    return current();
  }
  WorkflowRevision reply(const PublishChecked&) const {
    return current();
  }
  /// The revision that was asked for.
  WorkflowRevision reply(const DeprecateRevision& cmd) const {
    return catalog.revisions(static_cast<int>(cmd.revision()) - 1);
  }
  /// How it stands.
  WorkflowSummary reply(const ArchiveWorkflow&) const {
    return summary();
  }
  WorkflowSummary reply(const SetUpgradePolicy&) const {
    return summary();
  }

  /// As event_sourced.hpp says.
  CatalogState save() const {
    return catalog;
  }
  /// As event_sourced.hpp says.
  bool load(const CatalogState& saved) {
    catalog = saved;
    return true;
  }

  /// The revision with this number, the newest whose hash begins so, or the current one for 0 and "". Errors: ec::not_found; ec::conflict
  /// if several contents begin so.
  caf::expected<WorkflowRevision> find(uint64_t revision, const std::string& hash = {}) const;
  /// The definition of that event if it was read or written lately, else null.
  std::shared_ptr<const WorkflowDefinition> recent_definition(uint64_t event_number) const;
  /// Its row in listings.
  WorkflowSummary summary() const;
  /// How many revisions there are; 0 = nothing is published.
  uint64_t newest() const {
    return static_cast<uint64_t>(catalog.revisions_size());
  }
  /// Is this the timer of the rollout that goes on?
  bool is_due(const TimerDue& due) const;

  CatalogState catalog; ///< without a revision nothing is published

private:
  struct kept_definition {
    uint64_t event_number;
    std::shared_ptr<const WorkflowDefinition> definition;
  };
  bool has_begun() const {
    return catalog.revisions_size() > 0;
  }
  const WorkflowRevision& current() const {
    return *catalog.revisions().rbegin();
  }
  bool rolls_out() const {
    return has_begun() && catalog.policy() != UPGRADE_PINNED;
  }
  bool is_rolling_out() const {
    return catalog.rollout().revision() > 0 && catalog.rollout().ended_ms() == 0;
  }
  void begin_rollout();
  void note(const CatalogEvent::RolledOut& looked);
  std::string own_name() const;
  caf::error nothing_published() const;
  template <class Command>
  caf::error refuse_revision(const Command& cmd) const;
  template <class Command>
  WorkflowRevision next_revision(const Command& cmd, int64_t now_ms) const;

  std::deque<kept_definition> recent_; // not saved: events have them all
};

} // namespace troupe
