// WORLD: a whole node living through a seeded story of work, faults and crashes. Same seed, same story.
#pragma once

#include <tests/simulator/stage.hpp>

namespace troupe {

/// Lives through one seed of a workload. First everything fails and every step is judged; then all faults end, and within
/// bounded virtual time everything must have been answered, have ended, and agree with a replay, twice: as it is, and after
/// one more power cut.
world_report live_through(uint64_t seed, const workload& story, bool traced = false);

/// Several seeds, in as many processes; `each` hears of them in the order of the seeds.
void live_through_many(uint64_t from, uint64_t seeds, unsigned jobs,
                       const std::function<world_report(uint64_t seed)>& live,
                       const std::function<void(const world_report&)>& each);

} // namespace troupe
