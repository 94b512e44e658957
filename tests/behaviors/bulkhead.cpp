// A bulkhead bounds what runs and what waits, and passes a free place on.
#define CAF_SUITE behaviors.bulkhead
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/bulkhead.hpp>

using namespace troupe;
using answer = bulkhead::answer;

CAF_TEST(calls go until it is full then wait then are refused) {
  bulkhead wall{"tool fs/read", {.concurrent = 2, .waiting = 1}};
  CAF_CHECK(wall.enter() == answer::go);
  CAF_CHECK(wall.enter() == answer::go);
  CAF_CHECK(wall.enter() == answer::wait);
  CAF_CHECK(wall.enter() == answer::refuse);
  CAF_CHECK_EQUAL(wall.running(), 2u);
  CAF_CHECK_EQUAL(wall.waiting(), 1u);
  CAF_CHECK(!wall.refusal().go());
  CAF_CHECK_EQUAL(code_of(wall.refusal().refusal), ec::overloaded);
  CAF_CHECK_EQUAL(text_of(wall.refusal().refusal),
                  "tool fs/read has 2 calls running and 1 waiting, its bounds; repeat after a pause");
}

CAF_TEST(a place that becomes free passes to one that waits) {
  bulkhead wall{"x", {.concurrent = 1, .waiting = 1}};
  wall.enter();
  wall.enter();
  CAF_CHECK(wall.leave());
  CAF_CHECK_EQUAL(wall.running(), 1u);
  CAF_CHECK_EQUAL(wall.waiting(), 0u);
  CAF_CHECK(!wall.leave());
  CAF_CHECK_EQUAL(wall.running(), 0u);
  CAF_CHECK(wall.enter() == answer::go);
}

CAF_TEST(one that gives up makes room for another to wait) {
  bulkhead wall{"x", {.concurrent = 1, .waiting = 1}};
  wall.enter();
  wall.enter();
  wall.give_up();
  CAF_CHECK(wall.enter() == answer::wait);
}

CAF_TEST(nobody leaves who never came) {
  bulkhead wall{"x"};
  CAF_CHECK(breaks([&] { wall.leave(); }));
  CAF_CHECK(breaks([&] { wall.give_up(); }));
}
