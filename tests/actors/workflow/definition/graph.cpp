// The graph of a block is looked through once, however deep and however wide.
#define CAF_SUITE actors.workflow.definition.graph
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/definition/given.hpp>
#include <troupe/actors/workflow/definition/graph.hpp>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;
using definitions::block_graph;

namespace {

constexpr auto most = limits::workflow_steps;

std::string name(size_t n) {
  return "s" + std::to_string(n);
}

WorkflowDefinition of(size_t count, const std::function<std::vector<size_t>(size_t)>& needs) {
  WorkflowDefinition definition;
  for (size_t n = 0; n < count; ++n) {
    auto* step = definition.add_steps();
    step->set_id(name(n));
    step->mutable_task()->add_required("x");
    for (auto need : needs(n))
      step->add_needs(name(need));
  }
  return definition;
}

} // namespace

CAF_TEST(ten thousand steps in a row are walked once) {
  auto row = of(most, [](size_t n) { return n + 1 < most ? std::vector{n + 1} : std::vector<size_t>{}; });
  block_graph graph{row.steps()};
  CAF_CHECK_EQUAL(graph.looked_at(), most - 1);
  CAF_CHECK(graph.order().front() == most - 1 && graph.order().back() == 0);
  CAF_CHECK(graph.comes_before({{most - 1, 0}, {0, most - 1}, {7, 7}}) == (std::vector{true, false, false}));
  CAF_CHECK_EQUAL(graph.looked_at(), 2 * (most - 1));
  CAF_CHECK_EQUAL(lines(check(row)), "right");
  row.mutable_steps(static_cast<int>(most) - 1)->add_needs("s0");
  CAF_CHECK(lines(check(row)).starts_with("steps[0].needs: the steps form a cycle: s0 -> s1 -> "));
}

CAF_TEST(a step that needs all others is walked once) {
  auto wide = of(most, [](size_t n) {
    std::vector<size_t> all;
    for (size_t i = 0; n + 1 == most && i < n; ++i)
      all.push_back(i);
    return all;
  });
  block_graph graph{wide.steps()};
  CAF_CHECK_EQUAL(graph.looked_at(), most - 1);
  CAF_CHECK_EQUAL(graph.into(most - 1).size(), most - 1);
  CAF_CHECK_EQUAL(lines(check(wide)), "right");
}

CAF_TEST(many paths through the same steps are walked once) {
  auto layers = of(120, [](size_t n) {
    return n < 2 ? std::vector<size_t>{} : std::vector{n / 2 * 2 - 2, n / 2 * 2 - 1};
  });
  block_graph graph{layers.steps()}; // 2^60 paths
  CAF_CHECK_EQUAL(graph.looked_at(), size_t{4 * 59});
}

CAF_TEST(more than sixty four steps are followed in several passes) {
  auto row = of(200, [](size_t n) { return n == 0 ? std::vector<size_t>{} : std::vector{n - 1}; });
  block_graph graph{row.steps()};
  std::vector<std::pair<size_t, size_t>> pairs;
  for (size_t n = 0; n < 200; ++n)
    pairs.emplace_back(n, 150);
  auto before = graph.comes_before(pairs);
  for (size_t n = 0; n < 200; ++n)
    CAF_CHECK_EQUAL(before[n], n < 150);
  CAF_CHECK_EQUAL(graph.looked_at(), size_t{199 + 4 * 199});
}

CAF_TEST(each group of steps has its cycle) {
  auto rings = of(6, [](size_t n) { return std::vector{n / 3 * 3 + (n + 1) % 3}; });
  block_graph graph{rings.steps()};
  CAF_CHECK(graph.cycles() == (std::vector<std::vector<size_t>>{{0, 1, 2}, {3, 4, 5}}));
}

CAF_TEST(a step knows what it undoes) {
  auto definition = definition_of(task("a", "compensation: 'b'") + task("b"));
  block_graph graph{definition.steps()};
  CAF_CHECK(!graph.undoes(0));
  CAF_CHECK_EQUAL(graph.undoes(1).value_or(9), size_t{0});
  CAF_CHECK(!graph.find("c"));
}
