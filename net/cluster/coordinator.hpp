// The door to what the members of a cluster with a shared store agree on outside of it: who lives, and who may try to own which shard.
#pragma once

#include <array>
#include <caf/error.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <troupe/runtime/limits.hpp>
#include <vector>

namespace troupe {

/// What a member says of itself as long as it lives.
struct presence {
  uint64_t incarnation = 0; ///< above that of every earlier life
  bool draining = false;    ///< it gives its shards away and takes none
  friend bool operator==(const presence&, const presence&) = default;
};

/// What a coordinator knows, as of one moment.
struct cluster_view {
  uint64_t revision = 0;                           ///< grows with every change
  std::map<std::string, presence> members;         ///< those alive, by name
  std::array<std::string, limits::shards> holders; ///< who may try to own each shard; empty = nobody
  friend bool operator==(const cluster_view&, const cluster_view&) = default;
};

/// Leases, as a hint. A member's presence and all that it holds end together when its lease does: limits::lease after it was last
/// renewed, or later. What decides about a write is the epoch in the store (store::raise_epoch()): a lease says only who may try.
/// Thread-safe; no call waits for an answer.
class coordinator {
public:
  /// Hears each new view, the first as soon as there is one; views may be skipped. On any thread, one call at a time.
  using listener = std::function<void(const cluster_view& now)>;

  virtual ~coordinator() = default; ///< as leave(), without waiting

  /// Takes a lease for this member, keeps it, and takes a new one whenever it was lost; once, first. Another life of the same name that is
  /// still there is replaced if its incarnation is lower.
  virtual void join(const std::string& self, const presence& as, listener changed) = 0;

  /// Changes what this member says of itself.
  virtual void announce(const presence& as) = 0;

  /// Tries to hold shards that nobody holds. A view tells how it went; to be repeated as long as the shard is wanted.
  virtual void claim(const std::vector<uint8_t>& shards) = 0;

  /// Gives shards up. A view tells when it is done; repeating does no harm.
  virtual void release(const std::vector<uint8_t>& shards) = 0;

  /// Until when the present lease is sure to last, on this machine's steady clock (milliseconds): counted from before its last renewal was
  /// sent, limits::lease_slack earlier than the coordinator would end it. 0 = there is none.
  virtual int64_t sure_until_ms() const = 0;

  /// Why nothing is heard at present; no error if all is well. Error: ec::unavailable, with what to look at.
  virtual caf::error trouble() const = 0;

  /// Ends the lease, and with it all that is held; waits for the answer no longer than limits::coordinator_patience.
  virtual void leave() = 0;
};

} // namespace troupe
