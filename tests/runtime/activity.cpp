// The board tells who handles what since when, from any thread, and forgets who is gone.
#define CAF_SUITE runtime.activity
#define FAIL CAF_FAIL
#include <troupe/runtime/activity.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/interface/ops.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/ops.pb.h>

#include <caf/test/dsl.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct config : caf::actor_system_config {
  config() {
    add_messages(*this);
  }
};

struct board_outside {
  activity_board board;
  std::function<void()> inside; // what happens while the handler runs
};

struct fixture : board_outside, test_coordinator_fixture<config> {
  caf::actor worker = sys.spawn([this](caf::event_based_actor* me) -> caf::behavior {
    house_rules(me);
    caf::behavior handlers{[this](const Ping&) {
                             if (inside)
                               inside();
                             return Done{};
                           },
                           [](const Sweep&) { throw std::runtime_error("boom"); }};
    observe(me, board, handlers);
    return handlers;
  });

  void tell(const caf::actor& to, const Ping& message) {
    caf::anon_send(to, message);
    sched.run();
  }

  auto now() {
    return sched.clock().now();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(activity_tests, fixture)

CAF_TEST(a running handler is seen with message and time and an ended one only with its message) {
  sched.run();
  CAF_CHECK(board.look(worker.id())->message.empty());
  inside = [&] {
    sched.advance_time(50ms);
    auto doing = *board.look(worker.id());
    CAF_CHECK(doing.handling);
    CAF_CHECK_EQUAL(doing.message, "troupe::Ping");
    CAF_CHECK(now() - doing.since == 50ms);
    CAF_CHECK_EQUAL(board.holding(now(), 50ms).size(), 1u);
    CAF_CHECK(board.holding(now(), 51ms).empty());
  };
  tell(worker, {});
  CAF_CHECK(!board.look(worker.id())->handling);
  CAF_CHECK_EQUAL(std::string{board.look(worker.id())->message}, "troupe::Ping");
  CAF_CHECK(board.holding(now(), 0ms).empty());
}

CAF_TEST(only handlers above the limit are slow and each is told once) {
  inside = [&] { sched.advance_time(limits::thread_hold); };
  tell(worker, {});
  CAF_CHECK(board.take_slow().empty());
  inside = [&] { sched.advance_time(limits::thread_hold + 1ms); };
  tell(worker, {});
  auto slow = board.take_slow();
  CAF_REQUIRE_EQUAL(slow.size(), 1u);
  CAF_CHECK_EQUAL(slow[0].message, "troupe::Ping");
  CAF_CHECK(slow[0].held == limits::thread_hold + 1ms);
  CAF_CHECK(board.take_slow().empty());
}

CAF_TEST(slow handlers are bounded and the oldest go first) {
  for (size_t i = 0; i <= limits::slow_handlers; ++i) {
    inside = [&, i] { sched.advance_time(limits::thread_hold + std::chrono::milliseconds{i + 1}); };
    tell(worker, {});
  }
  auto slow = board.take_slow();
  CAF_REQUIRE_EQUAL(slow.size(), limits::slow_handlers);
  CAF_CHECK(slow.front().held == limits::thread_hold + 2ms);
}

CAF_TEST(an actor that ends or throws leaves the board) {
  sched.run();
  auto id = worker.id();
  CAF_CHECK(board.look(id));
  caf::anon_send(worker, Sweep{});
  sched.run();
  worker = nullptr;
  CAF_CHECK(!board.look(id));
}

CAF_TEST(a watched actor has its path and keeps nobody alive) {
  board.watch("root/core/worker", "system/service/worker", worker);
  sched.run();
  CAF_CHECK_EQUAL(std::string{board.look(worker.id())->path}, "root/core/worker");
  CAF_CHECK_EQUAL(board.all_watched().size(), 1u);
  board.mark(worker.id(), true);
  CAF_CHECK(board.stuck(worker.id()));
  board.forget(worker.id());
  CAF_CHECK(board.all_watched().empty());
  auto weak = caf::actor_cast<caf::weak_actor_ptr>(worker);
  board.watch("root/core/worker", "", worker);
  worker = nullptr;
  sched.run();
  CAF_CHECK(!weak.lock());
}

CAF_TEST(an actor whose name no supervisor tells has the ref it was given) {
  auto entity = sys.spawn([this](caf::event_based_actor* me) -> caf::behavior {
    caf::behavior handlers{[](const Ping&) { return Done{}; }};
    observe(me, board, handlers, "tenant/kind/key");
    return handlers;
  });
  sched.run();
  CAF_CHECK_EQUAL(std::string{board.look(entity.id())->ref}, "tenant/kind/key");
}

CAF_TEST(an actor that has nothing to handle is not on the board) {
  auto idle = sys.spawn([this](caf::event_based_actor* me) -> caf::behavior {
    caf::behavior nothing;
    observe(me, board, nothing);
    return nothing;
  });
  sched.run();
  CAF_CHECK(!board.look(idle.id()));
}

CAF_TEST(a typed actor reports and without a board nothing changes) {
  auto spawn_typed = [&](activity_board* on) {
    using pinged = caf::typed_actor<rpc<Ping, Done>>;
    auto actor = sys.spawn([on](pinged::pointer me) -> pinged::behavior_type {
      return observed(me, on, {[](const Ping&) { return Done{}; }});
    });
    return caf::actor_cast<caf::actor>(actor);
  };
  auto seen = spawn_typed(&board), unseen = spawn_typed(nullptr);
  tell(seen, {});
  tell(unseen, {});
  CAF_CHECK_EQUAL(std::string{board.look(seen.id())->message}, "troupe::Ping");
  CAF_CHECK(!board.look(unseen.id()));
}

CAF_TEST_FIXTURE_SCOPE_END()
