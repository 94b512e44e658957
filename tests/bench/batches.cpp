// Tasks whose tool costs about the same for one call as for many: one at a time, and 32 together.

#include <tests/bench/bench.hpp>
#include <tests/bench/staffed_node.hpp>
#include <thread>

namespace troupe::bench {
namespace {

constexpr size_t in_flight = 256;
constexpr double window_s = 2;
constexpr unsigned rounds = 3;
constexpr auto round_trip = std::chrono::milliseconds{1}; // to whoever looks things up

class looker final : public behavior {
public:
  manifest describe() const override {
    return manifest{"looker"}.can("look");
  }
  action run(const Task&) override {
    return call_tool("look").then([](const Result& found) { return finish(found.text()); });
  }
};

tool look(bool together) {
  tool one{"look", "looks things up",
           [](const tool_call&) -> caf::expected<std::string> {
             std::this_thread::sleep_for(round_trip);
             return std::string{"found"};
           },
           true};
  if (together)
    one.run_many = [](const std::vector<tool_call>& calls) {
      std::this_thread::sleep_for(round_trip);
      return std::vector<caf::expected<std::string>>(calls.size(), caf::expected<std::string>{"found"});
    };
  return one;
}

double tasks_per_s(bool together) {
  auto parts = parts_with<looker>();
  parts->tools.add(look(together));
  staffed_node over{parts};
  over.hire("looker", "looker", "look", in_flight);
  return measure(over, in_flight, complete_task(over.shared_doors(), "look", 100), window_s).per_s;
}

void run() {
  report("batches.of_32",
         compare(
             rounds, [] { return tasks_per_s(true); }, [] { return tasks_per_s(false); }),
         "tasks_per_s", 3);
}

const benchmark gathered{"batches", "tasks with a tool that answers 32 calls at once, beside one at a time",
                         run};

} // namespace
} // namespace troupe::bench
