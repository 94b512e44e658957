// PROXY: an actor of another node as a local one of the same type.
#pragma once

#include <troupe/net/link/codec.hpp>
#include <troupe/net/link/session.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/metrics.hpp>

namespace troupe {

/// What a proxy needs of its node.
struct proxy_place {
  caf::actor_system* system = nullptr; ///< outlives the proxy
  std::shared_ptr<const clock> time;
  metric dropped; ///< notes that could not be sent
};

/// See proxy_to().
caf::strong_actor_ptr make_proxy(const proxy_place& place, session_ptr over, std::string target,
                                 const link_interface& interface, std::set<std::string> types);

/// The actor that the other node of a link knows as `target`. It has no mailbox: whoever sends to it writes to the link, and
/// answers go straight to whoever asked.
///
/// What its actor refuses comes back with the same ec and text; of the link itself come ec::unavailable (lost, or not open),
/// ec::overloaded, ec::timeout (after the deadline of the message's Context, else limits::link_answer), ec::invalid_argument (too
/// large, or not understood there). A note that cannot be sent is dropped and counted. It ends when its actor ends (with
/// user_shutdown if that ended as it should), is not there, or the link is lost (with ec::unavailable), and is then dead for good:
/// make a new one.
template <class Interface>
Interface proxy_to(const proxy_place& place, session_ptr over, std::string target) {
  return caf::actor_cast<Interface>(make_proxy(place, std::move(over), std::move(target),
                                               interface_of<Interface>(),
                                               place.system->message_types<Interface>()));
}

} // namespace troupe
