// A case passes when the run comes out as expected, and each difference is told.
#define CAF_SUITE actors.workflow.spec_case
#include <caf/test/unit_test.hpp>
#include <troupe/actors/workflow/spec_case.hpp>
#include <troupe/behaviors/spec_reader.hpp>
#include <troupe/behaviors/workflow_reader.hpp>

using namespace troupe;

namespace {

const char* order = R"(
name: order
inputs:
  - {name: item, type: string}
steps:
  - {id: price, task: {required: [shop]}}
  - {id: ask, needs: [price], when: steps.price > 10, approval: {message: 'Buy?', approvers: [ann]}}
  - {id: paid, needs: [ask], signal: {name: paid}, timeout: 1h}
  - {id: pack, needs: [paid], task: {required: [shop]}}
  - {id: tell, needs: [pack], child: {workflow: mail}}
)";

std::vector<std::string> rehearsed(const std::string& yaml) {
  auto definition = read_workflow(order);
  CAF_REQUIRE(definition.problems.empty());
  auto spec = read_spec("spec: s\nvalidate:\n  cases:\n    - name: one\n" + yaml);
  if (!spec.problems.empty())
    CAF_FAIL(to_string(spec.problems, "spec"));
  return rehearse(spec.spec.validate().cases(0), definition.definition);
}

const std::string all_is_well = R"(
      inputs: {item: soup}
      fakes:
        - {step: price, result: 12}
        - {step: pack, result: box}
        - {step: tell, result: told}
      then:
        - {approve: ask, by: ann}
        - {pass: 30m, signal: paid, payload: 12}
)";

} // namespace

CAF_TEST(a run that comes out as expected is fine) {
  auto wrong =
      rehearsed(all_is_well + "      expect: {status: completed, result: told, steps: {pack: completed}}\n");
  for (auto& one : wrong)
    CAF_MESSAGE(one);
  CAF_CHECK(wrong.empty());
}

CAF_TEST(each difference is told) {
  auto wrong = rehearsed(
      all_is_well + "      expect: {status: failed, result: 7, failure: broke, steps: {ask: skipped}}\n");
  CAF_REQUIRE_EQUAL(wrong.size(), 4u);
  CAF_CHECK_EQUAL(wrong[0], "it is completed, and failed was expected");
  CAF_CHECK_EQUAL(wrong[1], "its result is \"told\", and 7 was expected");
  CAF_CHECK_EQUAL(wrong[3], "step ask is completed, and skipped was expected");
}

CAF_TEST(a task without a fake is told) {
  auto wrong = rehearsed("      inputs: {item: soup}\n      expect: {status: failed}\n");
  CAF_REQUIRE_EQUAL(wrong.size(), 1u);
  CAF_CHECK_EQUAL(wrong[0], "step price is begun, and no fake says how it ends");
}

CAF_TEST(what cannot happen is told) {
  auto wrong = rehearsed("      expect: {status: completed}\n");
  CAF_REQUIRE_EQUAL(wrong.size(), 1u);
  CAF_CHECK(wrong[0].find("the run is refused: ") == 0);
  wrong = rehearsed(R"(
      inputs: {item: soup}
      fakes: [{step: price, result: 12}]
      then: [{approve: ask, by: bob}]
      expect: {status: running}
)");
  CAF_REQUIRE_EQUAL(wrong.size(), 1u);
  CAF_CHECK(wrong[0].find("moment 1 is refused: ") == 0);
}

CAF_TEST(fakes of one step come one after the other and a crash loses nothing) {
  auto wrong = rehearsed(R"(
      inputs: {item: soup}
      fakes:
        - {step: price, result: 12}
        - {step: pack, fails: no box}
        - {step: pack, result: box}
        - {step: tell, fails: no post}
      then:
        - {crash: true, approve: ask, by: ann}
        - {signal: paid}
        - {pass: 1d, crash: true}
      expect: {status: failed, failure: no post, steps: {pack: completed, tell: failed}}
)");
  for (auto& one : wrong)
    CAF_MESSAGE(one);
  CAF_CHECK(wrong.empty());
}
