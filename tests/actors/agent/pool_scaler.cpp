// A pool grows under pressure and shrinks at rest, not at once, not back and forth, and never beyond its bounds. Row P4.
#define CAF_SUITE actors.agent.pool_scaler
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/actors/agent/pool_scaler.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <vector>

using namespace troupe;

namespace {

PoolScale rules(uint32_t floor, uint32_t ceiling) {
  PoolScale scale;
  scale.set_floor(floor);
  scale.set_ceiling(ceiling);
  return scale;
}

// A pool that is looked at every second, of agents with two slots.
struct pool {
  pool_scaler scaler;
  uint32_t size = 1;
  int64_t now_ms = 0;
  std::vector<uint32_t> sizes = {}; // whenever it changed

  void live(int seconds, uint64_t busy, uint64_t waiting) {
    for (int i = 0; i < seconds; ++i, now_ms += 1000) {
      auto slots = uint64_t{size} * 2;
      auto wanted = scaler.look(now_ms, {size, slots, slots - std::min(busy, slots), waiting});
      if (wanted != size)
        sizes.push_back(wanted);
      size = wanted;
    }
  }
};

} // namespace

CAF_TEST(it grows only when tasks have waited long enough and then waits again) {
  pool one{pool_scaler{rules(1, 10)}};
  one.live(10, 2, 9);
  CAF_CHECK_EQUAL(one.size, 1u);
  one.live(1, 2, 9);
  CAF_CHECK_EQUAL(one.size, 2u); // twice as many at most
  one.live(29, 4, 7);
  CAF_CHECK_EQUAL(one.size, 2u); // the pause after a change
  one.live(2, 4, 7);
  CAF_CHECK_EQUAL(one.size, 4u);
}

CAF_TEST(a short wave changes nothing) {
  pool one{pool_scaler{rules(1, 10)}};
  for (int i = 0; i < 20; ++i) {
    one.live(9, 2, 50);
    one.live(1, 2, 0);
  }
  CAF_CHECK(one.sizes.empty());
}

CAF_TEST(it shrinks when it has been idle for long and not below what is in use) {
  pool one{pool_scaler{rules(1, 10)}, 8};
  one.live(120, 5, 0);
  CAF_CHECK_EQUAL(one.size, 8u);
  one.live(1, 5, 0);
  CAF_CHECK_EQUAL(one.size, 6u); // by a quarter
  one.live(600, 5, 0);
  CAF_CHECK_EQUAL(one.size, 5u); // 5 of 10 slots are in use: not below half
  one.live(3600, 0, 0);
  CAF_CHECK_EQUAL(one.size, 1u);
}

CAF_TEST(between the two nothing changes for ever) {
  pool one{pool_scaler{rules(1, 10)}, 4};
  for (int i = 0; i < 100; ++i) {
    one.live(60, 4, 0); // half of the slots
    one.live(60, 8, 7); // less than one a slot waits
  }
  CAF_CHECK(one.sizes.empty());
}

CAF_TEST(floor and ceiling hold at once) {
  pool high{pool_scaler{rules(2, 4)}, 9};
  high.live(1, 18, 0);
  CAF_CHECK_EQUAL(high.size, 4u);
  high.live(300, 8, 1000);
  CAF_CHECK_EQUAL(high.size, 4u);
  pool low{pool_scaler{rules(3, 4)}, 1};
  low.live(1, 0, 0);
  CAF_CHECK_EQUAL(low.size, 3u);
  low.live(3600, 0, 0);
  CAF_CHECK_EQUAL(low.size, 3u);
}

CAF_TEST(the same looks give the same sizes) {
  auto live = [] {
    pool one{pool_scaler{rules(1, 20)}};
    one.live(200, 2, 30);
    one.live(1000, 1, 0);
    one.live(100, 9, 9);
    return one.sizes;
  };
  auto first = live();
  CAF_CHECK(first.size() > 3);
  CAF_CHECK_EQUAL(live(), first);
}
