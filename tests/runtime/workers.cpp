// Jobs run on other threads, all of them, and the end waits for those that have begun.
#define CAF_SUITE runtime.workers
#include <algorithm>
#include <atomic>
#include <caf/test/unit_test.hpp>
#include <future>
#include <memory>
#include <thread>
#include <troupe/runtime/workers.hpp>

using namespace troupe;

CAF_TEST(a job runs on a thread that is not the caller) {
  auto hands = start_workers(1);
  std::promise<std::thread::id> ran;
  hands->submit([&] { ran.set_value(std::this_thread::get_id()); });
  CAF_CHECK(ran.get_future().get() != std::this_thread::get_id());
}

CAF_TEST(jobs of one thread run in the order they were given) {
  auto hands = start_workers(1);
  std::vector<int> order;
  std::promise<void> last;
  for (int i = 0; i < 100; ++i)
    hands->submit([&order, i] { order.push_back(i); });
  hands->submit([&] { last.set_value(); });
  last.get_future().get();
  CAF_REQUIRE_EQUAL(order.size(), 100u);
  CAF_CHECK(std::is_sorted(order.begin(), order.end()));
}

CAF_TEST(as many jobs run at once as there are threads) {
  auto hands = start_workers(3);
  std::promise<void> all_here;
  std::atomic<int> here = 0;
  auto gate = all_here.get_future().share();
  std::promise<void> through[3];
  for (auto& one : through)
    hands->submit([&, gate] {
      if (++here == 3)
        all_here.set_value();
      gate.get(); // with fewer threads nobody would get here
      one.set_value();
    });
  for (auto& one : through)
    one.get_future().get();
  CAF_CHECK_EQUAL(here.load(), 3);
}

CAF_TEST(the default is at least one thread) {
  auto hands = start_workers(0);
  std::promise<int> ran;
  hands->submit([&] { ran.set_value(7); });
  CAF_CHECK_EQUAL(ran.get_future().get(), 7);
}

CAF_TEST(the end waits for what has begun and drops what has not) {
  std::atomic<bool> ended = false;
  std::atomic<int> begun = 0;
  std::promise<void> running, go_on;
  auto gate = go_on.get_future().share();
  auto hands = start_workers(1);
  hands->submit([&, gate] {
    ++begun;
    running.set_value();
    gate.get();
    ended = true;
  });
  running.get_future().get();
  auto kept = std::make_shared<int>();
  std::weak_ptr<int> in_queue = kept;
  for (int i = 0; i < 10; ++i)
    hands->submit([&begun, kept] { ++begun; });
  kept.reset();
  std::thread end{[hands = std::move(hands)]() mutable { hands.reset(); }};
  while (!in_queue.expired()) // until the queue is dropped
    std::this_thread::yield();
  go_on.set_value();
  end.join();
  CAF_CHECK(ended.load());
  CAF_CHECK_EQUAL(begun.load(), 1);
}
