// Durable events per second through entities, beside a bare group-commit loop over RocksDB with the same
// bytes in flight.
//
// Ours: clients -> directory -> entity (decide, apply, append) -> journal thread -> RocksDB, synced -> entity
// -> client. An event counts when its client has heard that it is durable.

#include <fmt/format.h>
#include <tests/bench/bare_journal.hpp>
#include <tests/bench/bench.hpp>
#include <tests/bench/clients.hpp>
#include <thread>

namespace troupe::bench {
namespace {

constexpr size_t data_bytes = 100;
constexpr double window_s = 1;
constexpr double settle_s = 0.2;
constexpr unsigned rounds = 7;

// One client per ref that asks, with a command id, waits for the reply and asks again.
void start_askers(node& over, std::shared_ptr<tally> seen, std::vector<std::string> refs, size_t bytes) {
  BenchStore blank;
  blank.set_data(noise(bytes));
  std::vector<turn> askers;
  for (auto& ref : refs)
    askers.push_back([=, outside = over.shared_doors()](caf::event_based_actor* self,
                                                        std::function<void(caf::error)> done) {
      auto cmd = blank;
      cmd.mutable_context()->set_command_id(outside->ids->next(outside->time->now_ms()));
      ask_once<BenchKept>(self, *outside, ref, std::move(cmd), std::move(done), nullptr,
                          std::chrono::seconds{2});
    });
  start_clients(over, std::move(seen), std::move(askers));
}

using starter = void (*)(node&, std::shared_ptr<tally>, std::vector<std::string>, size_t);

struct sample {
  double rate = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double cpu_us = 0; // per event, all threads
};

sample measure(node& over, starter start, const std::vector<std::string>& refs) {
  auto wait = [](double s) { std::this_thread::sleep_for(std::chrono::duration<double>(s)); };
  auto seen = std::make_shared<tally>();
  start(over, seen, refs, data_bytes);
  wait(settle_s);
  auto kept = seen->kept.load();
  auto began = now_s(), cpu = cpu_s();
  wait(window_s);
  auto count = static_cast<double>(seen->kept - kept);
  sample result{count / (now_s() - began), 0, 0, 1e6 * (cpu_s() - cpu) / std::max(count, 1.0)};
  seen->stop = true;
  seen->done.get_future().wait();
  result.p50_ms = 1e3 * quantile(seen->latencies_s, 0.5);
  result.p99_ms = 1e3 * quantile(seen->latencies_s, 0.99);
  return result;
}

std::vector<std::string> cells(size_t count) {
  std::vector<std::string> refs;
  for (size_t i = 0; i < count; ++i)
    refs.push_back(fmt::format("bench/cell/{}", i));
  return refs;
}

// Ours, the bare loop filled one by one and in bulk, and one sync per event if wanted, in turns.
void compare_with_bare(const std::string& name, starter start, const std::vector<std::string>& refs,
                       size_t stored_bytes, double wanted_ratio, double wanted_times_sync_each) {
  node ours{[](caf::scheduled_actor* root, doors_ptr outside) {
    put(*outside, std::string{services::shard_host}, spawn_shard_host(root, outside, {cell_kind()}));
  }};
  bare_journal bare;
  std::vector<double> rates, bulk, one_by_one, sync_each, ratio, bulk_ratio, sync_ratio, p50, p99, cpu,
      bare_cpu;
  for (unsigned i = 0; i <= rounds; ++i) {
    auto one = measure(ours, start, refs);
    auto bare_cpu_before = cpu_s();
    auto bulk_rate = bare.run(bare_journal::mode::bulk, refs.size(), stored_bytes, window_s);
    auto bulk_cpu = 1e6 * (cpu_s() - bare_cpu_before) / (bulk_rate * window_s);
    auto queue_rate = bare.run(bare_journal::mode::one_by_one, refs.size(), stored_bytes, window_s);
    auto sync_rate = wanted_times_sync_each > 0
                         ? bare.run(bare_journal::mode::sync_each, refs.size(), stored_bytes, window_s)
                         : 1;
    if (i == 0)
      continue; // warm-up: entities woken, files made
    rates.push_back(one.rate);
    p50.push_back(one.p50_ms);
    p99.push_back(one.p99_ms);
    cpu.push_back(one.cpu_us);
    bulk.push_back(bulk_rate);
    bare_cpu.push_back(bulk_cpu);
    one_by_one.push_back(queue_rate);
    sync_each.push_back(sync_rate);
    ratio.push_back(one.rate / queue_rate);
    bulk_ratio.push_back(one.rate / bulk_rate);
    sync_ratio.push_back(one.rate / sync_rate);
  }
  metric(name, median(rates), "events_per_s");
  metric(name + ".p50", median(p50), "ms");
  metric(name + ".p99", median(p99), "ms");
  metric(name + ".cpu", median(cpu), "us_per_event");
  metric(name + ".bare", median(one_by_one), "events_per_s");
  metric(name + ".bare_bulk", median(bulk), "events_per_s");
  metric(name + ".bare_bulk.cpu", median(bare_cpu), "us_per_event");
  metric(name + ".ratio", median(ratio), "x");
  metric(name + ".ratio_bulk", median(bulk_ratio), "x");
  target(name + ".ratio_bulk", median(bulk_ratio), ">=", wanted_ratio);
  if (wanted_times_sync_each > 0) {
    metric(name + ".sync_each", median(sync_each), "events_per_s");
    metric(name + ".sync_each.ratio", median(sync_ratio), "x");
    target(name + ".sync_each.ratio", median(sync_ratio), ">=", wanted_times_sync_each);
  }
}

void tell_1() {
  compare_with_bare("journal.1", start_hub, cells(1), row_bytes(data_bytes, false), 0.6, 0);
}
void tell_10() {
  compare_with_bare("journal.10", start_hub, cells(10), row_bytes(data_bytes, false), 0.6, 0);
}
void tell_100() {
  compare_with_bare("journal.100", start_hub, cells(100), row_bytes(data_bytes, false), 0.5, 10);
}
void tell_1000() {
  compare_with_bare("journal.1000", start_hub, cells(1000), row_bytes(data_bytes, false), 0.7, 0);
}
void tell_hot() {
  compare_with_bare("journal.hot", start_hub, std::vector<std::string>(1000, "bench/cell/0"),
                    row_bytes(data_bytes, false), 0.4, 0);
}
void ask_1000() {
  compare_with_bare("journal.ask", start_askers, cells(1000), row_bytes(data_bytes, true), 0.7, 0);
}

const benchmark one{"journal.1", "1 entity, 1 one-way command in flight, 100 bytes each", tell_1};
const benchmark ten{"journal.10", "10 entities, 1 one-way command in flight each", tell_10};
const benchmark hundred{"journal.100", "100 entities, 1 one-way command in flight each", tell_100};
const benchmark thousand{"journal.1000", "1000 entities, 1 one-way command in flight each", tell_1000};
const benchmark hot{"journal.hot", "1 entity, 1000 one-way commands in flight", tell_hot};
const benchmark asked{"journal.ask",
                      "1000 entities, 1 question with a command id in flight each, 1000 asking actors",
                      ask_1000};

} // namespace
} // namespace troupe::bench
