// GOAL: work split over a fleet: which tasks it is, how each has ended.
#pragma once

#include <troupe/persistence/event_sourced.hpp>

namespace troupe {

/// GOAL: entities of kind `goal`.
entity_kind goal_kind();

} // namespace troupe
