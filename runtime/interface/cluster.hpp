// Who keeps a node in its cluster.
#pragma once

#include <caf/typed_actor.hpp>
#include <string>
#include <string_view>
#include <troupe/runtime/words.hpp>

namespace troupe {

class CallDone;
class Done;
class FindOpenRuns;
class ForwardCall;
class OpenRuns;
class Ping;
class Tick;

namespace services {
/// Ref of the link clock.
inline constexpr std::string_view links = "system/service/links";
/// Ref of the keeper of a node's shards.
inline constexpr std::string_view tenure = "system/service/tenure";
} // namespace services

/// LINK CLOCK: lets time pass for the links of a node.
using link_clock_actor = caf::typed_actor<
    // Time to look.
    note<Tick>,
    // Answers at once.
    rpc<Ping, Done>>;

/// TENURE: takes, keeps and gives up the shards of a node.
using tenure_actor = caf::typed_actor<
    // Something has happened, or it is time to look at the lease.
    note<Tick>,
    // Answers at once.
    rpc<Ping, Done>>;

/// Kind of the ref of a node's desk: the one that says which node it belongs to.
inline constexpr std::string_view desk_kind = "desk";
/// That ref.
inline std::string desk_ref(const std::string& node) {
  return "system/" + std::string{desk_kind} + "/" + node;
}

/// DESK: does for another member what only this node can, for it has the rows.
using desk_actor = caf::typed_actor<
    // Answered as the method is; ec::permission_denied for one that does not travel.
    rpc<ForwardCall, CallDone>,
    // ec::overloaded; those of store::scan().
    rpc<FindOpenRuns, OpenRuns>>;

} // namespace troupe
