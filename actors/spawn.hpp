// Every actor one can bring to life, on one page.
#pragma once

#include <troupe/persistence/event_sourced.hpp>
#include <troupe/runtime/interface/journal.hpp>
#include <vector>

namespace troupe {

/// SHARD HOST: wakes entities of these kinds when a message waits for them, puts idle ones to sleep, parks those that
/// crash and quarantines those that keep crashing. `parent` spawns it.
shard_host_actor spawn_shard_host(caf::scheduled_actor* parent, doors_ptr doors, std::vector<entity_kind> kinds);

/// TIMERS: reads all timer rows of the store once, then wakes their owners when they are due.
timers_actor spawn_timers(caf::scheduled_actor* parent, doors_ptr doors);

} // namespace troupe
