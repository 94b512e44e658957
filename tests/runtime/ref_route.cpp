// Entities of some kinds belong to the owner of their shard, all others to the node that has made them.
#define CAF_SUITE runtime.ref_route
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/ref_route.hpp>

using namespace troupe;

CAF_TEST(work travels and agents stay) {
  for (auto kind : {"task", "run", "ledger", "schedule", "workflow"})
    CAF_CHECK(is_sharded(kind));
  for (auto kind : {"agent", "service", "desk", "", "tasks"})
    CAF_CHECK(!is_sharded(kind));
}

CAF_TEST(the kind is between the slashes) {
  CAF_CHECK_EQUAL(kind_of("acme/run/r1"), "run");
  CAF_CHECK_EQUAL(kind_of("acme//r1"), "");
  CAF_CHECK_EQUAL(kind_of("acme/run"), "");
  CAF_CHECK_EQUAL(kind_of("r1"), "");
}
