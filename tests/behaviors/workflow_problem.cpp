// A mistake stands where its field does, or where the nearest field around it does.
#define CAF_SUITE behaviors.workflow_problem
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/workflow_problem.hpp>

using namespace troupe;

namespace {

workflow_problem problem(const std::string& path, const std::string& text) {
  return {path, text, {}, {}};
}

const workflow_places places{{"", {1, 1}},
                             {"steps", {2, 1}},
                             {"steps[0]", {3, 5}},
                             {"steps[0].timeout", {4, 14}},
                             {"steps[0].with.a", {6, 10}},
                             {"steps[1]", {7, 5}}};

std::string located(const std::string& path) {
  workflow_problems problems{problem(path, "wrong")};
  locate(problems, places);
  return to_string(problems, "f");
}

} // namespace

CAF_TEST(a mistake stands at its field) {
  CAF_CHECK_EQUAL(located("steps[0].timeout"), "f:4:14: wrong\n");
  CAF_CHECK_EQUAL(located("steps[0].with.a"), "f:6:10: wrong\n");
  CAF_CHECK_EQUAL(located(""), "f:1:1: wrong\n");
}

CAF_TEST(a field is found with its unit too) {
  CAF_CHECK_EQUAL(located("steps[0].timeout_ms"), "f:4:14: wrong\n");
}

CAF_TEST(a mistake of what is not written stands at the nearest field around it) {
  CAF_CHECK_EQUAL(located("steps[1].map.body.steps[3].when"), "f:7:5: wrong\n");
  CAF_CHECK_EQUAL(located("steps[9].id"), "f:2:1: wrong\n");
  CAF_CHECK_EQUAL(located("result"), "f:1:1: wrong\n");
}

CAF_TEST(without places a mistake names its path) {
  workflow_problems problems{problem("steps[0].id", "is missing"), problem("", "is empty")};
  locate(problems, {});
  CAF_CHECK_EQUAL(to_string(problems, "f"), "f: steps[0].id: is missing\nf: is empty\n");
}

CAF_TEST(mistakes are told from top to bottom and warnings with their rule) {
  auto late = problem("", "late");
  late.at = {10, 2};
  auto early = problem("", "early");
  early.at = {9, 30};
  auto warning = problem("", "slow");
  warning.at = {10, 1};
  warning.rule = "timeouts";
  CAF_CHECK_EQUAL(to_string({late, early, warning}, "f"),
                  "f:9:30: early\nf:10:1: slow [timeouts]\nf:10:2: late\n");
  CAF_CHECK_EQUAL(to_string({}, "f"), "");
}
