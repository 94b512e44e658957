// A picture for a terminal shows every step and line, and is never wider than the terminal.
#define CAF_SUITE actors.workflow.graph.boxes
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <sstream>
#include <tests/support/order_workflow.hpp>
#include <troupe/actors/workflow/graph/canvas.hpp>
#include <troupe/actors/workflow/workflow_graph.hpp>

using namespace troupe;

namespace {

int widest(const std::string& picture) {
  std::istringstream lines{picture};
  int most = 0;
  for (std::string line; std::getline(lines, line);)
    most = std::max(most, text_columns(line));
  return most;
}

} // namespace

CAF_TEST(a small workflow is drawn whole) {
  CAF_CHECK_EQUAL(to_boxes(order_workflow(), 80), std::string{R"(             ┌─────────────────┐
             │ ▸ price         │
             │ task shop.price │
             └───────┬─┬───────┘
          ┌┈┈┈┈┈┈┈┈┈┈┘ └───────────┐
          ┊ undo                   │
          ▼                        ▼
┌───────────────────┐   ╭─────────────────────╮
│ ▸ refund          │   │ ◆ large             │
│ task shop.refund  │   │ decision first of 1 │
└───────────────────┘   ╰──────────┬──────────╯
                    ┌──────────────┴────────────┐
                    │ big                       │ otherwise
                    ▼                           ▼
            ╭───────────────╮   ╭─ ∀ pack · map over inputs.i… ─╮
            │ ☑ ask         │   │      ┌─────────────────┐      │
            │ approval boss │   │      │ ▸ wrap          │      │
            ╰───────┬───────╯   │      │ task shop.wrap  │      │
                    ┆           │      └─────────────────┘      │
                    ┆           ╰───────────────┬───────────────╯
                    └┄┄┄┄┄┄┄┄┄┄┄┄┐ ┌┄┄┄┄┄┄┄┄┄┄┄┄┘
                                 ┆ ┆ on failure
                                 ▼ ▼
                         ┌─────────────────┐
                         │ ▸ sorry         │
                         │ task mail.send  │
                         └─────────────────┘
)"});
}

CAF_TEST(states are marked) {
  auto text = to_boxes(order_workflow(), 80,
                       {{"price", "completed"}, {"ask", "skipped"}, {"pack", "active"}, {"wrap", "resting"}});
  for (auto part : {"price ✓", "ask –", "pack ▶", "wrap resting"})
    CAF_CHECK(text.find(part) != std::string::npos);
}

CAF_TEST(a picture is as wide as the terminal or less) {
  for (size_t columns : {1, 20, 40, 80, 200}) {
    CAF_CHECK(widest(to_boxes(fan_workflow(40), columns)) <= static_cast<int>(columns));
    CAF_CHECK(widest(to_boxes(order_workflow(), columns)) <= static_cast<int>(columns));
  }
  auto narrow = to_boxes(order_workflow(), 20);
  CAF_CHECK(narrow.find("…\n") != std::string::npos);
}

CAF_TEST(a fan is drawn in a terminal without cutting) {
  auto text = to_boxes(fan_workflow(40), 80);
  CAF_CHECK(text.find("…") == std::string::npos);
  for (auto id : {"first", "s0 ", "s39 ", "last"})
    CAF_CHECK(text.find(id) != std::string::npos);
}

CAF_TEST(what a definition says cannot break the picture) {
  auto text = to_boxes(
      workflow_of(R"(steps { id: "a" task { required: "x\ny\033[31m" } } steps { id: "a" } steps { })"), 80);
  CAF_CHECK(text.find('\x1b') == std::string::npos);
  CAF_CHECK_EQUAL(std::count(text.begin(), text.end(), '\n'), 4);
}

CAF_TEST(ten thousand steps are drawn and their longest lines are counted) {
  WorkflowDefinition chain;
  for (int i = 0; i < 10'000; ++i) {
    auto* step = chain.add_steps();
    step->set_id("s" + std::to_string(i));
    if (i > 0)
      step->add_needs("s" + std::to_string(i - 1));
    if (i > 5'000)
      for (int from : {0, 1, 2, 3, 4, 5})
        step->add_needs("s" + std::to_string(from));
  }
  auto text = to_boxes(chain, 80);
  CAF_CHECK(text.find("s9999 ") != std::string::npos);
  CAF_CHECK(text.find("↑ 6 more") != std::string::npos);
}
