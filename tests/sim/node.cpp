// One seed of every workload; a hundred of them live in CTest as sim.from_N, those that found something in seeds.cpp.
#define CAF_SUITE sim.node
#include <caf/test/unit_test.hpp>
#include <tests/simulator/world.hpp>

using namespace troupe;

CAF_TEST(a seed of every workload keeps every law) {
  auto& all = workloads();
  for (uint64_t seed = 1; seed < all.size(); ++seed) { // the last one is idle: see below
    auto& story = all[seed - 1];
    auto report = live_through(seed, story);
    for (auto& [law, text] : report.laws)
      CAF_ERROR("seed " << seed << ": " << law << ": " << text << "; replay: ./dev sim --from " << seed
                        << " --seeds 1 --workload " << std::string{story.name} << " --trace");
    CAF_CHECK(report.laws.empty());
    CAF_CHECK_GREATER(report.events, 0u);
  }
}

CAF_TEST(the same seed tells the same story) {
  auto& mixed = *find_workload("mixed");
  auto first = live_through(7, mixed, true);
  auto again = live_through(7, mixed, true);
  CAF_CHECK_EQUAL(first.hash, again.hash);
  CAF_CHECK(first.trace == again.trace);
  CAF_CHECK_NOT_EQUAL(first.hash, live_through(8, mixed).hash);
}

CAF_TEST(seeds are the same however many processes live through them) {
  auto& counters = *find_workload("counters");
  auto hashes = [&](unsigned jobs) {
    std::vector<std::string> all;
    live_through_many(
        1, 4, jobs, [&](uint64_t seed) { return live_through(seed, counters); },
        [&](const world_report& report) {
          CAF_CHECK_EQUAL(report.seed, all.size() + 1);
          all.push_back(report.hash);
        });
    return all;
  };
  auto alone = hashes(1);
  CAF_CHECK_EQUAL(alone.size(), 4u);
  CAF_CHECK(alone == hashes(3));
}

CAF_TEST(thirty idle days take few steps) {
  auto report = live_through(1, *find_workload("idle"));
  CAF_CHECK(report.laws.empty());
  CAF_CHECK_GREATER(report.virtual_ms, 30ll * 24 * 3'600'000);
  CAF_CHECK_LESS(report.steps, 100'000u);
}
