// A thread that is none of the scheduler's: the first it wakes works there, for one message.
#define CAF_SUITE runtime.guest_turn
#include <caf/test/unit_test.hpp>
#include <future>
#include <tests/support/fixture.hpp>
#include <troupe/runtime/guest_turn.hpp>
#include <troupe/runtime/proto/common.pb.h>

using namespace troupe;

namespace {

struct real_threads {
  struct config : caf::actor_system_config {
    config() {
      set_scheduler(*this, 1);
      add_messages(*this);
    }
  };
  using where = std::promise<std::thread::id>;

  // Tells, for each message, on which thread it was handled.
  caf::actor listener(std::vector<where>& heard) {
    return system.spawn([&heard](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      auto next = std::make_shared<size_t>(0);
      return {[=, &heard](const Done&) { heard[(*next)++].set_value(std::this_thread::get_id()); }};
    });
  }
  static void wake(const caf::actor& who) {
    who->enqueue(nullptr, caf::make_message_id(), caf::make_message(Done{}), guest_turn::unit());
  }
  // Whoever was spawned is at rest when a question to a later one was answered by the one thread there is.
  void settle() {
    caf::scoped_actor asker{system};
    auto last =
        system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int one) { return one; }}; });
    asker->request(last, caf::infinite, 1).receive([](int) {}, [](const caf::error&) {});
  }

  config settings;
  caf::actor_system system{settings};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(guest_turn_tests, real_threads)

CAF_TEST(whoever is woken first works on this thread at the end of the turn) {
  std::vector<where> heard(1);
  auto one = listener(heard);
  settle();
  auto when = heard[0].get_future();
  {
    guest_turn turn;
    wake(one);
    CAF_CHECK(when.wait_for(std::chrono::seconds{0}) != std::future_status::ready);
  }
  CAF_REQUIRE(when.wait_for(std::chrono::seconds{0}) == std::future_status::ready);
  CAF_CHECK(when.get() == std::this_thread::get_id());
}

CAF_TEST(whoever is woken second works on a thread of the scheduler) {
  std::vector<where> first(1), second(1);
  auto one = listener(first), two = listener(second);
  settle();
  {
    guest_turn turn;
    wake(one);
    wake(two);
  }
  CAF_CHECK(first[0].get_future().get() == std::this_thread::get_id());
  CAF_CHECK(second[0].get_future().get() != std::this_thread::get_id());
}

CAF_TEST(the second message of one actor is left to the scheduler) {
  std::vector<where> heard(2);
  auto one = listener(heard);
  settle();
  {
    guest_turn turn;
    wake(one);
    wake(one);
  }
  CAF_CHECK(heard[0].get_future().get() == std::this_thread::get_id());
  CAF_CHECK(heard[1].get_future().get() != std::this_thread::get_id());
}

CAF_TEST(without a turn whoever is woken over the unit goes to the scheduler) {
  std::vector<where> heard(1);
  auto one = listener(heard);
  settle();
  wake(one);
  CAF_CHECK(heard[0].get_future().get() != std::this_thread::get_id());
}

CAF_TEST_FIXTURE_SCOPE_END()
