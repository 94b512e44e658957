// What sealing costs: durable events per second of 100 entities over a sealed store beside the same over a plain one, in
// turns; and one value, sealed and opened.

#include <tests/bench/bench.hpp>
#include <tests/bench/cell.hpp>
#include <thread>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/seal.hpp>

namespace troupe::bench {
namespace {

constexpr size_t data_bytes = 100;
constexpr double settle_s = 0.2, window_s = 1;
constexpr unsigned rounds = 16;

// Events that became durable per second.
double rate(node& over, const std::vector<std::string>& refs) {
  auto wait = [](double s) { std::this_thread::sleep_for(std::chrono::duration<double>(s)); };
  wait_until_idle(); // tables are still written from the turn before
  auto seen = std::make_shared<tally>();
  start_hub(over, seen, refs, data_bytes);
  wait(settle_s);
  auto before = seen->kept.load();
  auto began = now_s();
  wait(window_s);
  auto result = static_cast<double>(seen->kept - before) / (now_s() - began);
  seen->stop = true;
  seen->done.get_future().wait();
  return result;
}

void seal_100() {
  auto wire = [](caf::scheduled_actor* root, doors_ptr outside) {
    put(*outside, std::string{services::shard_host}, spawn_shard_host(root, outside, {cell_kind()}));
  };
  node sealed{wire, {}, true}, plain{wire};
  std::vector<std::string> refs;
  for (int i = 0; i < 100; ++i)
    refs.push_back("bench/cell/" + std::to_string(i));
  auto result = compare(
      rounds, [&] { return rate(sealed, refs); }, [&] { return rate(plain, refs); });
  metric("seal", result.ours, "events_per_s");
  metric("seal.plain", result.bare, "events_per_s");
  metric("seal.ratio", result.ratio, "x");
  target("seal.ratio", result.ratio, ">=", 0.9);
}

void seal_one(const std::string& name, const std::string& payload) {
  constexpr int values = 20'000;
  data_key with{1, sealing_key::random(), seal_cipher::xaes_256_gcm};
  nonce_source nonces;
  auto key = journal_key(identify("bench/cell/1", make_naming_key()), 1);
  auto value = wrap({}, payload);
  std::string sealed, opened;
  auto began = thread_cpu_s();
  for (int i = 0; i < values; ++i)
    seal_value(sealed, space::journal, key, value, with, nonces.next());
  auto between = thread_cpu_s();
  for (int i = 0; i < values; ++i)
    ensure(open_value(opened, space::journal, key, sealed, with), "what was sealed opens");
  metric(name + ".seal", 1e9 * (between - began) / values, "ns");
  metric(name + ".open", 1e9 * (thread_cpu_s() - between) / values, "ns");
  metric(name + ".stored", static_cast<double>(sealed.size()), "bytes");
}

void seal_values() {
  std::string text;
  while (text.size() < 1024)
    text += "{\"role\":\"user\",\"content\":\"line " + std::to_string(text.size()) + "\"},";
  seal_one("seal.value.100", noise(100));
  seal_one("seal.value.1k", noise(1024));
  seal_one("seal.value.1k_text", text.substr(0, 1024));
}

const benchmark hundred{"seal", "100 entities, 1 one-way command in flight each, sealed beside plain",
                        seal_100};
const benchmark values{"seal.value", "One value, sealed and opened, CPU time", seal_values};

} // namespace
} // namespace troupe::bench
