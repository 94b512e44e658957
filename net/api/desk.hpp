// DESK: does for another member of the cluster what only this node can.
#pragma once

#include <troupe/net/api/methods.hpp>
#include <troupe/runtime/interface/cluster.hpp>

namespace troupe {

/// DESK: does calls that another member has let in, for whom its context says: that member has checked who it is and what he may. Of the
/// methods only those travel that are about an entity or a listing.
desk_actor spawn_desk(caf::scheduled_actor* parent, std::shared_ptr<const control_desk> desk);

} // namespace troupe
