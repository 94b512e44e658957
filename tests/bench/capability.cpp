// How long it takes to find an agent for a task: CPU time of the one thread that looks.

#include <fmt/format.h>
#include <random>
#include <tests/bench/bench.hpp>
#include <troupe/actors/agent/capability.hpp>

namespace troupe::bench {
namespace {

constexpr size_t kinds_of_capability = 200;
constexpr size_t capabilities_each = 5;
constexpr size_t queries = 2000;

std::string capability(size_t i) {
  return fmt::format("domain{}.verb{}", i % 20, i);
}

capability_index filled(size_t agents) {
  std::mt19937 random{7};
  capability_index index;
  for (size_t i = 0; i < agents; ++i) {
    AgentRecord record;
    record.set_id(fmt::format("agent_{:06}", i));
    record.mutable_metadata()->set_success_rate(static_cast<double>(random() % 1000) / 1000);
    for (size_t n = 0; n < capabilities_each; ++n)
      record.mutable_request()->add_capabilities(capability(random() % kinds_of_capability));
    index.put(record);
  }
  return index;
}

// Queries as tasks make them: one or two required capabilities, two optional ones, the ten best.
void match(size_t agents, const std::vector<double>& wanted_ms) {
  auto index = filled(agents);
  std::mt19937 random{11};
  std::vector<double> took_ms;
  size_t found = 0;
  for (size_t i = 0; i < queries; ++i) {
    AgentQuery query;
    for (size_t n = 0; n < 1 + i % 2; ++n)
      query.add_required(capability(random() % kinds_of_capability));
    query.add_optional(capability(random() % kinds_of_capability));
    query.add_optional(capability(random() % kinds_of_capability));
    auto began = thread_cpu_s();
    found += static_cast<size_t>(index.find(query, 10).matches_size());
    took_ms.push_back(1e3 * (thread_cpu_s() - began));
  }
  ensure(found > 0, "somebody matches");
  auto name = fmt::format("capability.{}", agents);
  metric(name + ".p50", quantile(took_ms, 0.5), "ms");
  metric(name + ".p99", quantile(took_ms, 0.99), "ms");
  metric(name + ".max", quantile(took_ms, 1), "ms");
  for (auto wanted : wanted_ms)
    target(name + ".p99", quantile(took_ms, 0.99), wanted > 1 ? "<" : "<=", wanted);
  // The worst query: all agents can do it.
  AgentQuery any;
  auto began = thread_cpu_s();
  index.find(any, 10);
  metric(name + ".all_match", 1e3 * (thread_cpu_s() - began), "ms");
}

const benchmark many{"capability.10000", "match and rank among 10 000 agents", [] { match(10'000, {1}); }};
const benchmark fewer{"capability.1000", "match and rank among 1000 agents", [] { match(1000, {10, 5}); }};

} // namespace
} // namespace troupe::bench
