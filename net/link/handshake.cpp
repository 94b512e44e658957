// HANDSHAKE: whether two nodes may speak.

#include <algorithm>
#include <caf/all.hpp>
#include <fmt/format.h>
#include <troupe/net/link/handshake.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/link_limits.hpp>
#include <troupe/runtime/proto/link.pb.h>
#include <troupe/runtime/version.hpp>

namespace troupe {

Hello make_hello(const std::string& cluster, const std::string& node, uint64_t incarnation) {
  Hello hello;
  hello.set_cluster(cluster);
  hello.set_protocol_lowest(limits::link_protocol_lowest);
  hello.set_protocol_highest(limits::link_protocol_highest);
  hello.set_node(node);
  hello.set_incarnation(incarnation);
  hello.set_window_envelopes(limits::link_window_envelopes);
  hello.set_window_bytes(limits::link_window_bytes);
  hello.set_version(program_version);
  return hello;
}

caf::expected<uint32_t> agree(const Hello& ours, const Hello& theirs) {
  for (auto* name : {&theirs.cluster(), &theirs.node(), &theirs.version()})
    if (name->empty() || name->size() > limits::link_name_bytes)
      return make_error(
          ec::invalid_argument,
          fmt::format("cluster, node and version of a greeting have 1 to {} bytes each; one has {}",
                      limits::link_name_bytes, name->size()));
  if (theirs.cluster() != ours.cluster())
    return make_error(ec::conflict,
                      fmt::format("node {} is of cluster {}; node {} is of cluster {}", theirs.node(),
                                  theirs.cluster(), ours.node(), ours.cluster()));
  if (theirs.node() == ours.node())
    return make_error(ec::conflict, fmt::format("both nodes are called {}", ours.node()));
  if (theirs.map_version() != ours.map_version() || theirs.map_hash() != ours.map_hash())
    return make_error(
        ec::conflict,
        fmt::format(
            "node {} has shard map {} ({}), node {} has {} ({}): they were not made for the same members",
            theirs.node(), theirs.map_version(), theirs.map_hash(), ours.node(), ours.map_version(),
            ours.map_hash()));
  if (theirs.window_envelopes() == 0 || theirs.window_bytes() == 0)
    return make_error(ec::invalid_argument, fmt::format("node {} grants no window", theirs.node()));
  auto lowest = std::max(ours.protocol_lowest(), theirs.protocol_lowest());
  auto highest = std::min(ours.protocol_highest(), theirs.protocol_highest());
  if (lowest > highest)
    return make_error(
        ec::from_future,
        fmt::format(
            "node {} speaks protocol {} to {}, node {} speaks {} to {}: upgrade one version at a time",
            theirs.node(), theirs.protocol_lowest(), theirs.protocol_highest(), ours.node(),
            ours.protocol_lowest(), ours.protocol_highest()));
  return highest;
}

} // namespace troupe
