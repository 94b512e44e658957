// Every need, catch and compensation is a line of its kind, and a block is a graph in its step.
#define CAF_SUITE actors.workflow.workflow_graph
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/order_workflow.hpp>
#include <troupe/actors/workflow/workflow_graph.hpp>

using namespace troupe;

namespace {

std::string lines(const graph_block& block) {
  std::string text;
  for (auto& edge : block.edges)
    text += block.steps[edge.from].id + " -" + edge.label + "> " + block.steps[edge.to].id + "\n";
  return text;
}

} // namespace

CAF_TEST(lines carry what they mean) {
  auto graph = to_graph(order_workflow());
  CAF_CHECK_EQUAL(lines(graph),
                  "price -undo> refund\nprice -> large\nlarge -big> ask\nlarge -otherwise> pack\n"
                  "ask -on failure> sorry\npack -on failure> sorry\n");
  CAF_CHECK(graph.edges[0].line == graph_line::compensates);
  CAF_CHECK(graph.edges[4].line == graph_line::catches);
}

CAF_TEST(steps tell their kind and state and what is set) {
  auto graph = to_graph(order_workflow(), {{"price", "completed"}});
  CAF_CHECK_EQUAL(graph.steps[0].kind, "task");
  CAF_CHECK_EQUAL(graph.steps[0].summary, "shop.price");
  CAF_CHECK_EQUAL(graph.steps[0].state, "completed");
  CAF_CHECK_EQUAL(graph.steps[0].facts[0], "task.required: shop.price");
  CAF_CHECK_EQUAL(graph.steps[1].state, "");
  CAF_CHECK_EQUAL(graph.steps[1].summary, "first of 1");
  CAF_REQUIRE_EQUAL(graph.steps[3].inside.size(), 1u);
  CAF_CHECK_EQUAL(graph.steps[3].inside[0].steps[0].id, "wrap");
}

CAF_TEST(what leads nowhere is left out) {
  auto graph = to_graph(workflow_of(
      R"(steps { id: "a" needs: "none" needs: "a" catches: "b" } steps { id: "b" compensation: "c" })"));
  CAF_CHECK_EQUAL(lines(graph), "b -on failure> a\n");
}

CAF_TEST(every kind has a glyph of its own) {
  auto graph = to_graph(workflow_of(R"(
    steps { task {} } steps { decision {} } steps { join {} } steps { parallel {} } steps { map {} } steps { loop {} } steps { wait {} }
    steps { signal {} } steps { approval {} } steps { checkpoint {} } steps { monitor {} } steps { child {} } steps { expand {} })"));
  std::set<std::string> glyphs;
  for (auto& step : graph.steps)
    glyphs.insert(step.glyph);
  CAF_CHECK_EQUAL(glyphs.size(), 13u);
  CAF_CHECK_EQUAL(glyphs.count("?"), 0u);
}
