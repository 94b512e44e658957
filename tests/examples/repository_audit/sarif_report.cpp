// A SARIF report names its rules, places and fingerprints as programs expect them.
#define CAF_SUITE examples.repository_audit.sarif_report
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/json.hpp"
#include "examples/repository_audit/report.hpp"
#include "examples/repository_audit/rules.hpp"

using namespace troupe::audit;

namespace {

/// The value behind a path of member names and list indexes; fails the test when there is none.
const json& at(const json& tree, std::initializer_list<std::string> path) {
  const json* now = &tree;
  for (const auto& step : path) {
    if (const auto* list = now->as<json_list>())
      now = std::stoul(step) < list->size() ? &(*list)[std::stoul(step)] : nullptr;
    else
      now = member(*now, step);
    if (now == nullptr)
      CAF_FAIL("no " << step);
  }
  return *now;
}

std::string text_at(const json& tree, std::initializer_list<std::string> path) {
  const auto* text = at(tree, path).as<std::string>();
  return text == nullptr ? "no text" : *text;
}

std::int64_t number_at(const json& tree, std::initializer_list<std::string> path) {
  const auto* number = at(tree, path).as<std::int64_t>();
  return number == nullptr ? -1 : *number;
}

json sarif(const report& audit) {
  return std::get<json>(parse_json(sarif_report(audit)));
}

report sample() {
  return {"x",
          2,
          {
              {"secret.github-token", severity::critical, "a b/ä#.py", 12, 3, "A token.", "x = 'ghp_…'"},
              {"code.c-gets", severity::info, "a.c", 1, 1, "m", ""},
              {"code.c-gets", severity::high, "a.c", 2, 1, "m", ""},
          },
          {{"z", "binary"}}};
}

} // namespace

CAF_TEST(a report says which standard and tool it is of) {
  const auto log = sarif(sample());
  CAF_CHECK_EQUAL(text_at(log, {"version"}), "2.1.0");
  CAF_CHECK_EQUAL(text_at(log, {"runs", "0", "tool", "driver", "name"}), "troupe-repository-audit");
  CAF_CHECK_EQUAL(text_at(log, {"runs", "0", "columnKind"}), "unicodeCodePoints");
  CAF_CHECK_EQUAL(at(log, {"runs", "0", "tool", "driver", "rules"}).as<json_list>()->size(),
                  all_rules().size());
}

CAF_TEST(each result names its rule and place) {
  const auto log = sarif(sample());
  const auto& result = at(log, {"runs", "0", "results", "0"});
  const auto index = std::to_string(number_at(result, {"ruleIndex"}));
  CAF_CHECK_EQUAL(text_at(log, {"runs", "0", "tool", "driver", "rules", index, "id"}), "secret.github-token");
  CAF_CHECK_EQUAL(text_at(result, {"ruleId"}), "secret.github-token");
  CAF_CHECK_EQUAL(text_at(result, {"level"}), "error");
  CAF_CHECK_EQUAL(text_at(result, {"message", "text"}), "A token.");
  const auto& place = at(result, {"locations", "0", "physicalLocation"});
  CAF_CHECK_EQUAL(text_at(place, {"artifactLocation", "uri"}), "a%20b/%C3%A4%23.py");
  CAF_CHECK_EQUAL(text_at(place, {"artifactLocation", "uriBaseId"}), "SRCROOT");
  CAF_CHECK_EQUAL(number_at(place, {"region", "startLine"}), 12);
  CAF_CHECK_EQUAL(number_at(place, {"region", "startColumn"}), 3);
  CAF_CHECK_EQUAL(text_at(place, {"region", "snippet", "text"}), "x = 'ghp_…'");
}

CAF_TEST(severity shows as level and as score) {
  const auto log = sarif(sample());
  CAF_CHECK_EQUAL(text_at(log, {"runs", "0", "results", "1", "level"}), "note");
  CAF_CHECK_EQUAL(text_at(log, {"runs", "0", "results", "2", "properties", "security-severity"}), "8.0");
  const auto& rules = at(log, {"runs", "0", "tool", "driver", "rules"});
  for (const auto& rule : *rules.as<json_list>()) {
    const auto score = std::stod(text_at(rule, {"properties", "security-severity"}));
    CAF_CHECK(score >= 0 && score <= 10);
    CAF_CHECK(!text_at(rule, {"help", "text"}).empty());
  }
}

CAF_TEST(a fingerprint survives moved lines and tells equal lines apart) {
  const auto print = [](const json& log, const std::string& index) {
    return text_at(log, {"runs", "0", "results", index, "partialFingerprints", "ruleFileExcerpt/v1"});
  };
  auto moved = sample();
  for (auto& f : moved.findings)
    f.line += 7;
  const auto before = sarif(sample());
  const auto after = sarif(moved);
  for (const auto* index : {"0", "1", "2"})
    CAF_CHECK_EQUAL(print(before, index), print(after, index));
  CAF_CHECK(print(before, "1") != print(before, "2"));
  CAF_CHECK(print(before, "0") != print(before, "1"));
}

CAF_TEST(what was left out is told) {
  const auto log = sarif(sample());
  CAF_CHECK_EQUAL(
      text_at(log, {"runs", "0", "invocations", "0", "toolExecutionNotifications", "0", "message", "text"}),
      "Left out: z (binary)");
}

CAF_TEST(equal audits give equal bytes in any order) {
  auto other = sample();
  std::swap(other.findings[0], other.findings[2]);
  CAF_CHECK_EQUAL(sarif_report(other), sarif_report(sample()));
}
