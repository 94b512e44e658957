// PLACE: sweeps of order-restricted regression. Invariant: neighbours keep their gap, to the unit.

#include <algorithm>
#include <cmath>
#include <troupe/actors/workflow/graph/place.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

struct wish {
  double place;
  double weight;
};

struct placer {
  layered_graph& graph;
  const layer_links& links;
  const layout_room& room;
  std::vector<double> left;
  int page = 0; // everything stands from 0 to here

  double centre(size_t node) const {
    return left[node] + graph.widths[node] / 2; // whole units: a line must not begin between two cells
  }

  // Long lines shall be straight (Gansner et al., section 4), and a whole layer that hangs on one must not pull it along.
  double weight(size_t a, size_t b) const {
    return graph.bend(a) && graph.bend(b) ? 1000 : graph.bend(a) || graph.bend(b) ? 0.1 : 1;
  }

  wish wish_of(size_t node, bool up, bool down) const {
    std::vector<std::pair<double, double>> ends; // centre, weight
    double all = 0, most = 0;
    auto collect = [&](const std::vector<size_t>& to) {
      for (auto other : to) {
        auto heavy = weight(node, other);
        ends.emplace_back(centre(other), heavy);
        all += heavy;
        most = std::max(most, heavy);
      }
    };
    if (up)
      collect(links.up[node]);
    if (down)
      collect(links.down[node]);
    if (ends.empty())
      return {left[node], 0.01}; // stays, unless somebody needs the room
    std::sort(ends.begin(), ends.end());
    double low = 0, sum = 0;
    for (size_t i = 0; i < ends.size(); ++i) {
      sum += ends[i].second;
      if (sum * 2 < all)
        continue;
      low = ends[i].first;
      auto high = sum * 2 == all ? ends[i + 1].first : low;
      return {(low + high) / 2 - graph.widths[node] / 2, most};
    }
    return {left[node], most};
  }

  int gap(size_t a, size_t b) const {
    return graph.bend(a) || graph.bend(b) ? room.narrow : room.gap;
  }

  int least_width(const std::vector<size_t>& layer) const {
    int sum = 0;
    for (size_t i = 0; i < layer.size(); ++i)
      sum += graph.widths[layer[i]] + (i > 0 ? gap(layer[i - 1], layer[i]) : 0);
    return sum;
  }

  // Gives a layer the places nearest to the wishes.
  void settle(const std::vector<size_t>& layer, const std::vector<wish>& wishes, bool whole) {
    struct pool {
      double sum, weight;
      size_t members;
      double place() const {
        return sum / weight;
      }
    };
    std::vector<pool> pools;
    std::vector<double> before(layer.size()); // what stands left of each, with the gaps
    for (size_t i = 0; i < layer.size(); ++i) {
      if (i > 0)
        before[i] = before[i - 1] + graph.widths[layer[i - 1]] + gap(layer[i - 1], layer[i]);
      pools.push_back({(wishes[i].place - before[i]) * wishes[i].weight, wishes[i].weight, 1});
      while (pools.size() > 1 && pools[pools.size() - 2].place() >= pools.back().place()) {
        auto last = pools.back();
        pools.pop_back();
        pools.back() = {pools.back().sum + last.sum, pools.back().weight + last.weight,
                        pools.back().members + last.members};
      }
    }
    auto most = layer.empty() ? 0 : page - before.back() - graph.widths[layer.back()];
    size_t i = 0;
    for (auto& one : pools) {
      auto place = std::clamp<double>(one.place(), 0, most); // still the nearest, now under bounds
      for (size_t k = 0; k < one.members; ++k, ++i)
        left[layer[i]] = (whole ? std::floor(place + 0.5) : place) + before[i];
    }
  }

  void sweep(const std::vector<size_t>& layer, bool up, bool down, bool whole) {
    std::vector<wish> wishes;
    for (auto node : layer)
      wishes.push_back(wish_of(node, up, down));
    settle(layer, wishes, whole);
  }
};

} // namespace

void place_nodes(layered_graph& graph, const layer_links& links, const layout_room& room) {
  placer work{graph, links, room, std::vector<double>(graph.widths.size(), 0), room.page};
  for (auto& layer : graph.layers)
    work.page = std::max(work.page, work.least_width(layer));
  for (auto& layer : graph.layers) // all in the middle
    work.settle(layer, std::vector<wish>(layer.size(), {work.page / 2.0, 1}), false);
  for (size_t round = 0; round < limits::graph_sweeps / 2; ++round) {
    for (auto& layer : graph.layers)
      work.sweep(layer, true, false, false);
    for (auto layer = graph.layers.rbegin(); layer != graph.layers.rend(); ++layer)
      work.sweep(*layer, false, true, false);
  }
  for (auto whole : {false, true})
    for (auto& layer : graph.layers)
      work.sweep(layer, true, true, whole);
  double first = 0, last = 0;
  if (!work.left.empty())
    first = *std::min_element(work.left.begin(), work.left.end());
  graph.left.clear();
  for (size_t node = 0; node < graph.widths.size(); ++node) {
    graph.left.push_back(static_cast<int>(work.left[node] - first));
    last = std::max(last, work.left[node] - first + graph.widths[node]);
  }
  graph.width = static_cast<int>(last);
}

} // namespace troupe
