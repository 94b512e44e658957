// One table makes parser, checks, reference page and JSON: what is true of one row is true of all.
#define CAF_SUITE runtime.config_table
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <sstream>
#include <troupe/runtime/config_table.hpp>

using namespace troupe;

namespace {

std::string file(const config_section& section, const config_key& key, const std::string& value) {
  return "[" + std::string{section.name} + "]\n" + std::string{key.name} + " = " + value + "\n";
}

std::string text(size_t bytes) {
  return "\"" + std::string(bytes, 'x') + "\"";
}

} // namespace

CAF_TEST(every key takes its lowest and highest value and refuses the next) {
  for (auto& section : config_table())
    for (auto& key : section.keys) {
      config values;
      auto field = key.in(values);
      std::vector<std::string> good, bad;
      if (std::holds_alternative<bool*>(field)) {
        good = {"true", "false"};
        bad = {"0"};
      } else if (std::holds_alternative<int64_t*>(field)) {
        auto low = static_cast<int64_t>(key.lowest), high = static_cast<int64_t>(key.highest);
        good = {std::to_string(low), std::to_string(high)};
        bad = {std::to_string(low - 1), std::to_string(high + 1), "1.5"};
      } else if (std::holds_alternative<double*>(field)) {
        auto low = key.lowest, high = key.highest, below = low - 1, above = high * 1.001;
        good = {json_of(&low), json_of(&high)};
        bad = {json_of(&below), json_of(&above), "nan", "inf"};
      } else if (!key.choices.empty()) {
        for (auto choice : key.choices)
          good.push_back("\"" + std::string{choice} + "\"");
        bad = {"\"\"", "\"Other\""};
      } else if (key.check) {
        good = {"\"\"", "\"" + std::string{key.example} + "\""};
        bad = {text(static_cast<size_t>(key.highest) + 1), text(1), "1"};
      } else {
        auto low = static_cast<size_t>(key.lowest), high = static_cast<size_t>(key.highest);
        good = {text(low), text(high)};
        bad = {text(high + 1), "1"};
        if (low > 0)
          bad.push_back(text(low - 1));
      }
      for (auto& value : good) {
        if (key.name == "backoff_longest_ms" && value == "0")
          continue; // below backoff_first_ms
        if (key.name == "backoff_first_ms" && value != "0")
          continue; // above backoff_longest_ms
        auto c = parse_config(file(section, key, value), "t.toml");
        CAF_REQUIRE(c);
        CAF_CHECK_EQUAL(json_of(key.in(*c)), value);
      }
      for (auto& value : bad)
        CAF_CHECK(!parse_config(file(section, key, value), "t.toml"));
    }
}

CAF_TEST(every default is allowed) {
  config defaults;
  std::string all;
  for (auto& section : config_table()) {
    all += "[" + std::string{section.name} + "]\n";
    for (auto& key : section.keys)
      all += std::string{key.name} + " = " + json_of(key.in(defaults)) + "\n";
  }
  auto c = parse_config(all, "t.toml");
  CAF_REQUIRE(c);
  CAF_CHECK_EQUAL(config_to_json(*c), config_to_json(defaults));
}

CAF_TEST(every key says what it does) {
  for (auto& section : config_table())
    for (auto& key : section.keys)
      CAF_CHECK(key.what.size() > 10 && key.what.ends_with("."));
}

CAF_TEST(the reference page is what the table says) {
  std::ifstream in{TROUPE_SOURCE_DIR "/docs/reference/config.md"};
  std::stringstream page;
  page << in.rdbuf();
  CAF_CHECK_EQUAL(page.str(), describe_config()); // write describe_config() there
}

CAF_TEST(json shows the values in force) {
  auto c = parse_config("[node]\nname = \"a\\\"b\"\n[tasks]\nbackoff_multiplier = 1.5\n", "t.toml");
  CAF_REQUIRE(c);
  auto json = config_to_json(*c);
  CAF_CHECK(json.starts_with(R"({"node":{"data_directory":"./troupe-data","name":"a\"b","threads":0,)"));
  CAF_CHECK(json.find(R"("backoff_multiplier":1.5,)") != std::string::npos);
  CAF_CHECK(json.ends_with(R"("performance_monitoring_enabled":true}})"));
}
