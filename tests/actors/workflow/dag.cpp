// A definition is a graph or is refused by name; what may start is what has all it needs.
#define CAF_SUITE actors.workflow.dag
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/actors/workflow/dag.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

using needs_of = std::vector<std::pair<std::string, std::vector<std::string>>>;

WorkflowDefinition graph(const needs_of& steps) {
  WorkflowDefinition definition;
  for (auto& [id, needs] : steps) {
    auto* step = definition.add_steps();
    step->set_id(id);
    step->mutable_task()->add_required("work");
    for (auto& need : needs)
      step->add_needs(need);
  }
  return definition;
}

std::string refused(const WorkflowDefinition& definition) {
  auto error = dag::validate(definition);
  if (!error)
    return "accepted";
  CAF_CHECK_EQUAL(code_of(error), ec::invalid_workflow);
  return text_of(error);
}

RunState begun(const WorkflowDefinition& definition) {
  RunState run;
  *run.mutable_definition() = definition;
  for (auto& step : definition.steps())
    run.add_steps()->set_id(step.id());
  return run;
}

void put(RunState& run, int step, TaskStatus status) {
  run.mutable_steps(step)->mutable_task()->set_attempt(1);
  run.mutable_steps(step)->mutable_task()->set_status(status);
}

WorkflowDefinition chain(size_t length) {
  WorkflowDefinition definition;
  for (size_t i = 0; i < length; ++i) {
    auto* step = definition.add_steps();
    step->set_id("s" + std::to_string(i));
    step->mutable_task()->add_required("work");
    if (i + 1 < length) // each needs the next: the deepest walk there is
      step->add_needs("s" + std::to_string(i + 1));
  }
  return definition;
}

} // namespace

CAF_TEST(graphs without cycles are accepted) {
  CAF_CHECK_EQUAL(refused(graph({{"one", {}}})), "accepted");
  CAF_CHECK_EQUAL(refused(graph({{"a", {}}, {"b", {"a"}}, {"c", {"a"}}, {"d", {"b", "c"}}})), "accepted");
  CAF_CHECK_EQUAL(refused(graph({{"last", {"first"}}, {"first", {}}})), "accepted");
  CAF_CHECK_EQUAL(refused(graph({{"a", {}}, {"b", {"a", "a"}}})), "accepted");
}

CAF_TEST(a workflow has between one and ten thousand steps) {
  CAF_CHECK_EQUAL(refused({}), "the workflow has no steps");
  CAF_CHECK_EQUAL(refused(chain(limits::workflow_steps + 1)),
                  "the workflow has 10001 steps; at most 10000 are allowed");
}

CAF_TEST(a step id is of small letters and digits and dashes) {
  for (std::string bad : {"", "A", "a b", "a.b", "a/b", "a|b", "\xc3\xa4"})
    CAF_CHECK_EQUAL(refused(graph({{"ok", {}}, {bad, {}}})),
                    "step 2: '" + bad + "' is no step id; allowed are a-z 0-9 _ -");
  CAF_CHECK_EQUAL(refused(graph({{"a_b-9", {}}})), "accepted");
  CAF_CHECK_EQUAL(refused(graph({{std::string(limits::name_bytes, 'a'), {}}})), "accepted");
  CAF_CHECK(refused(graph({{std::string(limits::name_bytes + 1, 'a'), {}}})) != "accepted");
}

CAF_TEST(step ids are unique) {
  CAF_CHECK_EQUAL(refused(graph({{"a", {}}, {"a", {}}})), "step id 'a' is used twice");
}

CAF_TEST(a step requires a capability) {
  auto definition = graph({{"a", {}}});
  definition.mutable_steps(0)->mutable_task()->clear_required();
  CAF_CHECK_EQUAL(refused(definition), "step 'a' requires no capability, so no agent could be chosen");
}

CAF_TEST(needs and the result step exist) {
  CAF_CHECK_EQUAL(refused(graph({{"a", {"ghost"}}})), "step 'a' needs 'ghost', which does not exist");
  auto definition = graph({{"a", {}}});
  definition.set_result("ghost");
  CAF_CHECK_EQUAL(refused(definition), "the result step 'ghost' does not exist");
  definition.set_result("a");
  CAF_CHECK_EQUAL(refused(definition), "accepted");
}

CAF_TEST(a cycle is named step by step) {
  CAF_CHECK_EQUAL(refused(graph({{"a", {"a"}}})), "the steps form a cycle: a -> a");
  CAF_CHECK_EQUAL(refused(graph({{"a", {"b"}}, {"b", {"a"}}})), "the steps form a cycle: a -> b -> a");
  CAF_CHECK_EQUAL(refused(graph({{"in", {"x"}}, {"x", {"y"}}, {"y", {"z"}}, {"z", {"x"}}})),
                  "the steps form a cycle: x -> y -> z -> x");
  CAF_CHECK_EQUAL(refused(graph({{"ok", {}}, {"a", {"ok", "b"}}, {"b", {"c"}}, {"c", {"ok", "a"}}})),
                  "the steps form a cycle: a -> b -> c -> a");
}

CAF_TEST(a step is ready when all it needs has completed) {
  auto run = begun(graph({{"a", {}}, {"b", {"a"}}, {"c", {"a"}}, {"d", {"b", "c"}}}));
  CAF_CHECK(dag::ready(run) == std::vector<int>{0});
  put(run, 0, TASK_RUNNING);
  CAF_CHECK(dag::ready(run).empty());
  put(run, 0, TASK_COMPLETED);
  CAF_CHECK(dag::ready(run) == (std::vector<int>{1, 2}));
  put(run, 1, TASK_COMPLETED);
  put(run, 2, TASK_WAITING);
  CAF_CHECK(dag::ready(run).empty());
  for (auto other : {TASK_QUEUED, TASK_RUNNING, TASK_RETRYING, TASK_FAILED, TASK_CANCELLED, TASK_PARKED}) {
    put(run, 2, other);
    CAF_CHECK(dag::ready(run).empty());
  }
  put(run, 2, TASK_COMPLETED);
  CAF_CHECK(dag::ready(run) == std::vector<int>{3});
  put(run, 3, TASK_QUEUED);
  CAF_CHECK(dag::ready(run).empty());
}

CAF_TEST(the result is that of the named step or of the last one) {
  auto definition = graph({{"a", {}}, {"b", {}}, {"c", {}}});
  CAF_CHECK_EQUAL(dag::result_step(definition), 2);
  definition.set_result("b");
  CAF_CHECK_EQUAL(dag::result_step(definition), 1);
}

CAF_TEST(the longest chain is checked step after step) {
  auto definition = chain(limits::workflow_steps);
  CAF_CHECK_EQUAL(refused(definition), "accepted");
  auto run = begun(definition);
  CAF_CHECK(dag::ready(run) == std::vector<int>{static_cast<int>(limits::workflow_steps) - 1});
  definition.mutable_steps(static_cast<int>(limits::workflow_steps) - 1)->add_needs("s0");
  CAF_CHECK(refused(definition).rfind("the steps form a cycle: s0 -> s1 -> ", 0) == 0);
}

CAF_TEST(many paths through the same steps are walked once) {
  needs_of layers;
  for (int layer = 0; layer < 60; ++layer)
    for (int i = 0; i < 2; ++i) {
      auto id = [&](int l, int n) { return "l" + std::to_string(l) + "_" + std::to_string(n); };
      layers.push_back({id(layer, i), layer == 0
                                          ? std::vector<std::string>{}
                                          : std::vector<std::string>{id(layer - 1, 0), id(layer - 1, 1)}});
    }
  CAF_CHECK_EQUAL(refused(graph(layers)), "accepted"); // 2^60 paths
}
