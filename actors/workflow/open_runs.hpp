// OPEN RUNS: those of a published workflow, each asked to follow a revision. For the catalog only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/proto/rollout.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <vector>

namespace troupe {

/// Open runs of a published workflow in a shard of this node's listing; runs that steps of other runs have begun are left out. Errors:
/// ec::overloaded if there are more than `most`, those of store::scan().
caf::expected<std::vector<WorkSummary>> find_open_runs(const store& rows, const std::string& workflow,
                                                       uint8_t shard, uint64_t most);

/// One look at all open runs, a shard after the other, whatever node owns it.
class open_runs : public std::enable_shared_from_this<open_runs> {
public:
  /// What is asked by whom, and who hears of it.
  struct wishes {
    caf::scheduled_actor* self = nullptr;
    std::shared_ptr<const store> rows;
    std::shared_ptr<directory> names;
    std::string workflow; ///< ref
    FollowRevision question;
    uint32_t shard = 0;         ///< the first
    size_t most = SIZE_MAX;     ///< runs; above, it ends with ec::overloaded
    std::function<void()> rest; ///< others get their turn; then somebody calls go_on()
    std::function<void(const WorkSummary& run, const caf::expected<RunFollows>& answer)> answered;
    std::function<void(uint32_t shards)> looked; ///< all in the shards before this one have answered
    std::function<void(caf::error)> over;        ///< the last call, once: all shards, or why not
  };

  explicit open_runs(wishes what) : what_{std::move(what)} {}

  /// Begins, or goes on after a rest.
  void go_on();
  /// Asks nobody any more, and tells nobody.
  void stop() {
    stopped_ = true;
  }

private:
  void ask_node(const std::string& node);
  void take(caf::expected<std::vector<WorkSummary>> found);
  void ask_more();
  void ask(const WorkSummary& run);

  wishes what_;
  std::vector<WorkSummary> found_; // in this shard
  size_t next_ = 0;                // of them
  size_t open_ = 0;                // questions
  size_t all_ = 0;                 // runs found so far
  bool asking_ = false, stopped_ = false;
};

} // namespace troupe
