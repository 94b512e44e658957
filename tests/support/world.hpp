// WORLD: a whole node living through a seeded story of work, faults and crashes. Same seed, same story.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// How one seed ended.
struct world_report {
  uint64_t seed = 0;
  uint64_t steps = 0; ///< jobs the scheduler ran
  uint64_t crashes = 0;
  int64_t virtual_ms = 0;          ///< time that passed inside
  std::string hash;                ///< of all events, in order: the same seed gives the same
  std::vector<std::string> broken; ///< invariants that did not hold; empty = all well
  std::vector<std::string> trace;  ///< what happened, if asked for
};

/// Lives through one seed: counters, tasks that call tools, sleep, ask and delegate, runs of a small graph; commands are repeated
/// under their ids; the store fails now and then; power cuts come between any two steps. Afterwards everything must come to rest
/// and agree with what was answered:
///   no acknowledged event is lost and none is torn; a command id is answered the same and acted on once; a tool that must not be
///   repeated is never run twice for one action; every task and run ends; what is in memory equals what replay gives.
world_report live_through(uint64_t seed, bool traced = false);

} // namespace troupe
