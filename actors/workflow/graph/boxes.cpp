// BOXES: a graph for a terminal. Invariant: nothing is drawn beyond the columns there are, whatever the graph.
// Blocks are drawn from the inside out, as in svg.cpp.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/actors/workflow/graph/canvas.hpp>
#include <troupe/actors/workflow/graph/channel.hpp>
#include <troupe/actors/workflow/graph/layout.hpp>
#include <troupe/actors/workflow/workflow_graph.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

// Columns between boxes, beside bends, kept for bends in each layer, on both sides of a block; and the longest text in a box, which lets three stand side by side
// in a terminal of 80 columns, whose own least width here is one box.
constexpr int gap = 3, narrow = 2, bend_room = 8, block_side = 4, longest = 22,
              least_columns = longest + 2 * block_side;

std::string mark_of(const std::string& state) {
  static const std::map<std::string_view, std::string> marks = {{"completed", "✓"}, {"active", "▶"},
                                                                {"failed", "✗"},    {"skipped", "–"},
                                                                {"cancelled", "⊘"}, {"pending", "·"}};
  auto known = marks.find(state);
  return known == marks.end() ? state : known->second;
}

std::string repeat(std::string_view what, int times) {
  std::string out;
  for (int i = 0; i < times; ++i)
    out += what;
  return out;
}

// `┌─ text ───┐`; the text is cut to fit.
std::string edge(int columns, std::string_view begin, const std::string& text, std::string_view end) {
  auto shown = text.empty() || columns < 8 ? "" : " " + cut_columns(text, columns - 6) + " ";
  return fmt::format("{}─{}{}{}", begin, shown, repeat("─", columns - 3 - text_columns(shown)), end);
}

text_canvas draw_block(const graph_block& block, int columns);

// Columns are odd, so that lines between middles are straight.
text_canvas draw_step(const graph_step& step, int columns) {
  auto head =
      fmt::format("{} {}{}{}", step.glyph, step.id, step.state.empty() ? "" : " ", mark_of(step.state));
  auto below = step.summary.empty() ? step.kind : step.kind + " " + step.summary;
  if (step.inside.empty()) {
    auto text = std::min(longest, std::max(text_columns(head), text_columns(below)));
    auto width = (text + 4) | 1;
    text_canvas made{width, 4};
    auto round = step.kind != "task";
    made.write(0, 0, edge(width, round ? "╭" : "┌", "", round ? "╮" : "┐"));
    for (auto row : {1, 2}) {
      made.write(0, row, "│");
      made.write(2, row, cut_columns(row == 1 ? head : below, width - 4));
      made.write(width - 1, row, "│");
    }
    made.write(0, 3, edge(width, round ? "╰" : "└", "", round ? "╯" : "┘"));
    return made;
  }
  auto title = head + " · " + below;
  std::vector<text_canvas> blocks;
  auto width = std::min(text_columns(title) + 6, longest + 10), height = 2;
  for (auto& one : step.inside) {
    blocks.push_back(draw_block(one, std::max(least_columns, columns - block_side)));
    width = std::max(width, blocks.back().columns() + block_side);
    height += blocks.back().rows();
  }
  width |= 1;
  text_canvas made{width, height};
  made.write(0, 0, edge(width, "╭", title, "╮"));
  auto row = 1;
  for (auto& one : blocks) {
    made.paste((width - one.columns()) / 2, row, one);
    row += one.rows();
  }
  for (row = 1; row + 1 < height; ++row) {
    made.write(0, row, "│");
    made.write(width - 1, row, "│");
  }
  made.write(0, height - 1, edge(width, "╰", "", "╯"));
  return made;
}

// Pieces that are one line between two layers: what leaves a node in one kind, or what comes together at a bend.
struct joined_line {
  std::vector<size_t> pieces;
  bool merges = false;
  graph_line kind = graph_line::needs;
  uint32_t owner = 0;
  channel_line channel;
};

struct block_painter {
  const graph_block& block;
  const std::vector<text_canvas>& steps;
  const layered_graph& graph;
  std::vector<std::vector<joined_line>> lines; // by the layer above
  std::vector<int> begin, end;                 // columns, by piece
  std::vector<int> top, bottom;                // rows, by layer
  std::vector<channel_rows> channels;
  std::vector<bool> has_labels;

  block_painter(const graph_block& of, const std::vector<text_canvas>& drawn, const layered_graph& laid_out)
      : block{of}, steps{drawn}, graph{laid_out}, lines(graph.layers.size()), begin(graph.pieces.size()),
        end(graph.pieces.size()), has_labels(graph.layers.size()) {
    join_pieces();
    choose_ports();
    stack_layers();
  }

  graph_line kind_of(const layout_piece& piece) const {
    return block.edges[piece.edge].line;
  }

  void join_pieces() {
    std::vector<int> coming(graph.widths.size());
    for (auto& piece : graph.pieces)
      ++coming[piece.to];
    std::map<std::tuple<bool, size_t, graph_line>, size_t> known;
    for (size_t i = 0; i < graph.pieces.size(); ++i) {
      auto& piece = graph.pieces[i];
      auto merges = graph.bend(piece.to) && coming[piece.to] > 1;
      auto& here = lines[graph.layer_of[piece.from]];
      auto [line, is_new] =
          known.try_emplace({merges, merges ? piece.to : piece.from, kind_of(piece)}, here.size());
      if (is_new)
        here.push_back({{}, merges, kind_of(piece), static_cast<uint32_t>(known.size()), {}});
      here[line->second].pieces.push_back(i);
      if (!graph.bend(piece.to) && !block.edges[piece.edge].label.empty())
        has_labels[graph.layer_of[piece.from]] = true;
    }
  }

  // Side by side around the middle of a node, two columns apart where there is room.
  void spread(size_t node, std::vector<std::pair<int, std::vector<size_t>>>& ports,
              std::vector<int>& columns) {
    std::sort(ports.begin(), ports.end());
    auto count = static_cast<int>(ports.size()), room = graph.widths[node] - 3;
    auto step = 2 * (count - 1) <= room ? 2 : 1;
    for (int i = 0; i < count; ++i) {
      auto shift = step * (2 * i + 1 - count) / 2;
      auto most = std::max(0, room / 2);
      for (auto piece : ports[static_cast<size_t>(i)].second)
        columns[piece] = graph.centre(node) + std::clamp(shift, -most, most);
    }
  }

  void choose_ports() {
    using port_list = std::vector<std::pair<int, std::vector<size_t>>>; // centre of the other ends, pieces
    std::map<size_t, port_list> leaving, coming;
    for (auto& layer : lines)
      for (auto& line : layer) {
        if (line.merges) {
          for (auto i : line.pieces)
            leaving[graph.pieces[i].from].push_back({graph.centre(graph.pieces[i].to), {i}});
        } else {
          int sum = 0;
          for (auto i : line.pieces)
            sum += graph.centre(graph.pieces[i].to);
          leaving[graph.pieces[line.pieces.front()].from].push_back(
              {sum / static_cast<int>(line.pieces.size()), line.pieces});
        }
        for (auto i : line.pieces)
          coming[graph.pieces[i].to].push_back({graph.centre(graph.pieces[i].from), {i}});
      }
    for (auto& [node, ports] : leaving)
      spread(node, ports, begin);
    for (auto& [node, ports] : coming)
      spread(node, ports, end);
  }

  void stack_layers() {
    int y = 0;
    for (size_t i = 0; i < graph.layers.size(); ++i) {
      int tall = 1;
      for (auto node : graph.layers[i])
        tall = std::max(tall, graph.bend(node) ? 1 : steps[node].rows());
      std::vector<channel_line> wanted;
      for (auto& line : lines[i]) {
        for (auto piece : line.pieces) {
          line.channel.from.push_back(begin[piece]);
          line.channel.to.push_back(end[piece]);
        }
        wanted.push_back(line.channel);
      }
      channels.push_back(route(wanted));
      top.push_back(y);
      bottom.push_back(y + tall - 1);
      y = bottom.back() + std::max(1, channels.back().rows) + (has_labels[i] ? 1 : 0) + 2;
    }
  }

  void draw_line(text_canvas& page, size_t layer, const joined_line& line, int across) const {
    auto how = line.kind == graph_line::catches       ? stroke::dashed
               : line.kind == graph_line::compensates ? stroke::dotted
                                                      : stroke::solid;
    auto row = across < 0 ? bottom[layer] + 1 : bottom[layer] + 1 + across;
    for (auto i : line.pieces) {
      auto& piece = graph.pieces[i];
      auto start = graph.bend(piece.from) ? top[layer] : top[layer] + steps[piece.from].rows() - 1;
      page.down(begin[i], start, row, how, line.owner);
      page.across(begin[i], end[i], row, how, line.owner);
      page.down(end[i], row, top[layer + 1], how, line.owner);
    }
  }

  text_canvas draw(int columns) const {
    text_canvas page{std::min(graph.width, columns), bottom.empty() ? 0 : bottom.back() + 1};
    for (size_t layer = 0; layer < lines.size(); ++layer)
      for (size_t i = 0; i < lines[layer].size(); ++i)
        draw_line(page, layer, lines[layer][i], channels[layer].row[i]);
    for (size_t i = 0; i < steps.size(); ++i)
      page.paste(graph.left[i], top[graph.layer_of[i]], steps[i]);
    std::map<std::pair<size_t, std::string>, int> labels; // rightmost line of each box and label
    for (size_t i = 0; i < graph.pieces.size(); ++i) {
      auto& piece = graph.pieces[i];
      if (!graph.bend(piece.from))
        page.write(begin[i], top[graph.layer_of[piece.from]] + steps[piece.from].rows() - 1, "┬");
      if (graph.bend(piece.to))
        continue;
      page.write(end[i], top[graph.layer_of[piece.to]] - 1, "▼");
      auto& column = labels[{piece.to, block.edges[piece.edge].label}];
      column = std::max(column, end[i]);
    }
    for (auto& [where, column] : labels) {
      auto row = top[graph.layer_of[where.first]] - 2;
      page.write(column + 2, row, cut_columns(where.second, page.room(column + 2, row) - 1));
    }
    return page;
  }
};

text_canvas draw_block(const graph_block& block, int columns) {
  std::vector<text_canvas> steps;
  for (auto& one : block.steps)
    steps.push_back(draw_step(one, columns));
  std::vector<layout_box> boxes;
  for (auto& one : steps)
    boxes.push_back({one.columns()});
  std::vector<layout_edge> edges;
  for (auto& one : block.edges)
    edges.push_back(
        {one.from, one.to, static_cast<int>(one.line), one.line == graph_line::needs && !one.label.empty()});
  auto graph = lay_out(boxes, edges, {gap, narrow, columns - bend_room, columns});
  for (size_t i = 0; i < steps.size(); ++i)
    if (graph.hidden[i] > 0)
      steps[i].write(2, 0, cut_columns(fmt::format(" ↑ {} more ", graph.hidden[i]), steps[i].columns() - 4));
  return block_painter{block, steps, graph}.draw(columns + 1); // one more, to know that there is more
}

} // namespace

std::string to_boxes(const WorkflowDefinition& definition, size_t columns, const step_words& states) {
  auto most = std::max(columns, static_cast<size_t>(least_columns));
  auto picture = draw_block(to_graph(definition, states), static_cast<int>(most));
  return picture.show(columns);
}

} // namespace troupe
