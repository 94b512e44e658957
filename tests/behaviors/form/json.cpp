// JSON is read to the letter, with the place of everything in it.
#define CAF_SUITE behaviors.form.json
#include <caf/test/unit_test.hpp>
#include <fmt/format.h>
#include <troupe/behaviors/form/tree.hpp>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;

namespace {

std::string json_of(std::string_view text) {
  auto read = read_json_tree(text);
  return read.problem ? "refused" : print_compact_json(read.root);
}

std::string refusal(std::string_view text) {
  auto read = read_json_tree(text);
  return read.problem
             ? fmt::format("{}:{} {}", read.problem->at.line, read.problem->at.column, read.problem->text)
             : "read";
}

} // namespace

CAF_TEST(every kind of value is kept as it is written) {
  CAF_CHECK_EQUAL(
      json_of(
          "{\"a\" : [ 1 , -2.50, 1e400, 123456789012345678901234567890 ],\n\t\"b\":{} ,\"c\":[],\"d\":null,"
          "\"e\":true,\"f\":false,\"\":\"\"}"),
      R"({"a":[1,-2.50,1e400,123456789012345678901234567890],"b":{},"c":[],"d":null,"e":true,"f":false,"":""})");
}

CAF_TEST(escapes are the characters they stand for) {
  auto read = read_json_tree(R"({"a":"\" \\ \/ \b \f \n \r \t \u0041 \u00e9 \u20AC \ud83d\uDE00 \u0000."})");
  CAF_REQUIRE(!read.problem);
  auto expected = std::string{"\" \\ / \b \f \n \r \t A é € 😀 "} + '\0' + ".";
  CAF_CHECK_EQUAL(read.root.items[0].text, expected);
  CAF_CHECK(read.root.items[0].as == written_as::quoted);
}

CAF_TEST(places count lines and bytes from one) {
  auto read = read_json_tree("{\n\t\"é\": [1,\n  {\"b\":\"c\"}]}");
  CAF_REQUIRE(!read.problem);
  auto place = [](const written_value& value) {
    return fmt::format("{}:{}", value.at.line, value.at.column);
  };
  CAF_CHECK_EQUAL(place(read.root), "1:1");
  CAF_CHECK_EQUAL(place(read.root.keys[0]), "2:2");
  CAF_CHECK_EQUAL(place(read.root.items[0]), "2:8");
  CAF_CHECK_EQUAL(place(read.root.items[0].items[1].items[0]), "3:8");
}

CAF_TEST(what is no json is refused where it ends to be json) {
  CAF_CHECK_EQUAL(refusal("{\"a\":1,\n}"),
                  "2:1 no JSON: syntax error; a text that begins with `{` is read as JSON");
  CAF_CHECK_EQUAL(refusal("{\"a\":"),
                  "1:6 no JSON: incomplete JSON; a text that begins with `{` is read as JSON");
  CAF_CHECK_EQUAL(refusal("{} {}"), "1:4 the object has ended, but the text has not");
  for (auto text :
       {"", "{a: 1}", "{'a': 1}", "{\"a\": 01}", "{\"a\": \"\\ud83d\"}", "{\"a\": \"\\x\"}",
        "{\"a\": \"\xff\"}", "{\"a\": \"\n\"}", "{\"a\": NaN}", "{\"a\" 1}", "{\"a\": 1 // one\n}"})
    CAF_CHECK_EQUAL(json_of(text), "refused");
}

CAF_TEST(depth and size are bounded) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CAF_CHECK_EQUAL(refusal(nested(limits::definition_depth)), "read");
  CAF_CHECK_EQUAL(refusal(nested(limits::definition_depth + 1)),
                  "1:65 at most 64 lists and objects in one another are allowed");
  CAF_CHECK_EQUAL(refusal(nested(limits::definition_bytes / 2)),
                  "1:65 at most 64 lists and objects in one another are allowed");
  std::string many = "[1";
  for (size_t i = 2; i < limits::definition_values; ++i)
    many += ",1";
  CAF_CHECK_EQUAL(refusal(many + "]"), "read");
  CAF_CHECK(refusal(many + ",1]").find("at most 500000 values are allowed in one definition") !=
            std::string::npos);
}
