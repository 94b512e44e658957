// ORDER: who stands left of whom in a layer, so that few lines cross.
#pragma once

#include <cstddef>
#include <vector>

namespace troupe {

/// Neighbours of each node in the layer above and in the layer below.
struct layer_links {
  std::vector<std::vector<size_t>> up;
  std::vector<std::vector<size_t>> down;
};

/// Crossings between all neighbouring layers. W. Barth, M. Jünger, P. Mutzel, Simple and efficient bilayer cross counting (2002).
size_t crossings(const std::vector<std::vector<size_t>>& layers, const layer_links& links);

/// Reorders each layer: sweeps of weighted medians, and for small graphs exchanges of neighbours, down and up; the order with the
/// fewest crossings stays. E. R. Gansner, E. Koutsofios, S. C. North, K.-P. Vo, A technique for drawing directed graphs, IEEE TSE
/// 19-3 (1993), section 3.
void order_layers(std::vector<std::vector<size_t>>& layers, const layer_links& links);

} // namespace troupe
