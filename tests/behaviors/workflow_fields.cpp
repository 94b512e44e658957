// A definition's fields have the names and values of its YAML form, and every field that is set has a row.
#define CAF_SUITE behaviors.workflow_fields
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/order_workflow.hpp>
#include <troupe/behaviors/workflow_fields.hpp>

using namespace troupe;

namespace {

std::string rows(const workflow_fields& fields) {
  std::string text;
  for (auto& one : fields)
    text += one.path + (one.listed ? "[] " : " ") + one.value + "\n";
  return text;
}

} // namespace

CAF_TEST(values are written as in YAML) {
  auto definition = workflow_of(R"(name: "n" deadline_ms: 7200000 inputs { name: "total" type: TYPE_NUMBER }
    steps { id: "a" may_fail: true task { required: "x" required: "y" priority: PRIORITY_HIGH inputs { name: "unit" value: "kg" }
            retry { max_retries: 2 backoff_multiplier: 1.5 } } })");
  CAF_CHECK_EQUAL(rows(fields_of(definition)),
                  "name n\ninputs[] total\ninputs.total.type number\ndeadline 2h\n");
  auto steps = steps_of(definition);
  CAF_REQUIRE_EQUAL(steps.size(), 1u);
  CAF_CHECK_EQUAL(rows(steps[0].fields),
                  "task.required[] x\ntask.required[] y\ntask.priority high\ntask.inputs.unit kg\n"
                  "task.retry.max_retries 2\ntask.retry.backoff_multiplier 1.5\nmay_fail true\n");
}

CAF_TEST(steps inside of steps are found with their place) {
  auto definition = order_workflow();
  auto steps = steps_of(definition);
  CAF_REQUIRE_EQUAL(steps.size(), 7u);
  CAF_CHECK_EQUAL(steps[4].step->id(), "wrap");
  CAF_CHECK_EQUAL(steps[4].inside, "pack.map.body.steps");
  CAF_CHECK_EQUAL(steps[5].inside, "");
}

CAF_TEST(a kind of which nothing is said has a row and a name) {
  auto definition = workflow_of(R"(steps { id: "a" checkpoint {} } steps { id: "b" })");
  CAF_CHECK_EQUAL(rows(steps_of(definition)[0].fields), "checkpoint {}\n");
  CAF_CHECK_EQUAL(kind_of(definition.steps(0)), "checkpoint");
  CAF_CHECK_EQUAL(kind_of(definition.steps(1)), "nothing");
}

CAF_TEST(spans have the largest unit without a rest) {
  CAF_CHECK_EQUAL(span_text(1500), "1500ms");
  CAF_CHECK_EQUAL(span_text(90'000), "90s");
  CAF_CHECK_EQUAL(span_text(300'000), "5m");
  CAF_CHECK_EQUAL(span_text(172'800'000), "2d");
  CAF_CHECK_EQUAL(span_text(0), "0ms");
}
