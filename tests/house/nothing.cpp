// A suite that checks nothing: CTest must call it a failure.
#define CAF_SUITE house.nothing
#include <caf/test/unit_test.hpp>

CAF_TEST(nothing is checked here) {}
