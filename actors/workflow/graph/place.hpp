// PLACE: how far to the right each node stands, so that lines are short and straight.
#pragma once

#include <troupe/actors/workflow/graph/layout.hpp>
#include <troupe/actors/workflow/graph/order.hpp>

namespace troupe {

/// Fills `left` and `width` of a graph whose layers are ordered. Each node goes to the median of its neighbours, as near as the
/// order and the gaps allow: for a layer that is a least-squares fit under an order, solved exactly by pooling adjacent violators
/// (R. E. Barlow et al., Statistical inference under order restrictions, 1972).
void place_nodes(layered_graph& graph, const layer_links& links, const layout_room& room);

} // namespace troupe
