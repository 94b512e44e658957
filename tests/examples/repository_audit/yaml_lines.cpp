// YAML lines know their key, value, depth and section.
#define CAF_SUITE examples.repository_audit.yaml_lines
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/yaml_lines.hpp"

#include <string>

using namespace troupe::audit;

namespace {

std::string read(std::string_view text) {
  std::string result;
  for (const auto& l : yaml_lines(text))
    result += std::to_string(l.indent) + (l.item ? "-" : " ") + std::string{l.section} + "/" +
              std::string{l.key} + "=" + std::string{l.value} + "; ";
  return result;
}

} // namespace

CAF_TEST(keys have values or sections) {
  CAF_CHECK_EQUAL(read("a: 1\nb:\n  c: 'x: y'\n  d:\n    - e\n    - f: 2\n      g: 3\nh: i"),
                  "0 /a=1; 0 /b=; 2 b/c=x: y; 2 b/d=; 6-d/=e; 6-d/f=2; 6 d/g=3; 0 /h=i; ");
}

CAF_TEST(comments and document marks are cut) {
  CAF_CHECK_EQUAL(read("--- # note\na: b # note\n# note\nc: \"d # e\"\nf: g#h\n\n"),
                  "0 /a=b; 0 /c=d # e; 0 /f=g#h; ");
}

CAF_TEST(a colon inside of a value makes no key) {
  CAF_CHECK_EQUAL(read("- http://a:80\n- \"5432:5432\"\n\"k:k\": v"),
                  "2-/=http://a:80; 2-/=5432:5432; 0 /k:k=v; ");
}

CAF_TEST(a flow list is split and a plain value is not ) {
  CAF_CHECK_EQUAL(yaml_list("[\"a\", 'b',c]").size(), 3u);
  CAF_CHECK(yaml_list("[\"a\", 'b',c]")[1] == "b");
  CAF_CHECK_EQUAL(yaml_list("a, b").size(), 1u);
  CAF_CHECK(yaml_list("[]").empty());
}

CAF_TEST(true has several spellings) {
  for (const auto* value : {"true", "True", "yes", "on"})
    CAF_CHECK(yaml_true(value));
  for (const auto* value : {"false", "", "1", "truely"})
    CAF_CHECK(!yaml_true(value));
}

CAF_TEST(a text of four megabytes is read in bounded steps) {
  for (const auto* part : {"a:\n ", "- ", "a: [", "'", ":"}) {
    std::string text;
    while (text.size() < 4u << 20)
      text += part;
    CAF_CHECK(yaml_lines(text).size() <= text.size());
  }
}
