// CLUSTER MEMBERS: the nodes of a cluster as the configuration names them.
#pragma once

#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// One node.
struct cluster_member {
  std::string name;
  std::string address;  ///< host:port; an IPv6 host in brackets
  std::string identity; ///< the URI in its certificate; empty = the one that is made of cluster and name
};

/// Reads `a 10.0.0.1:7800; b 10.0.0.2:7800 spiffe://prod/b`: name, address, and the identity unless it is the usual one. Error:
/// ec::invalid_argument, saying where and what is allowed; at most limits::link_members.
caf::expected<std::vector<cluster_member>> parse_cluster_members(std::string_view text);

/// What is wrong with such a text; nothing if it can be read.
std::optional<std::string> check_cluster_members(std::string_view text);

/// The usual identity of a node: `troupe://CLUSTER/NODE`.
std::string usual_identity(std::string_view cluster, std::string_view node);

} // namespace troupe
