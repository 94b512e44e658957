// LETTER: a message that leaves over a link, and its answer that comes back.
#pragma once

#include <troupe/net/link/codec.hpp>
#include <troupe/net/link/session.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/metrics.hpp>

namespace troupe {

/// Sends a message on behalf of its sender and with its message id to `target`, an actor of the other node. The answer goes straight
/// to whoever asked and comes from `as`, which may be null. Of a link that is lost under way come ec::unavailable, or
/// ec::outcome_unknown if a command with an id had left before. Errors: ec::invalid_argument (too large, or not understood),
/// ec::timeout (its deadline has passed), those of session::note(); then nobody has been answered.
caf::error send_letter(caf::mailbox_element& what, const session_ptr& over, const std::string& target,
                       const link_interface& interface, const clock& time, const caf::strong_actor_ptr& as);

/// Answers a question that could not be sent; a note is counted as dropped.
void refuse_letter(caf::mailbox_element& what, const caf::error& reason, const caf::strong_actor_ptr& as,
                   const metric& dropped);

} // namespace troupe
