// The simulator: ./dev sim [--seeds N] [--from S] [--workload W] [--jobs J] [--trace]. Exit code 1 if any law is broken.

#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <tests/simulator/world.hpp>

namespace {

struct wishes {
  uint64_t from = 1;
  uint64_t seeds = 100;
  unsigned jobs = 1;
  bool traced = false;
  const troupe::workload* only = nullptr; // null = all, one after the other
};

int usage() {
  fmt::print(
      stderr,
      "usage: ./dev sim [--seeds N] [--from SEED] [--workload NAME] [--jobs N] [--trace]\n\nworkloads:\n");
  for (auto& one : troupe::workloads())
    fmt::print(stderr, "  {:<12} {}\n", one.name, one.about);
  fmt::print(stderr, "without --workload the seeds take turns at all of them\n");
  return 2;
}

bool read(int argc, char** argv, wishes& out) {
  for (int i = 1; i < argc; ++i) {
    std::string_view word{argv[i]};
    if (word == "--trace") {
      out.traced = true;
      continue;
    }
    if (i + 1 == argc)
      return false;
    auto* value = argv[++i];
    if (word == "--seeds")
      out.seeds = std::strtoull(value, nullptr, 10);
    else if (word == "--from")
      out.from = std::strtoull(value, nullptr, 10);
    else if (word == "--jobs")
      out.jobs = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    else if (word == "--workload" && (out.only = troupe::find_workload(value)))
      continue;
    else
      return false;
  }
  return true;
}

} // namespace

int main(int argc, char** argv) {
  wishes want;
  if (!read(argc, argv, want))
    return usage();
  auto story_of = [&](uint64_t seed) -> const troupe::workload& {
    auto& all = troupe::workloads();
    return want.only ? *want.only : all[seed % all.size()];
  };
  uint64_t broken = 0;
  int64_t virtual_ms = 0;
  auto began = std::chrono::steady_clock::now();
  troupe::live_through_many(
      want.from, want.seeds, want.jobs,
      [&](uint64_t seed) { return troupe::live_through(seed, story_of(seed), want.traced); },
      [&](const troupe::world_report& report) {
        auto& story = story_of(report.seed);
        for (auto& line : report.trace)
          fmt::print("{}\n", line);
        fmt::print("seed {:<6} {:<12} steps {:<7} events {:<5} crashes {:<3} virtual {:>9.1f} s  {}  {}\n",
                   report.seed, story.name, report.steps, report.events, report.crashes,
                   static_cast<double>(report.virtual_ms) / 1000, report.hash,
                   report.laws.empty() ? "ok" : "BROKEN");
        for (auto& [law, text] : report.laws)
          fmt::print("    {}: {}\n", law, text);
        if (!report.laws.empty() && !want.traced)
          fmt::print("    replay: ./dev sim --from {} --seeds 1 --workload {} --trace\n", report.seed,
                     story.name);
        std::fflush(stdout);
        broken += report.laws.empty() ? 0 : 1;
        virtual_ms += report.virtual_ms;
      });
  auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  fmt::print("{} seeds, {} broken\n", want.seeds, broken);
  fmt::print("METRIC sim_seeds_per_minute {:.6g} seeds/min\n", 60 * static_cast<double>(want.seeds) / took);
  fmt::print("METRIC sim_virtual_hours_per_second {:.6g} h/s\n",
             static_cast<double>(virtual_ms) / 3.6e6 / took);
  return broken == 0 ? 0 : 1;
}
