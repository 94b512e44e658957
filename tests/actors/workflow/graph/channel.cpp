// Lines between two layers have rows in which none runs over another.
#define CAF_SUITE actors.workflow.graph.channel
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/actors/workflow/graph/channel.hpp>

using namespace troupe;

CAF_TEST(a line that only goes down needs no row) {
  auto found = route({{{5}, {5}}, {{9}, {9}}});
  CAF_CHECK_EQUAL(found.rows, 0);
  CAF_CHECK_EQUAL(found.row, (std::vector<int>{-1, -1}));
}

CAF_TEST(lines that do not meet share a row and others do not ) {
  auto found = route({{{0}, {4}}, {{6}, {9}}, {{3}, {7}}});
  CAF_CHECK_EQUAL(found.row, (std::vector<int>{0, 0, 1}));
  CAF_CHECK_EQUAL(found.rows, 2);
}

CAF_TEST(what comes down where another goes down runs above it) {
  auto found = route({{{0}, {4}}, {{4}, {9}}});
  CAF_CHECK_EQUAL(found.row, (std::vector<int>{1, 0}));
}

CAF_TEST(two that wait for each other still get rows) {
  auto found = route({{{0}, {4}}, {{4}, {0}}});
  CAF_CHECK_EQUAL(found.rows, 2);
  CAF_CHECK(found.row[0] != found.row[1]);
}
