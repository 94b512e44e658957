// LAYOUT: boxes and arrows -> layers, an order within each, and a place for everything.
// K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical system structures, IEEE SMC-11 (1981).
#pragma once

#include <cstddef>
#include <vector>

namespace troupe {

/// Width of a box, in the drawer's unit.
struct layout_box {
  int width;
};

/// An arrow between two boxes. Long ones of a kind that begin at the same box, or end at the same, share their bends.
struct layout_edge {
  size_t from;
  size_t to;
  int kind;
  bool own_end; ///< its last piece is its own, so that a label can stand there
};

/// A piece of one or more edges, from a node to one in the next layer.
struct layout_piece {
  size_t from;
  size_t to;
  size_t edge; ///< the first of them
};

/// How much room there is, in the drawer's unit.
struct layout_room {
  int gap;    ///< between two boxes of a layer
  int narrow; ///< between two neighbours of which one is a bend
  int widest; ///< boxes of a layer and the gaps between them, unless one alone is wider
  int page;   ///< all of a layer; only a layer that does not fit reaches beyond
};

/// Where everything is. Nodes are the boxes in their order, and after them the bends of long edges, which are one wide.
struct layered_graph {
  std::vector<std::vector<size_t>> layers; ///< nodes from left to right; every edge leads down
  std::vector<size_t> layer_of;            ///< by node
  std::vector<int> left;                   ///< by node: its left end, from 0
  std::vector<int> widths;                 ///< by node
  std::vector<layout_piece> pieces;        ///< each once
  std::vector<size_t> hidden; ///< by box: how many edges that end here are left out, see lay_out()
  int width = 0;              ///< of all

  /// Is a node none of the boxes?
  bool bend(size_t node) const {
    return node >= hidden.size();
  }
  /// Column of the middle of a node, in whole units.
  int centre(size_t node) const {
    return left[node] + widths[node] / 2;
  }
};

/// Lays out a graph. Left out are edges that close a cycle, and the longest ones beyond limits::graph_bends bends. Same input, same
/// output. Cost: (boxes + edges + bends) * log, some forty times.
layered_graph lay_out(const std::vector<layout_box>& boxes, const std::vector<layout_edge>& edges,
                      const layout_room& room);

} // namespace troupe
