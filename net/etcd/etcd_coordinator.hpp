// The coordinator that is an etcd (3.4 or newer), through its JSON gateway.
#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <troupe/net/cluster/coordinator.hpp>
#include <troupe/runtime/cluster_limits.hpp>
#include <troupe/runtime/secret.hpp>

namespace troupe {

/// Where an etcd is, who asks, and what for.
struct etcd_options {
  std::string endpoints; ///< `http://HOST:PORT` or `https://HOST:PORT`, with spaces between; tried in turn
  std::string
      authority; ///< the certificate of the authority that signs those of etcd, in PEM, a file; empty = the system's
  std::string user; ///< empty = nobody
  secret password;
  std::string cluster; ///< its keys begin with `/troupe/CLUSTER/`

  std::chrono::milliseconds lease = limits::lease; ///< whole seconds, at least 2: etcd grants no shorter one
  std::chrono::milliseconds renewal = limits::lease_renewal; ///< how often it is renewed
  std::chrono::milliseconds slack = limits::lease_slack;     ///< see sure_until_ms()
};

/// Says nothing to etcd before join(). Then two threads do: one asks, one watches. Going away it ends the lease as leave() does, but waits for
/// that no longer than limits::etcd_parting. Not to be left or to go away inside of the listener. Errors: ec::invalid_argument, for options that
/// make no sense, and for http to another machine; ec::not_found for an authority that cannot be read.
caf::expected<std::shared_ptr<coordinator>> open_etcd(const etcd_options& options);

} // namespace troupe
