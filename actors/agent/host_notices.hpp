// HOST NOTICES: what a shard host tells others of its entities.
#pragma once

#include <chrono>
#include <string>
#include <troupe/actors/agent/residents.hpp>
#include <troupe/persistence/doors.hpp>

namespace troupe {

/// Kinds of a host, by name.
using hosted_kinds = std::map<std::string, hosted_kind>;

/// Registers a host: who is to be woken is told to `wake`.
hosted_kinds host_kinds(const doors& outside, std::vector<entity_kind> kinds, const directory::waker& wake);

/// The last rows of an entity may be there unannounced, and what it was fired for may be lost with it: the timers look again.
void ask_for_timers(const doors& outside, const std::string& ref, std::chrono::milliseconds after = {});

/// Tells whoever counts on entities of this kind that one has crashed.
void tell_of_loss(const doors& outside, const hosted_kinds& kinds, const std::string& ref,
                  bool quarantined = false);

/// Whoever was awake under an earlier host is gone, or about to find out.
void tell_of_losses(const doors& outside, const hosted_kinds& kinds);

/// Ends entities that are awake under no host: an earlier one did not come to stop them.
void end_orphans(caf::scheduled_actor* self, const doors& outside, const hosted_kinds& kinds);

/// Why an entity is not awake much longer.
caf::error being_stopped(const std::string& ref);

} // namespace troupe
