// HANDSHAKE: whether two nodes may speak, from what each says of itself. Pure.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <string>

namespace troupe {

class Hello;

/// What a node says of itself: this program's protocol range, windows and version, and the rest as given.
Hello make_hello(const std::string& cluster, const std::string& node, uint64_t incarnation);

/// The protocol version to speak. Errors: ec::conflict (another cluster, another shard map, the same node), ec::from_future (no common protocol
/// version), ec::invalid_argument (a name is missing or too long, no window).
caf::expected<uint32_t> agree(const Hello& ours, const Hello& theirs);

} // namespace troupe
