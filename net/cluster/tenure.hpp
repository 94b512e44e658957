// TENURE: which shards a node takes, keeps and gives up, in a cluster whose shards move by themselves. No threads, no clock, no I/O.
#pragma once

#include <troupe/net/cluster/coordinator.hpp>
#include <troupe/net/cluster/shard_map.hpp>
#include <troupe/runtime/cluster_limits.hpp>

namespace troupe {

/// Who is to own each shard: the members that live and do not drain, by rendezvous hashing as in shard_map::create(). If all drain, whoever
/// holds a shard keeps it. Every member computes the same from the same view.
std::array<std::string, limits::shards> wanted_owners(const cluster_view& now);

/// When an input is given, on this machine's steady clock.
struct tenure_time {
  int64_t now_ms = 0;
  int64_t sure_until_ms = 0; ///< coordinator::sure_until_ms()
};

/// What is to be done, in this order.
struct tenure_orders {
  /// A shard that is open from now on, and under which epoch.
  struct opening {
    uint8_t shard;
    uint64_t epoch;
  };
  std::vector<uint8_t> shut;    ///< they are not this node's any more: nothing is written for them
  std::vector<uint8_t> close;   ///< put all who live there to sleep, then say closed(); nobody wakes there
  std::vector<uint8_t> end;     ///< the same, at once
  std::vector<opening> open;    ///< entities may wake and write
  std::vector<uint8_t> claim;   ///< coordinator::claim()
  std::vector<uint8_t> release; ///< coordinator::release()
  std::vector<uint8_t> raise;   ///< store::raise_epoch(), then say raised()

  bool empty() const {
    return shut.empty() && close.empty() && end.empty() && open.empty() && claim.empty() && release.empty() &&
           raise.empty();
  }
};

/// The state machine of one node. Inputs are facts and may come twice, late, or never; due() says what follows from what is known, and says
/// it again after limits::tenure_retry if nothing has come of it.
class tenure {
public:
  /// Where a shard is on its way.
  enum class stage : uint8_t {
    absent,    ///< it is not this node's
    claiming,  ///< the coordinator is asked for it
    raising,   ///< held; the store is asked for an epoch
    open,      ///< this node's
    closing,   ///< this node's still; it is to move, and falls asleep
    ending,    ///< not this node's any more; somebody may still be awake
    releasing, ///< held, and closed
  };

  /// Knows nothing yet. An earlier one on this node may have left shards open, so all are ended first.
  explicit tenure(std::string self);

  /// A view has come. One that is older than another is ignored.
  void saw(const cluster_view& now, tenure_time at);
  /// The store has given an epoch, or has failed.
  void raised(uint8_t shard, const caf::expected<uint64_t>& epoch);
  /// Nobody is awake there any more.
  void closed(uint8_t shard);
  /// Nobody has said so, and nobody will.
  void not_closed(uint8_t shard);
  /// The store has refused a write for it: there is a higher epoch.
  void deposed(uint8_t shard);

  /// What is to be done now.
  tenure_orders due(tenure_time at);

  /// Where a shard is.
  stage at(uint8_t shard) const {
    return shards_[shard].where;
  }
  /// Whether the lease was sure when it was looked at last.
  bool is_sure() const {
    return sure_;
  }
  /// The newest view.
  const cluster_view& view() const {
    return view_;
  }
  /// wanted_owners() of it.
  const std::array<std::string, limits::shards>& wanted() const {
    return wanted_;
  }

private:
  struct place {
    stage where = stage::ending;
    int64_t since_ms = 0;
    int64_t again_ms = 0; // nothing is tried before
    bool asleep = false;  // closed() came
    bool unheard = false; // not_closed() came
    bool deposed = false; // deposed() came
    bool asked = false;   // the store: raised() has not come yet
    uint64_t epoch = 0;   // that raised() brought; 0 = none
  };

  void note(tenure_time at);
  bool holds(uint8_t shard) const;
  void look(uint8_t shard, tenure_orders& orders);
  void while_held(uint8_t shard, tenure_orders& orders);
  void while_absent(uint8_t shard, tenure_orders& orders);
  void while_raising(uint8_t shard, tenure_orders& orders);
  void while_ending(uint8_t shard, tenure_orders& orders);
  void make_room(tenure_orders& orders);
  void lose(uint8_t shard, tenure_orders& orders);
  void go(uint8_t shard, stage next);
  bool is_time(uint8_t shard, std::chrono::milliseconds until_next);
  size_t count(stage one, stage other) const;

  const std::string self_;
  cluster_view view_;
  std::array<std::string, limits::shards> wanted_;
  std::array<place, limits::shards> shards_;
  int64_t now_ms_ = 0;
  int64_t sure_until_ms_ = 0; // as it was when looked at last
  int64_t trust_ms_ = 0;      // before, no older view says what this node holds
  bool sure_ = false;
  bool lapsed_ = false; // since due() was called last
};

} // namespace troupe
