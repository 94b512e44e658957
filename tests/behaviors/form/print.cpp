// What is printed reads well and is read as the same.
#define CAF_SUITE behaviors.form.print
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/form/tree.hpp>

using namespace troupe;

namespace {

written_value text(std::string of, written_as as = written_as::quoted) {
  return {as, {}, std::move(of), {}, {}};
}

written_value list(std::vector<written_value> items) {
  return {written_as::list, {}, {}, {}, std::move(items)};
}

written_value object(std::vector<written_value> keys, std::vector<written_value> items) {
  return {written_as::object, {}, {}, std::move(keys), std::move(items)};
}

// As a member named `a`: without `a:`, what follows it, and the last line end.
std::string yaml(written_value value) {
  auto page = print_yaml(object({text("a")}, {std::move(value)}));
  return page.substr(3, page.size() - 4);
}

} // namespace

CAF_TEST(words stand without quotes) {
  for (std::string word :
       {"abc", "steps.check.level", "inputs.amount > 100 and x", "a:b", "a#b", "/x", "_", "it's", "nothing"})
    CAF_CHECK_EQUAL(yaml(text(word)), word);
}

CAF_TEST(whatever some yaml takes for something else stands in quotes) {
  for (std::string word :
       {"",    "yes", "No",    "ON",   "off",  "true", "False",      "null",  "NULL", "y",   "N",   "~",
        "1",   "-1",  "1.0.0", "0x1F", "1e3",  ".5",   "2026-01-31", "12:30", "=",    "<<",  "- a", "-",
        "? a", ": a", "a: b",  "a:",   "a #b", "#a",   " a",         "a ",    "&a",   "*a",  "!a",  "|",
        ">",   "%a",  "@a",    "`a",   "[a",   "{a",   ",a",         "]a",    "}a",   "---", "...", "'a'"})
    CAF_CHECK_EQUAL(yaml(text(word)), "\"" + word + "\"");
  CAF_CHECK_EQUAL(yaml(text("\"gold\"")), "'\"gold\"'");
  CAF_CHECK_EQUAL(yaml(text("\"it's\"")), "'\"it''s\"'");
  CAF_CHECK_EQUAL(yaml(text("a\tb")), "\"a\\tb\"");
  CAF_CHECK_EQUAL(yaml(text("\x7f")), "\"\\u007f\"");
  CAF_CHECK_EQUAL(yaml(text("a\u2028b")), "\"a\u2028b\"");
}

CAF_TEST(plain values stand without quotes) {
  CAF_CHECK_EQUAL(yaml(text("90s", written_as::plain)), "90s");
  CAF_CHECK_EQUAL(yaml(text("1.5", written_as::plain)), "1.5");
  CAF_CHECK_EQUAL(yaml(text("true", written_as::plain)), "true");
}

CAF_TEST(texts of several lines are blocks where that is exact) {
  CAF_CHECK_EQUAL(yaml(text("x\n\n  y\n")), "|\n  x\n\n    y");
  CAF_CHECK_EQUAL(yaml(text("x\ny")), "|-\n  x\n  y");
  CAF_CHECK_EQUAL(yaml(text("x\n")), "\"x\\n\"");
  CAF_CHECK_EQUAL(yaml(text(" x\ny\n")), "\" x\\ny\\n\"");
  CAF_CHECK_EQUAL(yaml(text("x \ny")), "\"x \\ny\"");
  CAF_CHECK_EQUAL(yaml(text("x\ny\n\n")), "\"x\\ny\\n\\n\"");
  CAF_CHECK_EQUAL(yaml(text("\nx\n")), "\"\\nx\\n\"");
  CAF_CHECK_EQUAL(yaml(text("x\r\ny")), "\"x\\r\\ny\"");
}

CAF_TEST(lists of words stand in one line and others below each other) {
  CAF_CHECK_EQUAL(yaml(list({text("a"), text("b.c")})), "[a, b.c]");
  CAF_CHECK_EQUAL(yaml(list({text("a, b"), text("yes")})), "  - a, b\n  - \"yes\"");
  CAF_CHECK_EQUAL(yaml(list({})), "[]");
  CAF_CHECK_EQUAL(yaml(object({}, {})), "{}");
  CAF_CHECK_EQUAL(yaml(list({text(std::string(60, 'x')), text(std::string(60, 'y'))})),
                  "  - " + std::string(60, 'x') + "\n  - " + std::string(60, 'y'));
  CAF_CHECK_EQUAL(
      yaml(list({object({text("k"), text("l")}, {text("v"), list({text("w")})}), object({}, {})})),
      "  - k: v\n    l: [w]\n  - {}");
}

CAF_TEST(a long name stands on a line of its own) {
  std::string name(2000, 'n');
  CAF_CHECK_EQUAL(print_yaml(object({text(name)}, {text("v")})), "? " + name + "\n: v\n");
}

CAF_TEST(json is indented by two or stands in one line) {
  auto tree = object({text("a"), text("b"), text("c"), text("d")},
                     {list({text("x"), text("1", written_as::plain)}),
                      list({object({text("e")}, {text("90s", written_as::plain)})}), object({}, {}),
                      written_value{}});
  CAF_CHECK_EQUAL(print_json(tree), "{\n  \"a\": [\"x\", 1],\n  \"b\": [\n    {\n      \"e\": \"90s\"\n    "
                                    "}\n  ],\n  \"c\": {},\n  \"d\": null\n}\n");
  CAF_CHECK_EQUAL(print_compact_json(tree), R"({"a":["x",1],"b":[{"e":"90s"}],"c":{},"d":null})");
}

CAF_TEST(numbers of json are known by their letters) {
  for (auto word : {"0", "-0", "10", "1.50", "1e3", "1E+30", "-2.5e-7", "true", "false",
                    "123456789012345678901234567890"})
    CAF_CHECK(is_json_literal(word));
  for (auto word : {"", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1", "1_000", "1 ", " 1", "nan",
                    ".inf", "True", "null"})
    CAF_CHECK(!is_json_literal(word));
}
