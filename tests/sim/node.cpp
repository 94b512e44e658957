// Fifty seeds of work, faults and crashes: nothing acknowledged is lost, nothing is done twice, everything ends.
#define CAF_SUITE sim.node
#include <caf/test/unit_test.hpp>
#include <tests/support/world.hpp>

CAF_TEST(fifty seeds keep every promise) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    auto report = troupe::live_through(seed);
    for (auto& broken : report.broken)
      CAF_ERROR("seed " << seed << ": " << broken << "; replay: ./dev sim --from " << seed
                        << " --seeds 1 --trace");
    CAF_CHECK(report.broken.empty());
  }
}

CAF_TEST(the same seed tells the same story) {
  auto first = troupe::live_through(7, true);
  auto again = troupe::live_through(7, true);
  CAF_CHECK_EQUAL(first.hash, again.hash);
  CAF_CHECK(first.trace == again.trace);
  CAF_CHECK_NOT_EQUAL(first.hash, troupe::live_through(8).hash);
}
