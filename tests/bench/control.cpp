// How long a message on the urgent lane takes when a million normal ones wait before it.

#include <future>
#include <tests/bench/bench.hpp>
#include <tests/bench/node.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/tests/bench/bench.pb.h>

namespace troupe::bench {
namespace {

constexpr size_t flood = 1'000'000;
constexpr unsigned rounds = 5;

// The actor is held in a handler while the flood arrives, so the million wait in its inbox, unsorted: the
// worst case.
double once(caf::actor_system& system) {
  std::promise<void> go, held;
  std::promise<double> seen;
  auto wait = go.get_future().share();
  auto busy = system.spawn([&, wait](caf::event_based_actor* self) -> caf::behavior {
    house_rules(self);
    return {
        [&, wait](const BenchBegin&) {
          held.set_value();
          wait.wait();
        },
        [](const BenchKept&) {},
        [&](const BenchUrgent&) { seen.set_value(now_s()); },
    };
  });
  caf::anon_send(busy, BenchBegin{});
  held.get_future().wait();
  for (size_t i = 0; i < flood; ++i)
    caf::anon_send(busy, BenchKept{});
  auto sent = now_s();
  caf::scoped_actor sender{system};
  tell_urgent(sender.ptr(), busy, BenchUrgent{});
  go.set_value();
  auto took_ms = 1e3 * (seen.get_future().get() - sent);
  caf::anon_send_exit(busy, caf::exit_reason::kill);
  return took_ms;
}

void run() {
  config settings;
  caf::actor_system system{settings};
  once(system);
  std::vector<double> took_ms;
  for (unsigned i = 0; i < rounds; ++i)
    took_ms.push_back(once(system));
  metric("control.latency", median(took_ms), "ms");
  metric("control.latency_max", quantile(took_ms, 1), "ms");
  target("control.latency", median(took_ms), "<=", 50);
}

const benchmark urgent{"control", "an urgent message behind 1 000 000 queued normal ones", run};

} // namespace
} // namespace troupe::bench
