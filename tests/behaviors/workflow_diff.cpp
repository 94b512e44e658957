// A difference tells what changed, all of it, and nothing else.
#define CAF_SUITE behaviors.workflow_diff
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/order_workflow.hpp>
#include <troupe/behaviors/workflow_diff.hpp>

using namespace troupe;

namespace {

std::string changed(const std::string& before, const std::string& after) {
  return to_string(difference(workflow_of(before), workflow_of(after)));
}

} // namespace

CAF_TEST(equal definitions have no difference) {
  auto changes = difference(order_workflow(), order_workflow());
  CAF_CHECK(changes.empty());
  CAF_CHECK_EQUAL(to_string(changes), "");
  CAF_CHECK_EQUAL(summary(changes), "nothing");
}

CAF_TEST(steps are added and removed and changed) {
  auto before = order_workflow(), after = order_workflow();
  after.set_version("1.3.0");
  after.mutable_steps(0)->set_timeout_ms(300'000);
  after.mutable_steps(1)->mutable_decision()->mutable_cases(0)->set_when("price > 500");
  after.mutable_steps(3)->mutable_map()->mutable_body()->mutable_steps(0)->mutable_task()->set_priority(
      PRIORITY_HIGH);
  after.mutable_steps(4)->set_id("inform");
  auto changes = difference(before, after);
  CAF_CHECK_EQUAL(
      to_string(changes),
      "~ version: 1.2.0 -> 1.3.0\n"
      "~ step price (task)\n    ~ timeout: 90s -> 5m\n"
      "~ step large (decision)\n    ~ decision.cases.big.when: price > 100 -> price > 500\n"
      "~ step wrap (task)\n    + task.priority: high\n"
      "+ step inform (task)\n    + task.required: mail.send\n    + catches: ask\n    + catches: pack\n"
      "- step sorry (task)\n");
  CAF_CHECK_EQUAL(summary(changes), "1 step added, 1 removed, 3 changed; version");
}

CAF_TEST(edges that move are told one by one) {
  CAF_CHECK_EQUAL(changed(R"(steps { id: "a" } steps { id: "b" } steps { id: "c" needs: "a" })",
                          R"(steps { id: "a" } steps { id: "b" } steps { id: "c" needs: "b" })"),
                  "~ step c (nothing)\n    - needs: a\n    + needs: b\n");
}

CAF_TEST(another order is a change) {
  CAF_CHECK_EQUAL(changed(R"(steps { id: "a" } steps { id: "b" })", R"(steps { id: "b" } steps { id: "a" })"),
                  "~ steps: a, b -> b, a\n");
  CAF_CHECK_EQUAL(changed(R"(steps { id: "m" map { body { steps { id: "a" } steps { id: "b" } } } })",
                          R"(steps { id: "m" map { body { steps { id: "b" } steps { id: "a" } } } })"),
                  "~ step m (map)\n    ~ map.body.steps: a, b -> b, a\n");
  CAF_CHECK_EQUAL(
      changed(R"(steps { id: "a" needs: "x" needs: "y" })", R"(steps { id: "a" needs: "y" needs: "x" })"),
      "~ step a (nothing)\n    ~ needs: x, y -> y, x\n");
}

CAF_TEST(the order of named values is none) {
  CAF_CHECK_EQUAL(changed(R"(steps { id: "a" with { name: "x" value: "1" } with { name: "y" value: "2" } })",
                          R"(steps { id: "a" with { name: "y" value: "2" } with { name: "x" value: "1" } })"),
                  "");
}

CAF_TEST(a step that moves into a block or becomes of another kind is the same step) {
  CAF_CHECK_EQUAL(
      changed(R"(steps { id: "m" map { } } steps { id: "a" checkpoint { } })",
              R"(steps { id: "m" map { body { steps { id: "a" wait { for_ms: 5000 } } } } })"),
      "~ step m (map)\n    - map: {}\n"
      "~ step a (wait)\n    ~ kind: checkpoint -> wait\n    + in: m.map.body.steps\n    - checkpoint: {}\n"
      "    + wait.for: 5s\n");
}

CAF_TEST(long values are cut and stay on one line) {
  auto text = changed(R"(steps { id: "a" })",
                      R"(steps { id: "a" description: "one\ntwo)" + std::string(1000, 'x') + "\" }");
  CAF_CHECK(text.size() < 250);
  CAF_CHECK(text.find("one two") != std::string::npos && text.find("x...\n") != std::string::npos);
}
