// SVG: a graph for a browser, drawn with what SVG 1.1 has. Invariant: text of a definition is escaped, and never a name of a class.
// Blocks are drawn from the inside out: a block is as large as its graph, and a box in the graph around it.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/actors/workflow/graph/layout.hpp>
#include <troupe/actors/workflow/workflow_graph.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

// Pixels. Letters are measured as this wide on the average, which is on the safe side for the fonts below.
constexpr int letter = 7, small_letter = 6, box_height = 44, least_width = 96, most_width = 240, gap = 28,
              narrow = 14, layer_gap = 52, margin = 24, block_head = 40, block_side = 18;

// Colours twice, since few readers of SVG besides browsers know variables.
constexpr std::string_view style = R"(<style>
svg{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
.page{fill:#fff}.box{fill:#f6f8fa;stroke:#818b98;stroke-width:1.2}.block{fill:#818b98;fill-opacity:.1}
.id{fill:#1f2328;font-size:12px;font-weight:600}.kind,.mark{fill:#59636e;font-size:10px}.name{fill:#1f2328;font-size:15px;font-weight:600}
.glyph{fill:#0969da}.label{fill:#1f2328;font-size:10px;stroke:#fff;stroke-width:3px;paint-order:stroke}
.line{fill:none;stroke:#818b98;stroke-width:1.3}.tip{fill:#818b98}
.line.catches{stroke:#cf222e;stroke-dasharray:6 4}.tip.catches,.label.catches{fill:#cf222e}
.line.compensates{stroke:#59636e;stroke-dasharray:1.5 4}.tip.compensates,.label.compensates{fill:#59636e}
.completed>.box{stroke:#1a7f37;stroke-width:2}.active>.box{stroke:#0969da;stroke-width:3}.failed>.box{stroke:#cf222e;stroke-width:2.5}
.skipped>*,.cancelled>*{opacity:.5}
@media(prefers-color-scheme:dark){.page{fill:#0d1117}.box{fill:#161b22;stroke:#656c76}.block{fill:#818b98}.id,.name,.label{fill:#e6edf3}
.kind,.mark{fill:#9198a1}.glyph{fill:#58a6ff}.label{stroke:#0d1117}.line{stroke:#656c76}.tip{fill:#656c76}
.line.catches{stroke:#ff7b72}.tip.catches,.label.catches{fill:#ff7b72}.line.compensates{stroke:#9198a1}.tip.compensates,.label.compensates{fill:#9198a1}
.completed>.box{stroke:#3fb950}.active>.box{stroke:#58a6ff}.failed>.box{stroke:#ff7b72}}
</style>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (auto c : clean_utf8(text))
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\n':
    case '\t':
      out += c;
      break;
    default: // what XML 1.0 has no way to write is left out
      if (static_cast<unsigned char>(c) >= 0x20)
        out += c;
    }
  return out;
}

int letters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string cut(std::string_view text, int most) {
  if (letters(text) <= most)
    return std::string{text};
  size_t end = 0;
  for (int left = most - 1; end < text.size(); ++end)
    if ((text[end] & 0xc0) != 0x80 && left-- == 0)
      break;
  return std::string{text.substr(0, end)} + "…";
}

// The words of step_words that have a look of their own; others must not become names of classes.
std::string class_of(const std::string& state) {
  for (auto known : {"pending", "active", "completed", "skipped", "failed", "cancelled"})
    if (state == known)
      return known;
  return "step";
}

struct svg_picture {
  std::string body;
  int width = 0;
  int height = 0;
};

svg_picture draw_block(const graph_block& block, int widest);

// The outline of a kind, in a box from 0,0.
std::string outline(const std::string& kind, int w, int h) {
  auto polygon = [](const std::string& points) {
    return fmt::format("<path class=\"box\" d=\"M{}z\"/>", points);
  };
  if (kind == "decision")
    return polygon(fmt::format("16 0H{}L{} {}L{} {}H16L0 {}", w - 16, w, h / 2, w - 16, h, h / 2));
  if (kind == "join")
    return polygon(fmt::format("0 0H{}L{} {}H14", w, w - 14, h));
  if (kind == "wait" || kind == "signal")
    return polygon(fmt::format("0 0H{}L{} {}L{} {}H0", w - 12, w, h / 2, w - 12, h));
  if (kind == "approval")
    return polygon(fmt::format("14 0H{}L{} {}H0", w - 14, w, h));
  auto round = kind == "checkpoint" ? h / 2 : kind == "monitor" ? 12 : 5;
  auto rect = fmt::format("<rect class=\"box\" width=\"{}\" height=\"{}\" rx=\"{}\"/>", w, h, round);
  if (kind == "child" || kind == "expand") // more behind it
    return fmt::format("<rect class=\"box\" x=\"4\" y=\"4\" width=\"{}\" height=\"{}\" rx=\"5\"/>", w, h) +
           rect;
  return rect;
}

std::string title(const graph_step& step) {
  auto text = step.id + ": " + step.kind + (step.state.empty() ? "" : ", " + step.state);
  for (auto& fact : step.facts)
    text += "\n" + cut(fact, static_cast<int>(limits::shown_value));
  return "<title>" + escaped(text) + "</title>";
}

svg_picture draw_step(const graph_step& step, int widest) {
  auto head = step.glyph + " " + step.id;
  auto below = step.kind + (step.summary.empty() ? "" : " · " + step.summary);
  auto wanted = std::max(letters(head) * letter, letters(below) * small_letter) + 44;
  svg_picture made;
  auto begin = fmt::format("<g class=\"{}\">{}", class_of(step.state), title(step));
  auto texts = [&](int x, int y, int room, const std::string& anchor) {
    return fmt::format(
        "<text class=\"id\" x=\"{0}\" y=\"{1}\"{2}><tspan class=\"glyph\">{3}</tspan> {4}</text>"
        "<text class=\"kind\" x=\"{0}\" y=\"{5}\"{2}>{6}</text>",
        x, y, anchor, step.glyph, escaped(cut(step.id, room / letter - 2)), y + 15,
        escaped(cut(below, room / small_letter)));
  };
  if (step.inside.empty()) {
    made.width = std::clamp(wanted, least_width, most_width);
    made.height = box_height;
    made.body = begin + outline(step.kind, made.width, made.height) +
                texts(made.width / 2, 19, made.width - 40, " text-anchor=\"middle\"") + "</g>\n";
    return made;
  }
  std::string bodies;
  made.height = block_head;
  for (auto& block : step.inside) {
    auto inner = draw_block(block, widest - 2 * block_side);
    bodies +=
        fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n", block_side, made.height, inner.body);
    made.width = std::max(made.width, inner.width + 2 * block_side);
    made.height += inner.height + block_side;
  }
  auto least = std::clamp(wanted, least_width, most_width);
  if (made.width < least) // the graph inside stays in the middle
    bodies = fmt::format("<g transform=\"translate({} 0)\">\n{}</g>\n", (least - made.width) / 2, bodies);
  made.width = std::max(made.width, least);
  made.body = begin +
              fmt::format("<rect class=\"box block\" width=\"{}\" height=\"{}\" rx=\"8\"/>", made.width,
                          made.height) +
              texts(12, 17, made.width - 24, "") + "</g>\n" + bodies;
  return made;
}

std::string_view class_of(graph_line line) {
  return line == graph_line::catches ? "catches" : line == graph_line::compensates ? "compensates" : "needs";
}

// Where pieces begin and end: side by side in the middle half of a box, in the order of what they lead to.
struct svg_ends {
  std::vector<int> begin, end; // by piece

  explicit svg_ends(const layered_graph& graph) : begin(graph.pieces.size()), end(graph.pieces.size()) {
    std::map<size_t, std::vector<std::pair<int, size_t>>> leaving, coming; // centre of the other end, piece
    for (size_t i = 0; i < graph.pieces.size(); ++i) {
      auto& piece = graph.pieces[i];
      leaving[piece.from].emplace_back(graph.centre(piece.to), i);
      coming[piece.to].emplace_back(graph.centre(piece.from), i);
    }
    auto spread = [&](auto& ends, std::vector<int>& places) {
      for (auto& [node, pieces] : ends) {
        std::sort(pieces.begin(), pieces.end());
        auto count = static_cast<int>(pieces.size());
        for (int i = 0; i < count; ++i)
          places[pieces[static_cast<size_t>(i)].second] =
              graph.centre(node) + (2 * i + 1 - count) * graph.widths[node] / (4 * count);
      }
    };
    spread(leaving, begin);
    spread(coming, end);
  }
};

svg_picture draw_block(const graph_block& block, int widest) {
  std::vector<svg_picture> steps;
  std::vector<layout_box> boxes;
  std::vector<layout_edge> edges;
  for (auto& step : block.steps) {
    steps.push_back(draw_step(step, widest));
    boxes.push_back({steps.back().width});
  }
  for (auto& edge : block.edges)
    edges.push_back({edge.from, edge.to, static_cast<int>(edge.line),
                     edge.line == graph_line::needs && !edge.label.empty()});
  auto graph = lay_out(boxes, edges, {gap, narrow, widest, widest});
  std::vector<int> top, bottom; // of each layer
  for (auto& layer : graph.layers) {
    top.push_back(bottom.empty() ? 0 : bottom.back() + layer_gap);
    int tall = 0;
    for (auto node : layer)
      tall = std::max(tall, graph.bend(node) ? 0 : steps[node].height);
    bottom.push_back(top.back() + tall);
  }
  svg_picture made{{}, graph.width, bottom.empty() ? 0 : bottom.back()};
  svg_ends ends{graph};
  std::map<std::pair<size_t, std::string>, std::pair<int, std::string_view>>
      labels; // the rightmost line of each box and label
  for (size_t i = 0; i < graph.pieces.size(); ++i) {
    auto& piece = graph.pieces[i];
    auto& edge = block.edges[piece.edge];
    auto kind = class_of(edge.line);
    auto layer = graph.layer_of[piece.from];
    auto x = ends.begin[i], to = ends.end[i];
    auto last = !graph.bend(piece.to);
    auto from_y = bottom[layer], to_y = top[layer + 1] - (last ? 6 : 0), half = layer_gap / 2;
    auto start = graph.bend(piece.from) ? top[layer] : top[layer] + steps[piece.from].height;
    made.body += fmt::format("<path class=\"line {}\" d=\"M{} {}V{}", kind, x, start, from_y);
    if (x == to)
      made.body += fmt::format("V{}\"/>\n", to_y);
    else
      made.body += fmt::format("C{} {} {} {} {} {}\"/>\n", x, from_y + half, to, to_y - half, to, to_y);
    if (!last)
      continue;
    made.body += fmt::format("<path class=\"tip {}\" d=\"M{} {}l-4 -8h8z\"/>\n", kind, to, top[layer + 1]);
    auto& right = labels[{piece.to, edge.label}];
    right = std::max(right, std::pair{to, kind});
  }
  for (size_t i = 0; i < steps.size(); ++i) {
    made.body += fmt::format("<g transform=\"translate({} {})\">\n{}", graph.left[i], top[graph.layer_of[i]],
                             steps[i].body);
    if (graph.hidden[i] > 0)
      made.body += fmt::format("<text class=\"mark\" x=\"{}\" y=\"-3\" text-anchor=\"end\">↑ {} more</text>",
                               steps[i].width, graph.hidden[i]);
    made.body += "</g>\n";
  }
  for (auto& [where, line] : labels)
    if (!where.second.empty())
      made.body +=
          fmt::format("<text class=\"label {}\" x=\"{}\" y=\"{}\">{}</text>\n", line.second, line.first + 6,
                      top[graph.layer_of[where.first]] - 11, escaped(cut(where.second, 20)));
  return made;
}

} // namespace

std::string to_svg(const WorkflowDefinition& definition, const step_words& states) {
  constexpr int head = 28;
  auto picture = draw_block(to_graph(definition, states), limits::graph_pixels);
  auto name = definition.name() + (definition.version().empty() ? "" : " " + definition.version());
  auto width = std::max(picture.width, letters(name) * 9) + 2 * margin,
       height = picture.height + 2 * margin + head;
  auto out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 "
                         "0 {0} {1}\" role=\"img\">\n",
                         width, height);
  out += "<title>" + escaped(name) + "</title>\n";
  out += style;
  out += fmt::format("<rect class=\"page\" width=\"{}\" height=\"{}\"/>\n", width, height);
  out += fmt::format("<text class=\"name\" x=\"{}\" y=\"{}\">{}</text>\n", margin, margin + 8, escaped(name));
  out += fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n</svg>\n", margin, margin + head,
                     picture.body);
  return out;
}

} // namespace troupe
