// POOL KEEPER: hires and retires the agents of fleets at one node.
#pragma once

#include <troupe/actors/spawn.hpp>
#include <troupe/runtime/interface/fleet.hpp>

namespace troupe {

/// POOL KEEPER: makes pools as large as it is told, one after the other, and has those follow their tasks whose fleet says so.
/// `node` is the name of this one.
pool_keeper_actor spawn_pool_keeper(caf::scheduled_actor* parent, doors_ptr outside,
                                    std::shared_ptr<const agent_parts> parts, std::string node);

} // namespace troupe
