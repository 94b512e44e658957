// The simulator: ./dev sim [--seeds N] [--from S] [--trace]. Exit code 1 if any seed breaks a promise.

#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <tests/support/world.hpp>

int main(int argc, char** argv) {
  uint64_t from = 1, seeds = 100;
  bool traced = false;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--seeds") && i + 1 < argc) {
      seeds = std::strtoull(argv[++i], nullptr, 10);
    } else if (!std::strcmp(argv[i], "--from") && i + 1 < argc) {
      from = std::strtoull(argv[++i], nullptr, 10);
    } else if (!std::strcmp(argv[i], "--trace")) {
      traced = true;
    } else {
      fmt::print(stderr, "usage: ./dev sim [--seeds N] [--from SEED] [--trace]\n");
      return 2;
    }
  }
  uint64_t failed = 0;
  for (auto seed = from; seed < from + seeds; ++seed) {
    auto report = troupe::live_through(seed, traced);
    for (auto& line : report.trace)
      fmt::print("{}\n", line);
    fmt::print("seed {:<6} steps {:<6} crashes {:<3} virtual {:>7.1f} s  {}  {}\n", seed, report.steps,
               report.crashes, static_cast<double>(report.virtual_ms) / 1000, report.hash.substr(0, 16),
               report.broken.empty() ? "ok" : "BROKEN");
    for (auto& broken : report.broken)
      fmt::print("    {}\n", broken);
    failed += report.broken.empty() ? 0 : 1;
    if (!report.broken.empty() && !traced)
      fmt::print("    replay: ./dev sim --from {} --seeds 1 --trace\n", seed);
  }
  fmt::print("{} seeds, {} broken\n", seeds, failed);
  return failed == 0 ? 0 : 1;
}
