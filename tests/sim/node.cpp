// Seeds of every workload: nothing acknowledged is lost, nothing is done twice, everything ends.
#define CAF_SUITE sim.node
#include <caf/test/unit_test.hpp>
#include <tests/simulator/world.hpp>

using namespace troupe;

CAF_TEST(the same seed tells the same story) {
  auto& mixed = *find_workload("mixed");
  auto first = live_through(7, mixed, true);
  auto again = live_through(7, mixed, true);
  CAF_CHECK_EQUAL(first.hash, again.hash);
  CAF_CHECK(first.trace == again.trace);
  CAF_CHECK_NOT_EQUAL(first.hash, live_through(8, mixed).hash);
}
