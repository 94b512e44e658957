// MIRROR: a copy of what etcd knows of a cluster, as of one revision; without threads, clocks or sockets.
#pragma once

#include <troupe/net/cluster/coordinator.hpp>
#include <troupe/net/etcd/keys.hpp>
#include <troupe/net/etcd/messages.hpp>

namespace troupe::etcd {

/// Read as a whole, then kept by what a watch tells. Keys it does not know, and members whose value it cannot read, are not there for it.
class mirror {
public:
  explicit mirror(keys names) : names_{std::move(names)} {}

  /// Takes what was read as a whole. True if the view is another one, or the first.
  bool replace(const range_answer& all);
  /// Takes what a watch tells; what is known already is passed over. True if the view is another one.
  bool apply(const watch_answer& told);

  /// What is known. Its revision never goes back, though that of etcd does when it is restored from a backup.
  const cluster_view& view() const {
    return view_;
  }
  /// The revision of etcd that this is of; a watch begins behind it.
  int64_t revision() const {
    return revision_;
  }

private:
  void put(cluster_view& in, const row& now) const;
  void publish(cluster_view next);

  keys names_;
  cluster_view view_;
  int64_t revision_ = 0;
};

} // namespace troupe::etcd
