// Layers are ordered so that few lines cross, and crossings are counted right.
#define CAF_SUITE actors.workflow.graph.order
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <random>
#include <troupe/actors/workflow/graph/order.hpp>

using namespace troupe;

namespace {

layer_links link(size_t nodes, const std::vector<std::pair<size_t, size_t>>& lines) {
  layer_links made{std::vector<std::vector<size_t>>(nodes), std::vector<std::vector<size_t>>(nodes)};
  for (auto& [from, to] : lines) {
    made.down[from].push_back(to);
    made.up[to].push_back(from);
  }
  return made;
}

} // namespace

CAF_TEST(crossings are pairs of lines that change sides) {
  auto links = link(6, {{0, 5}, {1, 4}, {2, 3}, {0, 3}});
  CAF_CHECK_EQUAL(crossings({{0, 1, 2}, {3, 4, 5}}, links), 3u);
  CAF_CHECK_EQUAL(crossings({{2, 1, 0}, {3, 4, 5}}, links), 2u);
}

CAF_TEST(crossings agree with counting all pairs) {
  std::mt19937 random{7};
  std::vector<std::pair<size_t, size_t>> lines;
  for (int i = 0; i < 60; ++i)
    lines.emplace_back(random() % 10, 10 + random() % 10);
  size_t expected = 0;
  for (size_t i = 0; i < lines.size(); ++i)
    for (size_t k = 0; k < i; ++k) // nodes stand in the order of their numbers
      expected += (lines[i].first < lines[k].first && lines[i].second > lines[k].second) ||
                  (lines[i].first > lines[k].first && lines[i].second < lines[k].second);
  CAF_CHECK_EQUAL(
      crossings({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {10, 11, 12, 13, 14, 15, 16, 17, 18, 19}}, link(20, lines)),
      expected);
}

CAF_TEST(crossings that can be avoided are avoided) {
  std::vector<std::vector<size_t>> layers{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}};
  auto links = link(12, {{0, 7}, {1, 6}, {2, 5}, {3, 4}, {4, 8}, {5, 11}, {6, 9}, {7, 10}});
  CAF_CHECK(crossings(layers, links) > 0);
  order_layers(layers, links);
  CAF_CHECK_EQUAL(crossings(layers, links), 0u);
}
