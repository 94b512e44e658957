// Nodes stand under what leads to them, as near as their neighbours let them.
#define CAF_SUITE actors.workflow.graph.place
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/actors/workflow/graph/place.hpp>

using namespace troupe;

namespace {

layered_graph graph_of(std::vector<std::vector<size_t>> layers, size_t nodes, int width) {
  layered_graph made;
  made.layers = std::move(layers);
  made.widths.assign(nodes, width);
  made.hidden.resize(nodes);
  return made;
}

} // namespace

CAF_TEST(a chain is straight) {
  auto graph = graph_of({{0, 3}, {1}, {2}}, 4, 5);
  place_nodes(graph, {{{}, {0}, {1}, {}}, {{1}, {2}, {}, {}}}, {3, 2, 40, 40});
  CAF_CHECK(graph.left[0] == graph.left[1] && graph.left[1] == graph.left[2]);
  CAF_CHECK(graph.left[3] >= graph.left[0] + 8);
}

CAF_TEST(neighbours that want the same place share it with their gap between) {
  auto graph = graph_of({{0}, {1, 2}}, 3, 5);
  place_nodes(graph, {{{}, {0}, {0}}, {{1, 2}, {}, {}}}, {3, 2, 40, 40});
  CAF_CHECK_EQUAL(graph.left, (std::vector<int>{4, 0, 8}));
  CAF_CHECK_EQUAL(graph.width, 13);
}

CAF_TEST(a layer that does not fit reaches beyond the page and no other does) {
  auto graph = graph_of({{0, 1, 2, 3}, {4}}, 5, 5);
  place_nodes(graph, {{{}, {}, {}, {}, {3}}, {{}, {}, {}, {4}, {}}}, {3, 2, 10, 10});
  CAF_CHECK_EQUAL(graph.width, 29);
  CAF_CHECK_EQUAL(graph.left[4], 24);
}
