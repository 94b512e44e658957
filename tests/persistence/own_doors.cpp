// Where a node has a store of its own beside one it shares, what stays with the node is there.
#define CAF_SUITE persistence.own_doors
#include <caf/test/unit_test.hpp>
#include <troupe/persistence/own_doors.hpp>

using namespace troupe;

CAF_TEST(agents are in the own store and work is in the shared one) {
  doors outside;
  outside.own = std::make_shared<const doors>();
  CAF_CHECK_EQUAL(&doors_of(outside, "agent"), outside.own.get());
  CAF_CHECK_EQUAL(&doors_of(outside, "run"), &outside);
  CAF_CHECK_EQUAL(host_of(outside, "agent"), services::own_shard_host);
  CAF_CHECK_EQUAL(host_of(outside, "run"), services::shard_host);
}

CAF_TEST(with one store everything is in it) {
  doors outside;
  CAF_CHECK_EQUAL(&doors_of(outside, "agent"), &outside);
  CAF_CHECK_EQUAL(host_of(outside, "agent"), services::shard_host);
}
