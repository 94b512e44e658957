// Who keeps a node in its cluster.
#pragma once

#include <caf/typed_actor.hpp>
#include <troupe/runtime/words.hpp>

namespace troupe {

class Done;
class Ping;
class Tick;

/// LINK CLOCK: lets time pass for the links of a node.
using link_clock_actor = caf::typed_actor<
    // Time to look.
    note<Tick>,
    // Answers at once.
    rpc<Ping, Done>>;

} // namespace troupe
