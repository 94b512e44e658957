// INBOUND: what comes over a link, for the actors of this node.
#pragma once

#include <troupe/net/link/exports.hpp>
#include <troupe/net/link/session.hpp>
#include <troupe/runtime/clock.hpp>

namespace troupe {

/// What all links of a node share; outlives them.
struct link_office {
  caf::actor_system* system = nullptr; ///< outlives the last link
  std::shared_ptr<directory> names;
  std::shared_ptr<const link_exports> exports;
  std::shared_ptr<const clock> time;
  /// The principal of a command that node `peer` says is of `claimed`; an error refuses the command. Without it a member of the
  /// cluster is believed, and what it does by itself is done by `node:NAME`.
  std::function<caf::expected<std::string>(const std::string& peer, const std::string& claimed)> vouch;
  metric dropped; ///< notes that nobody could take
  /// Completes the greeting to a member; may be empty.
  std::function<void(const std::string& peer, Hello& ours)> address;
  /// The other node that a ref belongs to; empty = this one. What came over a link goes no further, for two nodes that disagree would send
  /// it to and fro. May be empty.
  std::function<std::string(const std::string& target)> elsewhere;
  /// Hears what a member that is let in has said of itself; may be empty.
  std::function<void(const Hello& theirs)> met;
};

/// Who hears that a link has begun and has ended.
struct link_events {
  std::function<caf::error(const Hello& theirs)> greet; ///< an error refuses the other node
  std::function<void(const caf::error& reason)> ended;
};

/// The host of one link: gives what comes to actors, by ref, and their answers to the session. For an actor its asker is an actor
/// of this node, which ends when nobody waits any more.
std::shared_ptr<link_host> make_inbound(std::shared_ptr<const link_office> office, link_events events);

/// Tells the host of its session; before that starts.
void bind_session(link_host& inbound, const session_ptr& over);

} // namespace troupe
