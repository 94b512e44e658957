// Who keeps a node in its cluster.
#pragma once

#include <caf/typed_actor.hpp>
#include <string_view>
#include <troupe/runtime/words.hpp>

namespace troupe {

class Done;
class Ping;
class Tick;

namespace services {
/// Ref of the link clock.
inline constexpr std::string_view links = "system/service/links";
} // namespace services

/// LINK CLOCK: lets time pass for the links of a node.
using link_clock_actor = caf::typed_actor<
    // Time to look.
    note<Tick>,
    // Answers at once.
    rpc<Ping, Done>>;

} // namespace troupe
