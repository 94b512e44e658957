// A plan knows who follows whom, and equal definitions share one.
#define CAF_SUITE actors.workflow.run.plan
#include "given.hpp"

using namespace troupe;

namespace {

constexpr auto text = R"(
name: w
result: b
steps:
  - id: choose
    decision: {cases: [{when: 'true', then: [a]}, {name: second, when: 'true', then: [b]}], otherwise: [c]}
  - {id: a, needs: [choose], task: {required: [x]}, compensation: undo}
  - {id: b, needs: [choose], task: {required: [x]}}
  - {id: c, needs: [choose], catches: [a], task: {required: [x]}}
  - {id: free, needs: [choose], task: {required: [x]}}
  - {id: undo, task: {required: [x]}}
)";

google::protobuf::RepeatedPtrField<std::string> names(std::initializer_list<std::string> all) {
  return {all.begin(), all.end()};
}

} // namespace

CAF_TEST(steps know their followers and compensations stand apart) {
  auto plan = workflow_plan::of(definition_of(text));
  auto& root = plan->root;
  CAF_CHECK_EQUAL(root.find("choose")->followers.size(), 4u);
  CAF_CHECK_EQUAL(root.find("c")->edges(), 2u);
  CAF_CHECK(root.find("c")->catches(*root.find("a")));
  CAF_CHECK(!root.find("c")->catches(*root.find("choose")));
  CAF_CHECK(root.find("undo")->undoes);
  CAF_CHECK_EQUAL(root.regular(), 5u);
  CAF_CHECK_EQUAL(root.result, 2);
  CAF_CHECK(!root.find("nobody"));
}

CAF_TEST(a decision leads to those that the chosen cases name) {
  auto plan = workflow_plan::of(definition_of(text));
  auto& choose = *plan->root.find("choose");
  auto leads = [&](const char* id, std::initializer_list<std::string> chosen) {
    return plan->root.find(id)->is_chosen(choose, names(chosen));
  };
  CAF_CHECK(leads("a", {"1"}));
  CAF_CHECK(!leads("b", {"1"}));
  CAF_CHECK(leads("b", {"second"}));
  CAF_CHECK(!leads("c", {"1"}));
  CAF_CHECK(leads("c", {}));
  CAF_CHECK(!leads("free", {"1"}));
  CAF_CHECK(!leads("free", {}));
}

CAF_TEST(equal definitions share a plan while somebody has it) {
  auto one = workflow_plan::of(definition_of(text));
  CAF_CHECK(workflow_plan::of(definition_of(text)) == one);
  auto other = definition_of(text);
  other.set_version("2");
  CAF_CHECK(workflow_plan::of(other) != one);
}
