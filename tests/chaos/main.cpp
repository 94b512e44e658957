// The crash harness: ./dev chaos [--rounds N] [--mode kill|power|nosync] [--runs N] [--seed S] [--json]. Exit code 1 if anything
// acknowledged was lost, torn or done twice. With --runs, so many runs are open at every death.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <tests/chaos/campaign.hpp>
#include <tests/support/scratch.hpp>
#include <troupe/runtime/id.hpp>

namespace {

int refuse(std::string_view why) {
  fmt::print(stderr,
             "{}\nusage: ./dev chaos [--rounds N] [--mode kill|power|nosync] [--runs N] [--seed S] [--keep] "
             "[--json]\n",
             why);
  return 2;
}

} // namespace

int main(int argc, char** argv) {
  troupe::chaos::campaign_options how;
  how.node = (std::filesystem::path{argv[0]}.parent_path() / "troupe_chaos_node").string();
  how.seed = troupe::random_seed() % 1'000'000; // short enough to be typed
  auto json = false, keep = false;
  for (int i = 1; i < argc; ++i) {
    std::string_view name = argv[i];
    if (name == "--json" || name == "--keep") {
      (name == "--json" ? json : keep) = true;
      continue;
    }
    if (++i == argc)
      return refuse(fmt::format("{} needs a value", name));
    char* end = nullptr;
    auto number = std::strtoull(argv[i], &end, 10);
    if (name == "--mode") {
      auto by = troupe::chaos::death_from(argv[i]);
      if (!by)
        return refuse(fmt::format("there is no mode '{}'", argv[i]));
      how.by = *by;
    } else if ((name == "--rounds" || name == "--seed" || name == "--runs") && *end == 0 && end != argv[i]) {
      if (name == "--seed")
        how.seed = number;
      else if (name == "--runs")
        how.work.open = static_cast<unsigned>(number);
      else
        how.rounds = static_cast<unsigned>(number);
    } else {
      return refuse(fmt::format("'{} {}' is not understood", name, argv[i]));
    }
  }
  troupe::test::scratch home;
  how.place =
      keep ? std::filesystem::temp_directory_path() / fmt::format("troupe-chaos-{}", how.seed) : home.path();
  std::filesystem::create_directories(how.place);
  auto report = troupe::chaos::run_campaign(how);
  auto text = json ? to_json(how, report) : show(how, report);
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (keep)
    fmt::print(stderr, "kept in {}\n", how.place);
  return report.found.clean() && report.broken.empty() ? 0 : 1;
}
