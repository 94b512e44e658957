// A configuration file loads whole or is refused with all its mistakes and their places.
#define CAF_SUITE runtime.config
#include "tests/support/scratch.hpp"
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

std::string mistakes(std::string_view text) {
  auto result = parse_config(text, "t.toml");
  return result ? "none" : text_of(result.error());
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The file that users were promised: it must load as it stands.
constexpr std::string_view promised = R"([system]
max_concurrent_requests = 1000
health_check_interval_seconds = 30
[runtime_optimization]
enable_bayesian_tuning = true
thermal_throttle_threshold = 80.0
[tool_ecosystem]
max_tool_timeout_seconds = 300
security_level = "high"
[federated_learning]
min_participants_per_round = 3
privacy_budget_epsilon = 1.0
[model_hotswap]
canary_percentage_max = 0.2
performance_monitoring_enabled = true
)";

} // namespace

CAF_TEST(the promised file loads as it stands) {
  auto c = parse_config(promised, "troupe.toml");
  CAF_REQUIRE(c);
  CAF_CHECK_EQUAL(config_to_json(*c), config_to_json(config{})); // its values are the defaults
}

CAF_TEST(every key is optional and keeps its default) {
  auto c = parse_config("", "t.toml");
  CAF_REQUIRE(c);
  CAF_CHECK_EQUAL(c->tasks.max_retries, 3);
  CAF_CHECK_EQUAL(c->node.data_directory, "./troupe-data");
  CAF_CHECK_EQUAL(c->runtime_optimization.thermal_throttle_threshold, 80.0);
  CAF_CHECK_EQUAL(c->tool_ecosystem.security_level, "high");
  CAF_CHECK(c->model_hotswap.performance_monitoring_enabled);
}

CAF_TEST(values of every type are taken) {
  auto c = parse_config(
      "[node]\nname = \"n\u00e9\"\n[tasks]\nmax_retries = 7\nbackoff_multiplier = 3 # an integer will do\n"
      "[tool_ecosystem]\nsecurity_level = \"low\"\n"
      "[model_hotswap]\nperformance_monitoring_enabled = false\ncanary_percentage_max = 0.5",
      "t.toml");
  CAF_REQUIRE(c);
  CAF_CHECK_EQUAL(c->node.name, "n\u00e9");
  CAF_CHECK_EQUAL(c->tasks.max_retries, 7);
  CAF_CHECK_EQUAL(c->tasks.backoff_multiplier, 3.0);
  CAF_CHECK_EQUAL(c->tool_ecosystem.security_level, "low");
  CAF_CHECK_EQUAL(c->model_hotswap.canary_percentage_max, 0.5);
  CAF_CHECK(!c->model_hotswap.performance_monitoring_enabled);
}

CAF_TEST(an unknown key is refused with its place and the nearest known one) {
  CAF_CHECK_EQUAL(
      mistakes("[tasks]\n  max_retrys = 3\n"),
      "t.toml:2:3: unknown key 'tasks.max_retrys'; did you mean 'max_retries'?; the keys of [tasks] are "
      "max_retries, initial_delay_ms, backoff_multiplier, timeout_ms");
}

CAF_TEST(a key in the wrong section is told its own) {
  CAF_CHECK(has(mistakes("[agents]\nmax_retries = 3\n"),
                "t.toml:2:1: unknown key 'agents.max_retries'; it belongs to [tasks]"));
}

CAF_TEST(an unknown section is refused with the nearest known one) {
  auto text = mistakes("[sytem]\nmax_concurrent_requests = 1\n");
  CAF_CHECK(
      has(text, "t.toml:1:2: unknown section 'sytem'; did you mean 'system'?; the sections are node, "));
  CAF_CHECK(has(mistakes("node = 3\n"), "t.toml:1:8: 'node' must be a section, but is an integer"));
}

CAF_TEST(a wrong type is refused with what is allowed) {
  CAF_CHECK_EQUAL(mistakes("[tasks]\nmax_retries = \"3\"\n"),
                  "t.toml:2:15: 'tasks.max_retries' must be an integer from 0 to 1000 attempts, but is text");
  CAF_CHECK(has(mistakes("[tasks]\nmax_retries = 3.0\n"), "but is a decimal number"));
  CAF_CHECK(has(mistakes("[tasks]\nbackoff_multiplier = true\n"),
                "must be a number from 1.0 to 100.0, but is true or false"));
  CAF_CHECK(has(mistakes("[runtime_optimization]\nenable_bayesian_tuning = 1\n"),
                "must be true or false, but is an integer"));
  CAF_CHECK(has(mistakes("[node]\nname = [1]\n"), "must be text of 1 to 200 bytes, but is a list"));
  CAF_CHECK(has(mistakes("[node]\nname.x = 1\n"), "but is a section"));
  CAF_CHECK(has(mistakes("[node]\nname = 2020-01-01\n"), "but is a date or time"));
}

CAF_TEST(a value out of range is refused with the range) {
  CAF_CHECK(
      has(mistakes("[tasks]\nmax_retries = -1\n"), "must be an integer from 0 to 1000 attempts, but is -1"));
  CAF_CHECK(mistakes("[tasks]\nbackoff_multiplier = nan\n").ends_with("but is nan"));
  CAF_CHECK(has(mistakes("[node]\nname = \"\"\n"), "but is one of 0 bytes"));
  CAF_CHECK(has(mistakes("[node]\nname = \"a\\nb\"\n"), "but is \"a\\nb\", with control characters"));
  CAF_CHECK(
      has(mistakes("[node]\nlog_level = \"inof\"\n"),
          "must be one of trace, debug, info, warning, error, off, but is \"inof\"; did you mean info?"));
}

CAF_TEST(the longest backoff may not be below the first) {
  CAF_CHECK_EQUAL(mistakes("[supervision]\nbackoff_longest_ms = 99\n"),
                  "t.toml:2:22: 'supervision.backoff_longest_ms' is 99, below backoff_first_ms, 100");
  CAF_CHECK(has(mistakes("[supervision]\nbackoff_first_ms = 60001\n"), "t.toml:2:20: "));
  CAF_CHECK_EQUAL(mistakes("[supervision]\nbackoff_longest_ms = 100\n"), "none");
}

CAF_TEST(a retention that cannot be read is refused with the reason and an example) {
  CAF_CHECK_EQUAL(mistakes("[retention]\ntenants = \"acme: runs=1\"\n"),
                  "t.toml:2:11: 'retention.tenants' must be text such as `acme: run=365, task=30; beta: "
                  "task=1`, at most 8192 bytes, but is \"acme: runs=1\": acme: 'runs=1' is neither run=DAYS "
                  "nor task=DAYS");
  CAF_CHECK_EQUAL(mistakes("[retention]\ntenants = \"acme: run=1\"\n"), "none");
}

CAF_TEST(all mistakes of a file are reported in its order) {
  auto text = mistakes("[tasks]\ntimeout_ms = 0\nmax_retries = true\n[nodes]\n[agents]\nidle = 1\n");
  size_t last = 0;
  for (auto part : {"t.toml:2:14: ", "t.toml:3:15: ", "t.toml:4:2: ", "t.toml:6:1: "}) {
    auto at = text.find(part);
    CAF_CHECK(at != std::string::npos && at >= last);
    last = at;
  }
  CAF_CHECK_EQUAL(std::count(text.begin(), text.end(), '\n'), 3);
}

CAF_TEST(text that is no TOML is refused with its place) {
  auto result = parse_config("[tasks]\nmax_retries = \n", "t.toml");
  CAF_REQUIRE(!result);
  CAF_CHECK(code_of(result.error()) == ec::invalid_argument);
  CAF_CHECK(text_of(result.error()).starts_with("t.toml:2:15: "));
  CAF_CHECK(mistakes("[tasks]\nmax_retries = 1\nmax_retries = 2\n").starts_with("t.toml:3:"));
}

CAF_TEST(a file too long to be a configuration is refused) {
  std::string comment(limits::config_bytes, '#');
  CAF_CHECK_EQUAL(mistakes(comment), "none");
  CAF_CHECK(has(mistakes(comment + "#"), "at most 65536 are read"));
}

CAF_TEST(a file is read from disk and its path is in the messages) {
  test::scratch dir;
  auto path = (dir.path() / "troupe.toml").string();
  auto missing = load_config(path);
  CAF_REQUIRE(!missing);
  CAF_CHECK(code_of(missing.error()) == ec::not_found);
  CAF_CHECK(has(text_of(missing.error()), path));
  std::ofstream{path} << "";
  CAF_CHECK(load_config(path));
  std::ofstream{path} << "[tasks]\nmax_retries = 9\n";
  auto good = load_config(path);
  CAF_REQUIRE(good);
  CAF_CHECK_EQUAL(good->tasks.max_retries, 9);
  std::ofstream{path} << std::string(limits::config_bytes + 1, '#');
  CAF_CHECK(!load_config(path));
  std::ofstream{path} << "x = 1\n";
  auto bad = load_config(path);
  CAF_REQUIRE(!bad);
  CAF_CHECK(text_of(bad.error()).starts_with(path + ":1:1: "));
  CAF_CHECK(!load_config(dir.path().string())); // a folder
}
