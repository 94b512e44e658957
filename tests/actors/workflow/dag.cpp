// What may start is what has all it needs.
#define CAF_SUITE actors.workflow.dag
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/actors/workflow/dag.hpp>
#include <troupe/runtime/workflow_limits.hpp>

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

CAF_TEST(the longest chain has one step that is ready) {
  auto definition = chain(limits::workflow_steps);
  auto run = begun(definition);
  CAF_CHECK(dag::ready(run) == std::vector<int>{static_cast<int>(limits::workflow_steps) - 1});
}
