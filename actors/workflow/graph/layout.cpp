// LAYOUT: cycles cut, layers by the longest path, bends where an edge passes a layer.

#include <algorithm>
#include <map>
#include <set>
#include <troupe/actors/workflow/graph/layout.hpp>
#include <troupe/actors/workflow/graph/order.hpp>
#include <troupe/actors/workflow/graph/place.hpp>
#include <troupe/runtime/workflow_limits.hpp>
#include <tuple>

namespace troupe {
namespace {

struct adjacency {
  std::vector<std::vector<size_t>> in, out; // edges, by box
};

adjacency connect(size_t boxes, const std::vector<layout_edge>& edges) {
  adjacency made{std::vector<std::vector<size_t>>(boxes), std::vector<std::vector<size_t>>(boxes)};
  for (size_t i = 0; i < edges.size(); ++i)
    made.out[edges[i].from].push_back(i), made.in[edges[i].to].push_back(i);
  return made;
}

// Boxes so that edges lead forward; edges that lead back to where a walk in depth comes from are left out.
std::vector<size_t> in_order(const std::vector<layout_edge>& edges, const adjacency& near,
                             std::vector<bool>& left_out) {
  enum class mark : uint8_t { unseen, open, done };
  std::vector<mark> marks(near.out.size(), mark::unseen);
  std::vector<size_t> finished;
  for (size_t root = 0; root < marks.size(); ++root) {
    if (marks[root] != mark::unseen)
      continue;
    marks[root] = mark::open;
    std::vector<std::pair<size_t, size_t>> walk{{root, 0}}; // box, next edge to look at
    while (!walk.empty()) {
      auto& [box, next] = walk.back();
      if (next == near.out[box].size()) {
        marks[box] = mark::done;
        finished.push_back(box);
        walk.pop_back();
        continue;
      }
      auto edge = near.out[box][next++];
      auto to = edges[edge].to;
      if (marks[to] == mark::open)
        left_out[edge] = true;
      else if (marks[to] == mark::unseen) {
        marks[to] = mark::open;
        walk.emplace_back(to, 0);
      }
    }
  }
  std::reverse(finished.begin(), finished.end());
  return finished;
}

// Longest path from above; what nothing leads to comes down to what it leads to, and layers that are full overflow downwards.
std::vector<size_t> choose_layers(const std::vector<size_t>& order, const std::vector<layout_box>& boxes,
                                  const std::vector<layout_edge>& edges, const adjacency& near,
                                  const std::vector<bool>& left_out, const layout_room& room) {
  std::vector<size_t> layer(boxes.size(), 0);
  auto above = [&](size_t box) {
    size_t least = 0;
    for (auto edge : near.in[box])
      if (!left_out[edge])
        least = std::max(least, layer[edges[edge].from] + 1);
    return least;
  };
  for (auto box : order)
    layer[box] = above(box);
  for (auto box : order)
    if (near.in[box].empty() && !near.out[box].empty()) {
      auto least = boxes.size();
      for (auto edge : near.out[box])
        if (!left_out[edge])
          least = std::min(least, layer[edges[edge].to]);
      layer[box] = least == boxes.size() ? 0 : least - 1;
    }
  std::vector<std::pair<size_t, size_t>> by_layer; // as the boxes come, within a layer
  for (size_t box = 0; box < boxes.size(); ++box)
    by_layer.emplace_back(layer[box], box);
  std::sort(by_layer.begin(), by_layer.end());
  std::vector<int> used;
  for (auto& [first, box] : by_layer) {
    auto place = std::max(first, above(box));
    for (;; ++place) {
      used.resize(std::max(used.size(), place + 1), 0);
      if (used[place] == 0 || used[place] + room.gap + boxes[box].width <= room.widest)
        break;
    }
    used[place] += (used[place] == 0 ? 0 : room.gap) + boxes[box].width;
    layer[box] = place;
  }
  return layer;
}

// Makes bends and pieces. An edge shares its bends with those of its busier end, so that a step that many need is one line past
// all of them.
class bender {
public:
  bender(layered_graph& graph, const std::vector<layout_edge>& edges, const adjacency& near)
      : graph_{graph}, edges_{edges}, near_{near} {}

  void add(size_t index) {
    auto& edge = edges_[index];
    auto layers = graph_.layer_of[edge.to] - graph_.layer_of[edge.from];
    if (layers == 1)
      return connect(edge.from, edge.to, index);
    auto by_end = !edge.own_end && near_.in[edge.to].size() > near_.out[edge.from].size();
    auto& trunk = trunks_[{by_end, by_end ? edge.to : edge.from, edge.kind}];
    auto root = by_end ? edge.to : edge.from;
    auto link = [&](size_t nearer, size_t farther) {
      connect(by_end ? farther : nearer, by_end ? nearer : farther, index);
    };
    while (trunk.size() < layers - 1) { // what is there already leads on to the root
      auto bend = graph_.layer_of.size();
      auto step = trunk.size() + 1;
      graph_.layer_of.push_back(by_end ? graph_.layer_of[root] - step : graph_.layer_of[root] + step);
      graph_.widths.push_back(1);
      link(trunk.empty() ? root : trunk.back(), bend);
      trunk.push_back(bend);
    }
    link(trunk[layers - 2], by_end ? edge.from : edge.to);
  }

  size_t bends() const {
    return graph_.widths.size() - near_.in.size();
  }

private:
  void connect(size_t from, size_t to, size_t edge) {
    if (known_.emplace(from, to, edges_[edge].kind).second)
      graph_.pieces.push_back({from, to, edge});
  }

  layered_graph& graph_;
  const std::vector<layout_edge>& edges_;
  const adjacency& near_;
  std::map<std::tuple<bool, size_t, int>, std::vector<size_t>> trunks_; // from the end that is shared on
  std::set<std::tuple<size_t, size_t, int>> known_;
};

// Short edges come first, so that what is left out are the longest.
void add_bends(layered_graph& graph, const std::vector<layout_edge>& edges, const adjacency& near,
               const std::vector<bool>& left_out) {
  std::vector<std::pair<size_t, size_t>> spans;
  for (size_t i = 0; i < edges.size(); ++i)
    if (left_out[i])
      ++graph.hidden[edges[i].to];
    else
      spans.emplace_back(graph.layer_of[edges[i].to] - graph.layer_of[edges[i].from], i);
  std::sort(spans.begin(), spans.end());
  bender work{graph, edges, near};
  for (auto& [span, edge] : spans)
    if (work.bends() + span > limits::graph_bends + 1)
      ++graph.hidden[edges[edge].to];
    else
      work.add(edge);
}

// First order of a layer: as a walk in depth comes by, so that what belongs together begins together.
void fill_layers(layered_graph& graph, const layer_links& links) {
  std::vector<bool> seen(graph.layer_of.size());
  graph.layers.resize(
      graph.layer_of.empty() ? 0 : *std::max_element(graph.layer_of.begin(), graph.layer_of.end()) + 1);
  for (size_t root = 0; root < seen.size(); ++root) {
    if (seen[root] || !links.up[root].empty())
      continue;
    std::vector<size_t> open{root};
    while (!open.empty()) {
      auto node = open.back();
      open.pop_back();
      if (seen[node])
        continue;
      seen[node] = true;
      graph.layers[graph.layer_of[node]].push_back(node);
      for (auto below = links.down[node].rbegin(); below != links.down[node].rend(); ++below)
        open.push_back(*below);
    }
  }
}

} // namespace

layered_graph lay_out(const std::vector<layout_box>& boxes, const std::vector<layout_edge>& edges,
                      const layout_room& room) {
  layered_graph graph;
  std::vector<bool> left_out(edges.size());
  auto near = connect(boxes.size(), edges);
  auto order = in_order(edges, near, left_out);
  graph.layer_of = choose_layers(order, boxes, edges, near, left_out, room);
  graph.hidden.resize(boxes.size());
  for (auto& box : boxes)
    graph.widths.push_back(box.width);
  add_bends(graph, edges, near, left_out);
  auto nodes = graph.widths.size();
  layer_links links{std::vector<std::vector<size_t>>(nodes), std::vector<std::vector<size_t>>(nodes)};
  for (auto& piece : graph.pieces) {
    links.down[piece.from].push_back(piece.to);
    links.up[piece.to].push_back(piece.from);
  }
  fill_layers(graph, links);
  order_layers(graph.layers, links);
  place_nodes(graph, links, room);
  return graph;
}

} // namespace troupe
