// Mistakes come in the order of the steps, and looking for what was meant has an end.
#define CAF_SUITE actors.workflow.definition.mistakes
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/definition/given.hpp>
#include <troupe/actors/workflow/definition/mistakes.hpp>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;
using namespace troupe::definitions;

CAF_TEST(mistakes are sorted by step and then as they came) {
  mistakes found;
  for (auto* path : {"steps[10].when", "steps[2].map.body.steps[1].id", "steps[2].when",
                     "steps[2].map.body.steps[0].id", "result", "steps[2].id"})
    found.add(path, "wrong");
  CAF_CHECK_EQUAL(
      lines(found.sorted()),
      "result: wrong\nsteps[2].when: wrong\nsteps[2].id: wrong\nsteps[2].map.body.steps[0].id: wrong\n"
      "steps[2].map.body.steps[1].id: wrong\nsteps[10].when: wrong");
}

CAF_TEST(a hint costs no more than is allowed) {
  mistakes found;
  std::vector<std::string_view> known(limits::definition_hints / 2, "build");
  CAF_CHECK_EQUAL(found.hint("biuld", known), "; did you mean 'build'?");
  CAF_CHECK_EQUAL(found.hint("ghost", known), "");
  CAF_CHECK_EQUAL(found.hint("biuld", known), "");
}

CAF_TEST(names are quoted and cut) {
  CAF_CHECK_EQUAL(named("a"), "'a'");
  CAF_CHECK(named(std::string(65, 'a')) == "'" + std::string(64, 'a') + "…'");
  CAF_CHECK_EQUAL(listed({"a", "b"}), "'a', 'b'");
  CAF_CHECK(listed(std::vector<std::string_view>(12, "a")).ends_with("'a' and 2 more"));
}
