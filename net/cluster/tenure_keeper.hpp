// TENURE KEEPER: does what the tenure of a node asks for: it has the coordinator, the store and the staff of the shards do it.
#pragma once

#include <mutex>
#include <troupe/net/cluster/holdings.hpp>
#include <troupe/net/cluster/tenure.hpp>
#include <troupe/persistence/doors.hpp>
#include <troupe/persistence/shard_epochs.hpp>
#include <troupe/runtime/interface/cluster.hpp>

namespace troupe {

/// What tells the keeper that something has happened, from whatever thread. Thread-safe; outlives all keepers of its node.
class tenure_inbox {
public:
  /// What has come since it was taken last.
  struct news {
    std::optional<cluster_view> view; ///< the newest
    std::vector<std::pair<uint8_t, caf::expected<uint64_t>>> raised;
    std::vector<uint8_t> deposed;
  };

  /// A view of the coordinator.
  void saw(const cluster_view& now);
  /// What the store says to a wish for an epoch.
  void raised(uint8_t shard, caf::expected<uint64_t> epoch);
  /// The store has refused a write: there is a higher epoch than this node's.
  void deposed(uint8_t shard);

  /// Takes what has come.
  news take();
  /// Who hears that there is something to take; of two, the later, for whom the newest view is news again.
  void tell(std::function<void()> poke);

private:
  template <class Put>
  void put(Put what);

  std::mutex mutex_;
  news news_;
  std::optional<cluster_view> newest_;
  std::function<void()> poke_;
};

/// What a keeper works with.
struct tenure_parts {
  std::shared_ptr<coordinator> leases;
  std::shared_ptr<shard_epochs> epochs; ///< which the journal reads
  std::shared_ptr<holdings> whose;      ///< which the route reads
  std::shared_ptr<tenure_inbox> inbox;
};

/// Starts the keeper of a node. What an earlier one has left open is closed first. `outside` has the store that is shared.
tenure_actor spawn_tenure(caf::scheduled_actor* parent, doors_ptr outside, tenure_parts parts);

} // namespace troupe
