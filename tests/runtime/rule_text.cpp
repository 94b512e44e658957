// Texts of rules fall into parts, and names are those of refs.
#define CAF_SUITE runtime.rule_text
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <string>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/rule_text.hpp>

using namespace troupe;

CAF_TEST(blanks around a text are not part of it) {
  CAF_CHECK_EQUAL(std::string{trimmed("  a b ")}, "a b");
  CAF_CHECK_EQUAL(std::string{trimmed("   ")}, "");
}

CAF_TEST(parts stand between separators) {
  CAF_CHECK(parts_of("a ; b;;", ';') == (std::vector<std::string_view>{"a", "b", "", ""}));
  CAF_CHECK(parts_of("", ';') == std::vector<std::string_view>{""});
}

CAF_TEST(a name is short and has no blanks) {
  CAF_CHECK(is_rule_name("a-B_9.x"));
  CAF_CHECK(!is_rule_name(""));
  CAF_CHECK(!is_rule_name("a b"));
  CAF_CHECK(!is_rule_name("a/b"));
  CAF_CHECK(is_rule_name(std::string(limits::name_bytes, 'a')));
  CAF_CHECK(!is_rule_name(std::string(limits::name_bytes + 1, 'a')));
}
