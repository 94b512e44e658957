// ORDER: sweeps of medians. Invariant: a layer keeps its nodes, and no sweep makes the result worse.

#include <algorithm>
#include <troupe/actors/workflow/graph/order.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

using layer = std::vector<size_t>;
using neighbours = std::vector<std::vector<size_t>>;

std::vector<size_t> positions(const std::vector<layer>& layers, size_t nodes) {
  std::vector<size_t> at(nodes);
  for (auto& one : layers)
    for (size_t i = 0; i < one.size(); ++i)
      at[one[i]] = i;
  return at;
}

std::vector<size_t> sorted_places(const std::vector<size_t>& of, const std::vector<size_t>& at) {
  std::vector<size_t> found;
  for (auto node : of)
    found.push_back(at[node]);
  std::sort(found.begin(), found.end());
  return found;
}

// Gansner et al., figure 3-2: between two medians, the side whose neighbours are closer together weighs more. -1 = no neighbour.
double median(const std::vector<size_t>& places) {
  auto count = places.size(), middle = count / 2;
  if (count == 0)
    return -1;
  auto at = [&](size_t i) { return static_cast<double>(places[i]); };
  if (count % 2 == 1)
    return at(middle);
  if (count == 2)
    return (at(0) + at(1)) / 2;
  auto left = at(middle - 1) - at(0), right = at(count - 1) - at(middle);
  return left + right == 0 ? (at(middle - 1) + at(middle)) / 2
                           : (at(middle - 1) * right + at(middle) * left) / (left + right);
}

// Sorts a layer by medians; nodes without neighbours keep their places.
void sort_layer(layer& nodes, const neighbours& to, std::vector<size_t>& at, bool equals_turn) {
  std::vector<std::pair<double, size_t>> movable; // median, place before
  std::vector<size_t> slots;
  for (size_t i = 0; i < nodes.size(); ++i)
    if (auto wanted = median(sorted_places(to[nodes[i]], at)); wanted >= 0) {
      movable.emplace_back(wanted, i);
      slots.push_back(i);
    }
  std::stable_sort(movable.begin(), movable.end(), [=](auto& a, auto& b) {
    return a.first != b.first ? a.first < b.first : equals_turn && a.second > b.second;
  });
  auto before = nodes;
  for (size_t i = 0; i < slots.size(); ++i)
    nodes[slots[i]] = before[movable[i].second];
  for (size_t i = 0; i < nodes.size(); ++i)
    at[nodes[i]] = i;
}

size_t pair_crossings(const std::vector<size_t>& left, const std::vector<size_t>& right) { // both sorted
  size_t found = 0, smaller = 0;
  for (auto place : left) {
    while (smaller < right.size() && right[smaller] < place)
      ++smaller;
    found += smaller;
  }
  return found;
}

// Exchanges neighbours as long as that removes crossings.
void exchange(std::vector<layer>& layers, const layer_links& links, std::vector<size_t>& at) {
  for (auto better = true; better;) {
    better = false;
    for (auto& nodes : layers)
      for (size_t i = 0; i + 1 < nodes.size(); ++i) {
        size_t now = 0, then = 0;
        for (auto* to : {&links.up, &links.down}) {
          auto left = sorted_places((*to)[nodes[i]], at), right = sorted_places((*to)[nodes[i + 1]], at);
          now += pair_crossings(left, right);
          then += pair_crossings(right, left);
        }
        if (then >= now)
          continue;
        better = true;
        std::swap(nodes[i], nodes[i + 1]);
        std::swap(at[nodes[i]], at[nodes[i + 1]]);
      }
  }
}

} // namespace

size_t crossings(const std::vector<layer>& layers, const layer_links& links) {
  auto at = positions(layers, links.down.size());
  size_t found = 0;
  for (size_t i = 0; i + 1 < layers.size(); ++i) {
    std::vector<size_t> tree(layers[i + 1].size() + 1), ends; // Fenwick's, of ends seen so far by place
    size_t seen = 0;
    for (auto node : layers[i]) {
      ends = sorted_places(links.down[node], at);
      for (auto end : ends) {
        size_t not_right = 0;
        for (auto k = end + 1; k > 0; k &= k - 1)
          not_right += tree[k];
        found += seen - not_right;
      }
      for (auto end : ends)
        for (auto k = end + 1; k < tree.size(); k += k & (~k + 1))
          ++tree[k];
      seen += ends.size();
    }
  }
  return found;
}

void order_layers(std::vector<layer>& layers, const layer_links& links) {
  auto nodes = links.down.size();
  auto small = nodes <= limits::graph_exchanged;
  auto at = positions(layers, nodes);
  auto best = layers;
  auto fewest = crossings(layers, links);
  for (size_t sweep = 0; sweep < limits::graph_sweeps && fewest > 0; ++sweep) {
    auto turn = sweep % 4 >= 2;
    if (sweep % 2 == 0)
      for (size_t i = 1; i < layers.size(); ++i)
        sort_layer(layers[i], links.up, at, turn);
    else
      for (size_t i = layers.size() - 1; i-- > 0;)
        sort_layer(layers[i], links.down, at, turn);
    if (small)
      exchange(layers, links, at);
    if (auto now = crossings(layers, links); now < fewest) {
      fewest = now;
      best = layers;
    }
  }
  layers = std::move(best);
}

} // namespace troupe
