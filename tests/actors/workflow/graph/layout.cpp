// Every line leads down, nothing stands on anything else, and what cannot be drawn is counted.
#define CAF_SUITE actors.workflow.graph.layout
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <numeric>
#include <random>
#include <troupe/actors/workflow/graph/layout.hpp>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;

namespace {

constexpr layout_room room{3, 2, 60, 80};

layout_edge edge(size_t from, size_t to) {
  return {from, to, 0, false};
}

// Checks what is true of every layout.
void check_sound(const layered_graph& graph) {
  size_t upwards = 0, overlaps = 0;
  for (auto& piece : graph.pieces)
    upwards += graph.layer_of[piece.to] != graph.layer_of[piece.from] + 1;
  for (auto& layer : graph.layers)
    for (size_t i = 1; i < layer.size(); ++i)
      overlaps += graph.left[layer[i - 1]] + graph.widths[layer[i - 1]] + room.narrow > graph.left[layer[i]];
  CAF_CHECK_EQUAL(upwards, 0u);
  CAF_CHECK_EQUAL(overlaps, 0u);
}

} // namespace

CAF_TEST(a diamond has three layers and its ends in the middle) {
  auto graph = lay_out({{11}, {11}, {11}, {11}}, {edge(0, 1), edge(0, 2), edge(1, 3), edge(2, 3)}, room);
  check_sound(graph);
  CAF_CHECK_EQUAL(graph.layers, (std::vector<std::vector<size_t>>{{0}, {1, 2}, {3}}));
  CAF_CHECK_EQUAL(graph.left, (std::vector<int>{7, 0, 14, 7}));
  CAF_CHECK_EQUAL(graph.width, 25);
}

CAF_TEST(a long line has a bend in each layer it passes) {
  auto graph = lay_out({{5}, {5}, {5}, {5}}, {edge(0, 1), edge(1, 2), edge(2, 3), edge(0, 3)}, room);
  check_sound(graph);
  CAF_CHECK_EQUAL(graph.widths.size(), 6u);
  CAF_CHECK(graph.bend(4) && graph.bend(5) && !graph.bend(3));
  CAF_CHECK_EQUAL(graph.left[4], graph.left[5]);
}

CAF_TEST(long lines to one box share their bends) {
  std::vector<layout_edge> edges;
  for (size_t i = 0; i + 1 < 20; ++i) {
    edges.push_back(edge(i, i + 1));
    if (i + 2 < 20)
      edges.push_back(edge(i, 19));
  }
  auto graph = lay_out(std::vector<layout_box>(20, {5}), edges, room);
  check_sound(graph);
  CAF_CHECK_EQUAL(graph.widths.size(), 20u + 18);
}

CAF_TEST(a full layer flows into the next) {
  std::vector<layout_edge> edges;
  for (size_t i = 1; i <= 10; ++i)
    edges.push_back(edge(0, i));
  auto graph = lay_out(std::vector<layout_box>(11, {17}), edges, room);
  check_sound(graph);
  CAF_CHECK_EQUAL(graph.layers.size(), 5u); // three boxes a layer
  CAF_CHECK(graph.width <= room.page);
}

CAF_TEST(an edge that closes a cycle is left out and counted) {
  auto graph = lay_out({{5}, {5}, {5}}, {edge(0, 1), edge(1, 2), edge(2, 0)}, room);
  check_sound(graph);
  CAF_CHECK_EQUAL(graph.hidden, (std::vector<size_t>{1, 0, 0}));
  CAF_CHECK_EQUAL(graph.pieces.size(), 2u);
}

CAF_TEST(beyond the bends there may be the longest edges are left out) {
  constexpr size_t boxes = 1000;
  std::vector<layout_edge> edges;
  for (size_t i = 0; i + 1 < boxes; ++i)
    edges.push_back(edge(i, i + 1));
  for (size_t i = 0; i < 100; ++i)
    edges.push_back({i, boxes - 1 - i, static_cast<int>(i), true});
  auto graph = lay_out(std::vector<layout_box>(boxes, {5}), edges, room);
  check_sound(graph);
  CAF_CHECK(graph.widths.size() - boxes <= limits::graph_bends);
  CAF_CHECK(graph.hidden[boxes - 1] == 1 && graph.hidden[boxes - 100] == 0);
}

CAF_TEST(any graph has a sound layout and always the same) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937 random{seed};
    std::vector<layout_box> boxes;
    std::vector<layout_edge> edges;
    auto count = 1 + random() % 60;
    for (size_t i = 0; i < count; ++i)
      boxes.push_back({static_cast<int>(5 + random() % 20)});
    for (size_t i = 0; i < 2 * count; ++i)
      if (size_t from = random() % count, to = random() % count; from != to)
        edges.push_back({from, to, static_cast<int>(random() % 2), random() % 4 == 0});
    auto graph = lay_out(boxes, edges, room), again = lay_out(boxes, edges, room);
    check_sound(graph);
    CAF_CHECK_EQUAL(graph.left, again.left);
    CAF_CHECK_EQUAL(graph.layers, again.layers);
  }
}

CAF_TEST(no boxes are no layers) {
  auto graph = lay_out({}, {}, room);
  CAF_CHECK(graph.layers.empty());
  CAF_CHECK_EQUAL(graph.width, 0);
}
