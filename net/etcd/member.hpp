// MEMBER: one member's lease, presence and claims, and what to ask etcd for next; without threads, clocks or sockets.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <troupe/net/cluster/coordinator.hpp>
#include <troupe/net/etcd/keys.hpp>
#include <troupe/net/etcd/messages.hpp>
#include <troupe/runtime/cluster_limits.hpp>

namespace troupe::etcd {

/// How long a lease is asked for, when it is renewed, and how much earlier it is not sure any more.
struct lease_times {
  std::chrono::milliseconds lease = limits::lease;
  std::chrono::milliseconds renewal = limits::lease_renewal;
  std::chrono::milliseconds slack = limits::lease_slack;
};

/// A question to etcd, and what is needed to understand the answer.
struct call {
  /// What for.
  enum class to { grant, renew, end, place, oust, claim, release };
  to what;
  std::string path;
  std::string body;
  presence as;                 ///< of place
  std::vector<uint8_t> shards; ///< of claim and release
};

/// Asks one thing at a time: next(), and then answered() or refused(). All times are those of one steady clock.
/// It claims only under its own lease while its presence is there under the same one. Another life of its name that has a lower incarnation
/// loses its lease first; one that is as high or higher stays, and this one waits.
class member {
public:
  member(keys names, lease_times times) : names_{std::move(names)}, times_{times} {}

  /// What was asked of the coordinator.
  void join(std::string self, const presence& as);
  void announce(const presence& as);
  void claim(const std::vector<uint8_t>& shards);
  void release(const std::vector<uint8_t>& shards);
  void leave();

  /// What to ask now; nothing if nothing is due.
  std::optional<call> next(int64_t now_ms);
  /// When something will be, if nothing else happens; INT64_MAX = never.
  int64_t due_ms() const;
  /// The answer to what was sent then. Error: it makes no sense; nothing was done, and the same is asked again.
  caf::error answered(const call& asked, std::string_view text, int64_t sent_ms, int64_t now_ms);
  /// etcd refused it, see refusal(), or did not answer. True if that is as good as an answer.
  bool refused(const call& asked, ec why);
  /// A view of this revision of etcd is there; a member that it should show and does not is placed anew.
  void seen(int64_t revision, const cluster_view& now);

  /// As of the coordinator.
  int64_t sure_until_ms() const;
  /// Is the lease ended, after leave()?
  bool left() const {
    return leaving_ && lease_ == 0;
  }
  /// Why it stays outside; no error if it does not.
  caf::error trouble() const;

private:
  call ask(call::to what, std::string path, std::string body) const;
  call place() const;
  call hold(call::to what, const std::set<uint8_t>& shards) const;
  void lost();
  void meet(const row& other, int64_t now_ms);

  keys names_;
  lease_times times_;
  std::string self_; // empty = it has not joined
  presence wanted_;
  bool leaving_ = false;

  int64_t lease_ = 0; // 0 = none
  int64_t sure_ms_ = 0;
  int64_t renew_ms_ = 0;
  std::optional<presence> placed_;     // what etcd has under this lease
  int64_t placed_revision_ = 0;        // since then at the latest
  int64_t rival_lease_ = 0;            // of a life before
  std::optional<uint64_t> other_life_; // the incarnation of one that stays
  int64_t wait_ms_ = 0;                // until then it does not try to be placed
  std::set<uint8_t> claims_, releases_;
};

} // namespace troupe::etcd
