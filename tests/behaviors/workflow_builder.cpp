// What is said step by step stands in the definition, and nothing else.
#define CAF_SUITE behaviors.workflow_builder
#include <caf/test/unit_test.hpp>
#include <google/protobuf/text_format.h>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/runtime/messages.hpp>

using namespace troupe;

CAF_TEST(a definition holds what was said and nothing else) {
  RetryPolicy twice;
  twice.set_max_retries(2);
  workflow_builder flow{"release", "2.0.0"};
  flow.step("build", "code.build").input("target", "all").retry(twice).priority(PRIORITY_HIGH);
  flow.step("ship", "code.ship").needs({"build"});
  flow.result("build");
  WorkflowDefinition expected;
  CAF_REQUIRE(google::protobuf::TextFormat::ParseFromString(R"(
    name: "release" version: "2.0.0" result: "build"
    steps { id: "build" task {
      required: "code.build" priority: PRIORITY_HIGH inputs { name: "target" value: "all" } retry { max_retries: 2 } } }
    steps { id: "ship" task { required: "code.ship" } needs: "build" })",
                                                            &expected));
  CAF_CHECK_EQUAL(flow.definition(), expected);
}

CAF_TEST(a definition nobody has said anything about has a version and no steps) {
  workflow_builder flow{"empty"};
  CAF_CHECK_EQUAL(flow.definition().version(), "1.0.0");
  CAF_CHECK_EQUAL(flow.definition().steps_size(), 0);
  CAF_CHECK(flow.definition().result().empty());
}
