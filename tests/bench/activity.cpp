// What it costs a message that its handler stands on the activity board: the same handlers, called directly in
// one actor, with and without.

#include <future>
#include <tests/bench/bench.hpp>
#include <tests/bench/node.hpp>
#include <troupe/runtime/activity.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/tests/bench/bench.pb.h>

namespace troupe::bench {
namespace {

constexpr size_t messages = 1'000'000;
constexpr unsigned rounds = 9;

double nanoseconds_each(caf::behavior& handlers) {
  auto message = caf::make_message(BenchPong{});
  auto began = thread_cpu_s();
  for (size_t i = 0; i < messages; ++i)
    handlers(message);
  return 1e9 * (thread_cpu_s() - began) / static_cast<double>(messages);
}

void run() {
  activity_board board;
  config settings;
  caf::actor_system system{settings};
  std::promise<comparison> measured;
  system.spawn([&](caf::event_based_actor* self) {
    size_t handled = 0;
    auto handlers = [&handled] { return caf::behavior{[&handled](const BenchPong&) { ++handled; }}; };
    auto bare = handlers(), seen = handlers();
    observe(self, board, seen);
    measured.set_value(compare(
        rounds, [&] { return nanoseconds_each(seen); }, [&] { return nanoseconds_each(bare); }));
  });
  auto result = measured.get_future().get();
  system.await_all_actors_done();
  metric("activity.per_message.observed", result.ours, "ns");
  metric("activity.per_message.bare", result.bare, "ns");
  target("activity.per_message", result.ours - result.bare, "<", 100);
}

const benchmark per_message{"activity", "what the activity board adds to each message", run};

} // namespace
} // namespace troupe::bench
