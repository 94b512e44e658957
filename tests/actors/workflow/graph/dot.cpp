// A picture for Graphviz has a node for each step, an edge for each line, and a cluster for each block.
#define CAF_SUITE actors.workflow.graph.dot
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/order_workflow.hpp>
#include <troupe/actors/workflow/workflow_graph.hpp>

using namespace troupe;

CAF_TEST(a small workflow is written whole) {
  CAF_CHECK_EQUAL(to_dot(order_workflow(), {{"price", "completed"}}), std::string{R"(digraph "order" {
  compound=true; fontname="sans-serif"; fontsize=11;
  node [style="filled", fontname="sans-serif", fontsize=11];
  edge [fontname="sans-serif", fontsize=10];
  "price" [label="▸ price\ntask, completed\nshop.price", tooltip="task.required: shop.price\ncompensation: refund\ntimeout: 90s", shape=box, fillcolor=palegreen];
  "large" [label="◆ large\ndecision\nfirst of 1", tooltip="needs: price\ndecision.cases: big\ndecision.cases.big.when: price > 100\ndecision.cases.big.then: ask\ndecision.otherwise: pack", shape=diamond, fillcolor=white];
  "ask" [label="☑ ask\napproval\nboss", tooltip="needs: large\napproval.approvers: boss", shape=house, fillcolor=white];
  subgraph "cluster_pack" {
    label="∀ pack\nmap\nover inputs.items"; tooltip="needs: large\nmap.over: inputs.items"; style="rounded";
    "pack/" [shape=point, style=invis];
    "wrap" [label="▸ wrap\ntask\nshop.wrap", tooltip="task.required: shop.wrap", shape=box, fillcolor=white];
  }
  "sorry" [label="▸ sorry\ntask\nmail.send", tooltip="task.required: mail.send\ncatches: ask\ncatches: pack", shape=box, fillcolor=white];
  "refund" [label="▸ refund\ntask\nshop.refund", tooltip="task.required: shop.refund", shape=box, fillcolor=white];
  "price" -> "refund" [style=dotted, label="undo"];
  "price" -> "large" [style=solid];
  "large" -> "ask" [style=solid, label="big"];
  "large" -> "pack/" [style=solid, label="otherwise", lhead="cluster_pack"];
  "ask" -> "sorry" [style=dashed, color=red, label="on failure"];
  "pack/" -> "sorry" [style=dashed, color=red, label="on failure", ltail="cluster_pack"];
}
)"});
}

CAF_TEST(quotes and backslashes cannot leave their string) {
  auto text = to_dot(workflow_of(R"(steps { id: "a\"]; b" task { required: "c\\" } })"));
  CAF_CHECK(
      text.find(R"(  "a\"]; b" [label="▸ a\"]; b\ntask\nc\\", tooltip="task.required: c\\", shape=box)") !=
      std::string::npos);
}
