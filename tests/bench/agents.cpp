// What an idle agent costs: memory, and time to bring it to life.
//
// `agents.wake` goes the whole way: a message to a sleeping ref, directory, shard host, journal (which reads
// the store), spawn. `agents.spawn` is the last part alone: the entity of the agent kind made from an empty
// replay and spawned.

#include <fmt/format.h>
#include <future>
#include <malloc.h>
#include <tests/bench/bench.hpp>
#include <tests/bench/machine.hpp>
#include <tests/bench/node.hpp>
#include <thread>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe::bench {
namespace {

constexpr size_t agents = 100'000;

std::string name_of(size_t i) {
  return agent_ref(fmt::format("agent_{:06}", i));
}

void wake() {
  auto parts = std::make_shared<agent_parts>();
  node over{[&](caf::scheduled_actor* root, doors_ptr outside) {
    put(*outside, std::string{services::shard_host}, spawn_shard_host(root, outside, {agent_kind(parts)}));
  }};
  auto& names = *over.outside().names;
  auto wait = [&](size_t count) {
    while (names.awake().size() < count + 1) // the shard host is one of them
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
  };
  names.tell(agent_ref("warm_up"), Tick{});
  wait(1);
  malloc_trim(0); // what earlier benchmarks have left is no room for these
  auto before = resident_bytes(), began = now_s();
  for (size_t i = 0; i < agents; ++i)
    names.tell(name_of(i), Tick{});
  wait(agents + 1);
  auto took = wait_until_idle() - began;
  auto each = (resident_bytes() - before) / static_cast<double>(agents);
  metric("agents.wake", static_cast<double>(agents) / took, "per_s");
  metric("agents.memory", each, "bytes");
  target("agents.memory", each, "<=", 2048);
}

void spawn() {
  auto parts = std::make_shared<agent_parts>();
  auto kind = agent_kind(parts);
  std::vector<double> rates;
  for (unsigned round = 0; round < 4; ++round) {
    node over{[](caf::scheduled_actor*, doors_ptr) {}};
    std::vector<caf::actor> made;
    made.reserve(agents);
    std::promise<void> all;
    auto began = now_s();
    over.system().spawn([&](caf::event_based_actor* host) {
      Replayed nothing;
      auto unusable = false;
      for (size_t i = 0; i < agents; ++i) {
        auto seat = std::make_shared<entity_seat>();
        seat->ref = name_of(i);
        auto one = kind.wake(host, std::move(seat), over.shared_doors(), nothing, unusable);
        ensure(static_cast<bool>(one), "an agent wakes");
        made.push_back(std::move(*one));
      }
      all.set_value();
    });
    all.get_future().wait();
    auto took = wait_until_idle() - began;
    if (round > 0)
      rates.push_back(static_cast<double>(agents) / took);
    for (auto& one : made)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    made.clear();
  }
  metric("agents.spawn", median(rates), "per_s");
  target("agents.spawn", median(rates), ">=", 300'000);
}

const benchmark woken{"agents.wake",
                      "100 000 idle agents through the shard host: memory of each, and how fast", wake};
const benchmark spawned{"agents.spawn", "agents spawned from an empty replay", spawn};

} // namespace
} // namespace troupe::bench
