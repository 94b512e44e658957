// Places become findings: counted lines and columns, bounded lists, redacted excerpts.
#define CAF_SUITE examples.repository_audit.hits
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/hits.hpp"

using namespace troupe::audit;

namespace {

constexpr rule_info low_rule{"test.low", "Low", "Low.", "", severity::low};
constexpr rule_info high_rule{"test.high", "High", "High.", "", severity::high};

} // namespace

CAF_TEST(lines and columns count from one in code points) {
  hit_list hits;
  hits.add(8, high_rule);
  hits.add(0, low_rule, "Mine.");
  const auto all = std::move(hits).take("f", "a\nxx\xC3\xA4 bc");
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  CAF_CHECK((all[0] == finding{"test.low", severity::low, "f", 1, 1, "Mine.", "a"}));
  CAF_CHECK((all[1] == finding{"test.high", severity::high, "f", 2, 6, "High.", "xx\xC3\xA4 bc"}));
}

CAF_TEST(the result does not depend on the order of adding) {
  const std::string text(1000, 'x');
  hit_list up;
  hit_list down;
  for (std::size_t i = 0; i < 1000; ++i) {
    up.add(i, i % 2 == 0 ? low_rule : high_rule);
    down.add(999 - i, i % 2 == 0 ? high_rule : low_rule);
  }
  CAF_CHECK(std::move(up).take("f", text) == std::move(down).take("f", text));
}

CAF_TEST(a long list keeps the worst and tells how many it cut) {
  const std::string text(1000, 'x');
  hit_list hits;
  for (std::size_t i = 0; i < 1000; ++i)
    hits.add(i, low_rule);
  hits.add(999, high_rule);
  const auto all = std::move(hits).take("f", text);
  CAF_REQUIRE_EQUAL(all.size(), findings_per_check + 1);
  CAF_CHECK_EQUAL(all[0].rule, "audit.findings-cut");
  CAF_CHECK_EQUAL(all[0].message, "801 more findings of the same check are not listed.");
  CAF_CHECK_EQUAL(all.back().rule, "test.high");
  CAF_CHECK_EQUAL(audit_rules()[0].id, all[0].rule);
}

CAF_TEST(an excerpt stays in its line and within its bounds) {
  CAF_CHECK_EQUAL(excerpt_at("a\n\tb\x01 c \nd", 4), "b  c");
  CAF_CHECK_EQUAL(excerpt_at("", 0), "");
  const std::string line(4000, 'y');
  CAF_CHECK_EQUAL(excerpt_at(line, 2000).size(), 120u);
  CAF_CHECK_EQUAL(excerpt_at(line, 9999).size(), 40u);
}

CAF_TEST(an excerpt cuts neither a character nor shows broken bytes) {
  std::string line;
  for (int i = 0; i < 100; ++i)
    line += "\xE2\x82\xAC";
  CAF_CHECK_EQUAL(excerpt_at(line, 150).find('?'), std::string::npos);
  CAF_CHECK_EQUAL(excerpt_at("a\xFF", 0), "a?");
}

CAF_TEST(an excerpt never shows a secret that stands near) {
  const auto token = std::string{"gh"} + "p_" + "k3J9sLqP0zX7vB2nM5cT8rW1yU4eI6oA9dFg";
  const auto text = "call(x, password = \"hunter2hunter2\", url = 'ftp:/"
                    "/joe:topsy77@h', '" +
                    token + "')";
  const auto shown = excerpt_at(text, 0) + excerpt_at(text, 60);
  CAF_CHECK_EQUAL(shown.find("nter2"), std::string::npos);
  CAF_CHECK_EQUAL(shown.find("psy77"), std::string::npos);
  CAF_CHECK_EQUAL(shown.find("k3J9"), std::string::npos);
  CAF_CHECK(shown.find("\"hun…\"") != std::string::npos);
  CAF_CHECK(shown.find("ghp_…") != std::string::npos);
}
