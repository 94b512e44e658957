// DOT: a graph in Graphviz's language. Invariant: text of a definition stands in quotes, with quotes and backslashes escaped.

#include <fmt/format.h>
#include <troupe/actors/workflow/workflow_graph.hpp>
#include <troupe/behaviors/workflow_fields.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

std::string dot_text(std::string_view text) {
  std::string out = "\"";
  for (auto c : clean_utf8(text)) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)
      out += c;
  }
  return out + '"';
}

std::string_view shape(std::string_view kind) {
  if (kind == "decision")
    return "diamond";
  if (kind == "join")
    return "invtrapezium";
  if (kind == "wait" || kind == "signal")
    return "cds";
  if (kind == "approval")
    return "house";
  if (kind == "checkpoint")
    return "cylinder";
  return kind == "child" || kind == "expand" ? "box3d" : "box";
}

std::string_view colour(std::string_view state) {
  if (state == "completed")
    return "palegreen";
  if (state == "active")
    return "lightskyblue";
  if (state == "failed")
    return "lightcoral";
  return state == "skipped" || state == "cancelled" ? "lightgrey" : "white";
}

std::string_view line_style(graph_line line) {
  switch (line) {
  case graph_line::catches:
    return "style=dashed, color=red";
  case graph_line::compensates:
    return "style=dotted";
  default:
    return "style=solid";
  }
}

struct dot_writer {
  std::string out;

  // A line to a block ends at its border; Graphviz draws it to a point inside.
  static std::string name(const graph_step& step) {
    return dot_text(step.inside.empty() ? step.id : step.id + "/");
  }

  void write(const graph_step& step, const std::string& indent) {
    auto title = step.glyph + " " + step.id;
    auto below = step.state.empty() ? step.kind : step.kind + ", " + step.state;
    auto label = title + "\n" + below + (step.summary.empty() ? "" : "\n" + step.summary);
    auto tip = fmt::format("{}", fmt::join(step.facts, "\n"));
    if (step.inside.empty()) {
      out += fmt::format("{}{} [label={}, tooltip={}, shape={}, fillcolor={}];\n", indent, name(step),
                         dot_text(label), dot_text(tip), shape(step.kind), colour(step.state));
      return;
    }
    out += fmt::format("{}subgraph {} {{\n{}  label={}; tooltip={}; style=\"rounded\";\n", indent,
                       dot_text("cluster_" + step.id), indent, dot_text(label), dot_text(tip));
    out += fmt::format("{}  {} [shape=point, style=invis];\n", indent, name(step));
    for (auto& block : step.inside)
      write(block, indent + "  ");
    out += indent + "}\n";
  }

  void write(const graph_block& block, const std::string& indent) {
    for (auto& step : block.steps)
      write(step, indent);
    for (auto& edge : block.edges) {
      auto& from = block.steps[edge.from];
      auto& to = block.steps[edge.to];
      out += fmt::format("{}{} -> {} [{}", indent, name(from), name(to), line_style(edge.line));
      if (!edge.label.empty())
        out += ", label=" + dot_text(edge.label);
      if (!from.inside.empty())
        out += ", ltail=" + dot_text("cluster_" + from.id);
      if (!to.inside.empty())
        out += ", lhead=" + dot_text("cluster_" + to.id);
      out += "];\n";
    }
  }
};

} // namespace

std::string to_dot(const WorkflowDefinition& definition, const step_words& states) {
  dot_writer writer;
  writer.out = fmt::format("digraph {} {{\n", dot_text(definition.name()));
  writer.out += "  compound=true; fontname=\"sans-serif\"; fontsize=11;\n  node [style=\"filled\", "
                "fontname=\"sans-serif\", fontsize=11];\n";
  writer.out += "  edge [fontname=\"sans-serif\", fontsize=10];\n";
  writer.write(to_graph(definition, states), "  ");
  return writer.out + "}\n";
}

} // namespace troupe
