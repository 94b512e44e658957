// RUNNER: chooses benchmarks by pattern and prints what they find.
// Invariant: whatever is measured is printed once, with its unit; a missed target does not stop the others.

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <random>
#include <regex>
#include <sys/resource.h>
#include <tests/bench/bench.hpp>
#include <tests/bench/machine.hpp>
#include <thread>

namespace troupe::bench {
namespace {

struct registered {
  std::string name;
  std::string what;
  void (*run)();
};

std::vector<registered>& all() {
  static std::vector<registered> list;
  return list;
}

} // namespace

benchmark::benchmark(std::string name, std::string what, void (*run)()) {
  all().push_back({std::move(name), std::move(what), run});
}

void metric(std::string_view name, double value, std::string_view unit) {
  fmt::print("METRIC {} {:.6g} {}\n", name, value, unit);
  std::fflush(stdout);
}

void target(std::string_view name, double value, std::string_view op, double wanted) {
  auto met = op == ">=" ? value >= wanted : op == "<=" ? value <= wanted : value < wanted;
  fmt::print("TARGET {} {} {:g} {}\n", name, op, wanted, met ? "met" : "missed");
  std::fflush(stdout);
}

void remark(std::string_view text) {
  fmt::print("# {}\n", text);
  std::fflush(stdout);
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_s() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double thread_cpu_s() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

double wait_until_idle() {
  constexpr auto look = std::chrono::milliseconds{20};
  for (;;) {
    auto at = now_s(), before = cpu_s();
    std::this_thread::sleep_for(look);
    if (cpu_s() - before < 0.1 * std::chrono::duration<double>(look).count()) // idle workers of CAF poll
      return at;
  }
}

double median(std::vector<double> values) {
  return quantile(values, 0.5);
}

double quantile(std::vector<double>& values, double share) {
  if (values.empty())
    return 0;
  auto rank = std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(rank), values.end());
  return values[rank];
}

comparison compare(unsigned rounds, const std::function<double()>& ours,
                   const std::function<double()>& bare) {
  ours();
  bare();
  std::vector<double> our_values, bare_values, ratios;
  for (unsigned i = 0; i < rounds; ++i) { // who goes first pays for what the other has left to be done
    if (i % 2 == 0)
      our_values.push_back(ours());
    bare_values.push_back(bare());
    if (i % 2 == 1)
      our_values.push_back(ours());
    ratios.push_back(our_values.back() / bare_values.back());
  }
  return {median(our_values), median(bare_values), median(ratios)};
}

void report(const std::string& name, const comparison& result, std::string_view unit, double wanted_ratio) {
  metric(name, result.ours, unit);
  metric(name + ".bare", result.bare, unit);
  metric(name + ".ratio", result.ratio, "x");
  if (wanted_ratio > 0)
    target(name + ".ratio", result.ratio, ">=", wanted_ratio);
}

std::string noise(size_t bytes) {
  std::mt19937 random{7};
  std::string text(bytes, '\0');
  for (auto& c : text)
    c = static_cast<char>(random());
  return text;
}

namespace {

int run(const std::vector<std::string>& words) {
  std::sort(all().begin(), all().end(), [](auto& a, auto& b) { return a.name < b.name; });
  std::regex pattern{words.empty() ? "" : words.front()};
  if (!words.empty() && words.front() == "--list") {
    for (auto& one : all())
      fmt::print("{:<24} {}\n", one.name, one.what);
    return 0;
  }
  describe_machine();
  auto found = false;
  for (auto& one : all()) {
    if (!std::regex_search(one.name, pattern))
      continue;
    found = true;
    remark(fmt::format("{}: {} (load {})", one.name, one.what, load()));
    one.run();
  }
  if (!found)
    fmt::print(stderr, "no benchmark matches '{}'; see --list\n", words.front());
  return found ? 0 : 2;
}

} // namespace
} // namespace troupe::bench

int main(int argc, char** argv) {
  return troupe::bench::run({argv + 1, argv + argc});
}
