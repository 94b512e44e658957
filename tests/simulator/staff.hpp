// STAFF: the simulator's agents, tools and models. They check what they are told.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <troupe/actors/spawn.hpp>

namespace troupe {

/// What the staff of one seed has done. Outlives its crashes, as the world outside of a node does.
struct outside_world {
  std::function<void(std::string law, std::string text)> object;
  std::function<uint64_t(uint64_t below)> pick; ///< the seed's chance
  bool calm = false;                            ///< nothing fails and nobody is late any more
  std::map<std::string, int> paid;              ///< effects, by attempt
  std::map<std::string, std::string> effects;   ///< those of workflows: what was done, by key
  std::set<std::string> mended;                 ///< roots of runs whose broken tasks work now
};

/// Behaviors `look`, `pay`, `sleep`, `ask`, `delegate`, `choose`, `think`, `stumble`; tools `look` (bulkhead), `pay` (must not
/// be repeated), `flaky` (fails now and then) and the model `fast` (rate limit). `world` outlives them.
std::shared_ptr<agent_parts> make_staff(outside_world& world);

/// What their agents can do: one capability per behavior.
const std::vector<std::string>& capabilities_of_staff();

} // namespace troupe
