// What the activity board costs. A message: the same handlers, called directly in one actor, with and without.
// The watchdog: one look at as many entities as may be in memory.

#include <fmt/format.h>
#include <future>
#include <tests/bench/bench.hpp>
#include <tests/bench/node.hpp>
#include <troupe/runtime/activity.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/limits.hpp>
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

void one_look() {
  activity_board board;
  std::vector<std::shared_ptr<activity_board::line>> lines;
  for (uint64_t id = 0; id < limits::resident_entities; ++id)
    lines.push_back(board.open(id, "agent", fmt::format("default/agent/agent_{:06}", id)));
  std::vector<double> took_ms;
  for (unsigned round = 0; round < rounds; ++round) {
    auto began = thread_cpu_s();
    board.holding({}, limits::thread_hold);
    took_ms.push_back(1e3 * (thread_cpu_s() - began));
  }
  metric("activity.look", median(took_ms), "ms");
  target("activity.look", median(took_ms), "<", limits::thread_hold.count());
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
  metric("activity.per_message", result.ours - result.bare, "ns");
  metric("activity.per_message.bare", result.bare, "ns");
  target("activity.per_message", result.ours - result.bare, "<", 100);
}

const benchmark per_message{"activity.message", "what the activity board adds to each message", run};
const benchmark per_look{"activity.look", "the watchdog's look at 100 000 entities", one_look};

} // namespace
} // namespace troupe::bench
