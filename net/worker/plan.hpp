// PLAN: what the configuration says of the door for workers.
#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <troupe/net/link/grpc_wire.hpp>
#include <troupe/runtime/config.hpp>

namespace troupe {

/// Where the node listens for workers, and whom it lets in.
struct worker_plan {
  std::string address;              ///< host:port; port 0 = any free one
  std::optional<link_files> files;  ///< nothing = plain, on loopback, with tokens
  std::set<std::string> principals; ///< URIs of certificates that may work
  std::chrono::milliseconds lease{};
};

/// Nothing if the node does not listen. Errors: ec::invalid_argument, what is missing or does not fit: off loopback certificates are
/// required, and with certificates somebody who may work.
caf::expected<std::optional<worker_plan>> plan_workers(const config& settings);

} // namespace troupe
