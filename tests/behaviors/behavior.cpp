// A manifest says who a behavior is and what it can do.
#define CAF_SUITE behaviors.behavior
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/behavior.hpp>

using troupe::manifest;

CAF_TEST(a manifest keeps what it was told and sorts capabilities) {
  auto who = manifest{"reviewer"}
                 .version("2.1.0")
                 .can("code.review")
                 .can("code.audit")
                 .can("code.review")
                 .max_concurrent(5)
                 .describe("Reads code.");
  CAF_CHECK_EQUAL(who.name(), "reviewer");
  CAF_CHECK_EQUAL(who.version(), "2.1.0");
  CAF_CHECK_EQUAL(who.capabilities(), (std::vector<std::string>{"code.audit", "code.review"}));
  CAF_CHECK_EQUAL(who.max_concurrent(), 5u);
  CAF_CHECK_EQUAL(who.description(), "Reads code.");
}

CAF_TEST(a manifest has defaults and room for one task at least) {
  CAF_CHECK_EQUAL(manifest{"x"}.version(), "1.0.0");
  CAF_CHECK_EQUAL(manifest{"x"}.max_concurrent(), 0u);
  CAF_CHECK_EQUAL(manifest{"x"}.max_concurrent(0).max_concurrent(), 1u);
}
