// ROLLOUT: what a published workflow does about its open runs. For the catalog only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <troupe/actors/workflow/catalog_book.hpp>
#include <troupe/actors/workflow/open_runs.hpp>
#include <troupe/persistence/doors.hpp>

namespace troupe {

/// Lets open runs follow the revision that is current, and asks them whether they could follow one that is to be. What has to survive
/// a crash is in the book; here is what goes on now.
class rollout {
public:
  /// The workflow it works for.
  struct wishes {
    caf::scheduled_actor* self = nullptr;
    const catalog_book* book = nullptr;
    const doors* outside = nullptr;
    std::function<void()> rest;                   ///< somebody calls go_on() soon
    std::function<void(const NoteRollout&)> note; ///< it becomes an event
    std::function<caf::expected<WorkflowDefinition>(const WorkflowRevision&)> definition_of;
  };

  explicit rollout(wishes what) : what_{std::move(what)} {}

  /// A look that is due begins, unless it goes on already.
  void due(const TimerDue& due);
  /// Asks open runs whether they could go on with a definition; `then` hears of nothing, or of what stands against it:
  /// ec::conflict with some runs and why, ec::overloaded for too many runs or while others are asked.
  void check(WorkflowDefinition definition, int64_t now_ms, std::function<void(caf::error)> then);
  /// After a rest.
  void go_on();
  /// Is anybody being asked?
  bool is_busy() const {
    return look_ || check_;
  }

private:
  struct tally;
  std::shared_ptr<open_runs> ask_all(const FollowRevision& question, open_runs::wishes more);
  void answered(tally& so_far, const WorkSummary& run, const caf::expected<RunFollows>& answer);
  void stop_look();
  void looked(tally& so_far, uint32_t shards);

  wishes what_;
  std::shared_ptr<open_runs> look_, check_;
  uint64_t looks_for_ = 0; // revision
  bool look_rests_ = false, check_rests_ = false;
};

} // namespace troupe
