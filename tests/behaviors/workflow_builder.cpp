// What is built step by step is the definition one would write by hand.
#define CAF_SUITE behaviors.workflow_builder
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/runtime/messages.hpp>

using namespace troupe;

CAF_TEST(an empty builder has a name and a version) {
  workflow_builder first{"review"};
  CAF_CHECK_EQUAL(first.definition().name(), "review");
  CAF_CHECK_EQUAL(first.definition().version(), "1.0.0");
  workflow_builder second{"review", "2.1.0"};
  CAF_CHECK_EQUAL(second.definition().version(), "2.1.0");
  CAF_CHECK_EQUAL(second.definition().steps_size(), 0);
}

CAF_TEST(steps keep their order and what was said of them) {
  workflow_builder flow{"review"};
  RetryPolicy once;
  once.set_no_retry(true);
  flow.step("read", "fs.read").input("path", "a.txt").input("mode", "text");
  flow.step("judge", "text.judge")
      .needs({"read"})
      .needs({"other", "third"})
      .retry(once)
      .priority(PRIORITY_HIGH);
  flow.result("read");
  WorkflowDefinition expected;
  expected.set_name("review");
  expected.set_version("1.0.0");
  auto* read = expected.add_steps();
  read->set_id("read");
  read->mutable_task()->add_required("fs.read");
  for (auto [name, value] : {std::pair{"path", "a.txt"}, {"mode", "text"}}) {
    auto* field = read->mutable_task()->add_inputs();
    field->set_name(name);
    field->set_value(value);
  }
  auto* judge = expected.add_steps();
  judge->set_id("judge");
  judge->mutable_task()->add_required("text.judge");
  judge->mutable_task()->mutable_retry()->set_no_retry(true);
  judge->mutable_task()->set_priority(PRIORITY_HIGH);
  for (auto need : {"read", "other", "third"})
    judge->add_needs(need);
  expected.set_result("read");
  CAF_CHECK_EQUAL(flow.definition().ShortDebugString(), expected.ShortDebugString());
}
