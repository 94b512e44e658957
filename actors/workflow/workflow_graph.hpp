// WORKFLOW GRAPH: a definition as a picture: for Graphviz, for a browser, for a terminal. Pure; the same definition gives the same
// bytes.
#pragma once

#include <map>
#include <string>
#include <troupe/runtime/proto/definition.pb.h>
#include <vector>

namespace troupe {

/// How a run stands, by step id: `pending`, `active`, `completed`, `skipped`, `failed`, `cancelled`; other words are shown without
/// a colour of their own.
using step_words = std::map<std::string, std::string>;

/// What a line between two steps means.
enum class graph_line : uint8_t { needs, catches, compensates };

/// A line between two steps of a block, by their positions there.
struct graph_edge {
  size_t from;
  size_t to;
  graph_line line;
  std::string
      label; ///< of a decision's line: the cases that choose it; of one that catches or undoes, that it does; mostly empty
};

struct graph_step;

/// Steps with an order of their own, and the lines between them.
struct graph_block {
  std::vector<graph_step> steps;
  std::vector<graph_edge> edges;
};

/// One step as it is drawn.
struct graph_step {
  std::string id;
  std::string kind;                ///< as in YAML
  std::string glyph;               ///< one character that tells the kind
  std::string summary;             ///< what it is about, few words: its capability, its condition
  std::vector<std::string> facts;  ///< everything else that is set, `path: value`
  std::string state;               ///< from step_words; empty = unknown
  std::vector<graph_block> inside; ///< its block, if its kind has one
};

/// The graph of a definition. Definitions need not be right: lines to steps that are not there are left out.
graph_block to_graph(const WorkflowDefinition& definition, const step_words& states = {});

/// In Graphviz's language (https://graphviz.org/doc/info/lang.html); blocks are clusters.
std::string to_dot(const WorkflowDefinition& definition, const step_words& states = {});

/// As SVG 1.1 that needs nothing else, for light and dark pages. Lines that would need more than limits::graph_bends bends are left
/// out and counted at their steps, so that 10 000 steps take seconds.
std::string to_svg(const WorkflowDefinition& definition, const step_words& states = {});

/// For a terminal of so many columns: boxes and lines of Unicode, without colours. Lines that touch begin at the same step; what
/// crosses over is drawn through. What is wider is cut, at an ellipsis. Lines left out as in to_svg().
std::string to_boxes(const WorkflowDefinition& definition, size_t columns, const step_words& states = {});

} // namespace troupe
