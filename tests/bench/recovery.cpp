// How soon entities are back after a restart: all of them at once, and the first answer of one that slept.
//
// 100 000 entities of ten events each. Eager: every one is woken through directory, shard host, journal (which
// reads its events) and spawn, beside one scan of the same rows in key order. Lazy: one question after another,
// each to an entity that sleeps.

#include <atomic>
#include <fmt/format.h>
#include <future>
#include <tests/bench/bench.hpp>
#include <tests/bench/cell.hpp>
#include <thread>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe::bench {
namespace {

constexpr size_t entities = 100'000;
constexpr size_t events_each = 10;
constexpr size_t data_bytes = 100;
constexpr size_t questions = 5'000;
constexpr unsigned rounds = 3;

std::string name_of(size_t i) {
  return fmt::format("bench/sleeper/{}", i);
}

// Round-robin over the entities, as events arrive: the rows of one are scattered over log and tables.
void fill(store& rows) {
  BenchEvent event;
  event.set_data(noise(data_bytes));
  JournalRecord record;
  record.set_event(event.SerializeAsString());
  envelope header;
  header.type = record_type(BenchEvent::descriptor()->full_name());
  header.flags = last_of_append;
  for (uint64_t seq = 1; seq <= events_each; ++seq) {
    write_batch batch;
    for (size_t i = 0; i < entities; ++i) {
      auto id = identify(name_of(i), rows.naming_key());
      header.gsn = ++header.time_us;
      if (seq == 1)
        batch.push_back({space::meta, name_key(id), name_of(i)});
      batch.push_back({space::journal, journal_key(id, seq), wrap(header, record.SerializeAsString())});
      if (batch.size() >= 2'000 || i + 1 == entities) {
        ensure(!rows.write(batch), "the store is filled");
        batch.clear();
      }
    }
  }
}

// CPU time of each round, of all threads: on a busy machine, the only figure that is not the scheduler's.
using cpu_times = std::vector<double>;

double scan(const store& rows, cpu_times& cpu) {
  auto began = now_s(), before = cpu_s();
  size_t found = 0;
  auto failed =
      rows.scan(space::journal, std::string(1, '\0'), std::string(1, '\xff'), [&](auto, auto value) {
        std::string_view payload;
        found += unwrap(value, payload).has_value();
        return true;
      });
  ensure(!failed && found == entities * events_each, "all events are read");
  cpu.push_back(cpu_s() - before);
  return now_s() - began;
}

using sleeper_actor = caf::typed_actor<note<Tick>, rpc<BenchLook, BenchKept>>;

// Counts whom its first message has reached.
struct sleeper_state {
  static inline const char* name = "sleeper";
  using event = BenchEvent;
  static constexpr uint16_t version = 1;
  uint64_t bytes = 0;

  void apply(const event& kept) {
    bytes += kept.data().size();
  }
  BenchKept reply(const BenchLook&) const {
    return {};
  }
};

std::atomic<size_t> reached = 0;

sleeper_actor::behavior_type sleeper(sleeper_actor::stateful_pointer<sleeper_state> self,
                                     entity_log<sleeper_state> log) {
  return {
      [=](const Tick&) {
        ensure(self->state.bytes == events_each * data_bytes, "all its events are there");
        ++reached;
      },
      [=](const BenchLook&) mutable { return log.template answer<BenchKept>(BenchKept{}); },
  };
}

// The kind, in a subtree of its own that can be ended: what is awake sleeps again.
caf::actor host(node& over) {
  std::promise<caf::actor> born;
  over.system().spawn([&](caf::event_based_actor* self) {
    born.set_value(caf::actor_cast<caf::actor>(
        spawn_shard_host(self, over.shared_doors(), {make_kind<sleeper_state>("sleeper", sleeper)})));
  });
  auto made = born.get_future().get();
  over.outside().names->put(std::string{services::shard_host}, made);
  return made;
}

void end(node& over, const caf::actor& one) {
  caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  wait_until_idle();
  for (auto& name : over.outside().names->awake())
    over.outside().names->erase(name, {}, {});
}

double wake_all(node& over, cpu_times& cpu) {
  auto one = host(over);
  auto& names = *over.outside().names;
  auto began = now_s(), before = cpu_s();
  reached = 0;
  for (size_t i = 0; i < entities; ++i)
    names.tell(name_of(i), Tick{});
  while (reached < entities)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  auto took = now_s() - began;
  cpu.push_back(cpu_s() - before);
  wait_until_idle();
  end(over, one);
  return took;
}

std::vector<double> ask_sleepers(node& over) {
  auto one = host(over);
  auto latencies = std::make_shared<std::vector<double>>();
  auto done = std::make_shared<std::promise<void>>();
  over.system().spawn([=, outside = over.shared_doors()](caf::event_based_actor* self) {
    auto next = std::make_shared<std::function<void()>>();
    *next = [=] {
      if (latencies->size() == questions) {
        *next = nullptr;
        return done->set_value();
      }
      auto who = name_of(latencies->size() * 7919 % entities); // a prime: neighbours are asked far apart
      auto began = now_s();
      ask<BenchKept>(self, *outside->names, who, std::chrono::seconds{10}, BenchLook{})
          .then([=](const BenchKept&) {
            latencies->push_back(now_s() - began);
            auto go_on = *next;
            go_on();
          });
    };
    auto first = *next;
    first();
  });
  done->get_future().wait();
  end(over, one);
  return *latencies;
}

void recovery() {
  node over{[](caf::scheduled_actor*, doors_ptr) {}};
  auto& rows = *over.outside().rows;
  fill(rows);
  cpu_times cpu, bare_cpu;
  auto eager = compare(
      rounds, [&] { return wake_all(over, cpu); }, [&] { return scan(rows, bare_cpu); });
  metric("recovery.eager", eager.ours, "s");
  metric("recovery.scan", eager.bare, "s");
  metric("recovery.eager.ratio", eager.ratio, "x");
  target("recovery.eager.ratio", eager.ratio, "<=", 3);
  metric("recovery.eager.cpu", 1e6 / entities * quantile(cpu, 0.5), "us");
  metric("recovery.scan.cpu", 1e6 / entities * quantile(bare_cpu, 0.5), "us");
  ask_sleepers(over);
  auto latencies = ask_sleepers(over);
  metric("recovery.lazy.p50", 1e3 * quantile(latencies, 0.5), "ms");
  metric("recovery.lazy.p99", 1e3 * quantile(latencies, 0.99), "ms");
  target("recovery.lazy.p99", 1e3 * quantile(latencies, 0.99), "<=", 2);
}

const benchmark recovered{"recovery",
                          "100 000 entities of ten events: all woken, and the first answer of one", recovery};

} // namespace
} // namespace troupe::bench
