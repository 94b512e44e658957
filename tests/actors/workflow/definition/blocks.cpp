// What a step holds is found with its path.
#define CAF_SUITE actors.workflow.definition.blocks
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/definition/given.hpp>
#include <troupe/actors/workflow/definition/blocks.hpp>

using namespace troupe;
using namespace troupe::definitions;

CAF_TEST(parallels and maps and loops hold blocks) {
  auto holds = [](const std::string& kind) {
    auto definition = definition_of(step("a", kind));
    auto block = block_in(definition.steps(0));
    return block.steps
               ? std::string{block.path} + block.steps->Get(0).id() + (block.result ? *block.result : "-")
               : "none";
  };
  CAF_CHECK_EQUAL(holds("parallel {" + task("b") + "}"), "parallel.b-");
  CAF_CHECK_EQUAL(holds("map { body { result: 'r' " + task("b") + "} }"), "map.body.br");
  CAF_CHECK_EQUAL(holds("loop { body { result: 'r' " + task("b") + "} }"), "loop.body.br");
  CAF_CHECK_EQUAL(holds("expand { task { required: 'x' } }"), "none");
}

CAF_TEST(tasks and monitors and expansions hold tasks) {
  auto holds = [](const std::string& kind) {
    auto definition = definition_of(step("a", kind));
    auto [spec, path] = task_in(definition.steps(0));
    return spec ? std::string{path} + " " + spec->required(0) : "none";
  };
  CAF_CHECK_EQUAL(holds("task { required: 'x' }"), "task x");
  CAF_CHECK_EQUAL(holds("monitor { sample { required: 'x' } }"), "monitor.sample x");
  CAF_CHECK_EQUAL(holds("expand { task { required: 'x' } }"), "expand.task x");
  CAF_CHECK_EQUAL(holds("wait {}"), "none");
}

CAF_TEST(paths are written from the outside in) {
  CAF_CHECK_EQUAL(path_of("", 2), "steps[2]");
  CAF_CHECK_EQUAL(path_of("steps[2].map.body.", 0), "steps[2].map.body.steps[0]");
}
