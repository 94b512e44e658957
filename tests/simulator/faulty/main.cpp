// PLANTED FAULTS: proves that the simulator finds each within so many seeds, and that without a fault the same seeds are clean.
// ./dev sim --planted [--seeds N] [--jobs N] [FAULT...]

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <tests/simulator/planted.hpp>
#include <tests/simulator/world.hpp>

namespace troupe {
namespace {

std::string_view switched_on;

const workload& story_of(uint64_t seed, std::string_view only) {
  auto& all = workloads();
  return only.empty() ? all[seed % all.size()] : *find_workload(only);
}

// The first seed that finds what is switched on; 0 = none.
world_report find(uint64_t seeds, unsigned jobs, std::string_view only) {
  world_report found;
  for (uint64_t from = 1; from <= seeds && found.seed == 0; from += jobs)
    live_through_many(
        from, std::min<uint64_t>(jobs, seeds - from + 1), jobs,
        [&](uint64_t seed) { return live_through(seed, story_of(seed, only)); },
        [&](const world_report& report) {
          if (!report.laws.empty() && found.seed == 0)
            found = report;
        });
  return found;
}

} // namespace

bool planted(std::string_view fault) {
  return fault == switched_on;
}

} // namespace troupe

int main(int argc, char** argv) {
  using namespace troupe;
  uint64_t seeds = 200;
  unsigned jobs = 1;
  std::vector<std::string_view> wanted;
  for (int i = 1; i < argc; ++i) {
    std::string_view word{argv[i]};
    if (word == "--seeds" && i + 1 < argc)
      seeds = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--jobs" && i + 1 < argc)
      jobs = std::max(1u, static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10)));
    else
      wanted.push_back(word);
  }
  std::map<std::string_view, uint64_t> last; // seed, by workload
  int missed = 0;
  for (auto& fault : planted_faults()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), fault.name) == wanted.end())
      continue;
    switched_on = fault.name;
    auto found = find(seeds, jobs, fault.workload);
    last[fault.workload] = std::max(last[fault.workload], found.seed);
    if (found.seed == 0) {
      ++missed;
      fmt::print("{:<22} MISSED in {} seeds: {}\n", fault.name, seeds, fault.about);
    } else {
      fmt::print("{:<22} seed {:<4} {:<12} {}: {}\n", fault.name, found.seed,
                 story_of(found.seed, fault.workload).name, found.laws.begin()->first,
                 found.laws.begin()->second);
    }
    std::fflush(stdout);
  }
  switched_on = {};
  auto clean = true;
  for (auto& [only, most] : last) {
    auto innocent = find(most, jobs, only);
    clean = clean && innocent.seed == 0;
    fmt::print("without a fault, {} seeds{}{}: {}\n", most, only.empty() ? "" : " of ", only,
               innocent.seed == 0
                   ? "clean"
                   : fmt::format("seed {} objects: {}", innocent.seed, innocent.laws.begin()->second));
  }
  return missed == 0 && clean ? 0 : 1;
}
