// CLIENTS: closed loops over a node.
// Invariant: a client has one turn open; the last one to end says that all is over.

#include <mutex>
#include <tests/bench/bench.hpp>
#include <tests/bench/clients.hpp>
#include <thread>

namespace troupe::bench {
namespace {

struct loop : std::enable_shared_from_this<loop> {
  std::shared_ptr<tally> seen;
  size_t most = 0;
  std::mutex mutex;
  std::atomic<size_t> open = 0;

  void next(caf::event_based_actor* self, const turn& one, std::shared_ptr<std::vector<double>> took) {
    auto since = now_s();
    one(self, [=, kept = shared_from_this()](const caf::error& failed) {
      if (failed)
        remark("a client gave up: " + describe(failed));
      else
        took->push_back(now_s() - since);
      if (!failed && ++kept->seen->kept < kept->most && !kept->seen->stop)
        return kept->next(self, one, took);
      kept->end(*took);
      self->quit();
    });
  }

  void end(const std::vector<double>& took) {
    std::lock_guard lock{mutex};
    seen->latencies_s.insert(seen->latencies_s.end(), took.begin(), took.end());
    if (--open == 0)
      seen->done.set_value();
  }
};

} // namespace

void start_clients(node& over, std::shared_ptr<tally> seen, std::vector<turn> clients, size_t most) {
  auto turns = std::make_shared<loop>();
  turns->seen = std::move(seen);
  turns->most = most;
  turns->open = clients.size();
  for (auto& one : clients)
    over.system().spawn([turns, one](caf::event_based_actor* self) {
      house_rules(self);
      turns->next(self, one, std::make_shared<std::vector<double>>());
    });
}

pace measure(node& over, size_t count, turn one, double seconds) {
  auto seen = std::make_shared<tally>();
  start_clients(over, seen, std::vector<turn>(count, one));
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  auto before = seen->kept.load();
  auto began = now_s(), cpu_before = cpu_s();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  auto turns = static_cast<double>(seen->kept - before);
  pace found;
  found.per_s = turns / (now_s() - began);
  found.cpu_us = 1e6 * (cpu_s() - cpu_before) / std::max(turns, 1.0);
  seen->stop = true;
  seen->done.get_future().wait();
  found.latencies_s = std::move(seen->latencies_s);
  return found;
}

} // namespace troupe::bench
