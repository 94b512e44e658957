// YAML is read as it is meant, and what could mean something else is refused.
#define CAF_SUITE behaviors.form.yaml
#include <caf/test/unit_test.hpp>
#include <fmt/format.h>
#include <troupe/behaviors/form/tree.hpp>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;

namespace {

std::string repeated(std::string_view part, size_t times) {
  std::string out;
  while (times-- > 0)
    out += part;
  return out;
}

std::string json_of(std::string_view text) {
  auto read = read_yaml_tree(text);
  return read.problem ? "refused" : print_compact_json(read.root);
}

std::string refusal(std::string_view text) {
  auto read = read_yaml_tree(text);
  return read.problem
             ? fmt::format("{}:{} {}", read.problem->at.line, read.problem->at.column, read.problem->text)
             : "read";
}

} // namespace

CAF_TEST(plain words are numbers or texts and quoted ones are texts) {
  CAF_CHECK_EQUAL(json_of("[1, -0.5e3, true, false, null, ~, yes, 007, 0x1F, 1., .5, '1', \"true\"]"),
                  R"([1,-0.5e3,true,false,null,null,"yes","007","0x1F","1.",".5","1","true"])");
}

CAF_TEST(texts of several lines are folded or kept) {
  CAF_CHECK_EQUAL(json_of("a: |\n  x\n   y\n\n  z\nb: >-\n  x\n  y\nc: x\n  y\nd: |-\n  x\n"),
                  R"({"a":"x\n y\n\nz\n","b":"x y","c":"x y","d":"x"})");
}

CAF_TEST(lines end as on any system and comments are left out) {
  CAF_CHECK_EQUAL(json_of("# first\r\na: 1 # one\r\nb: x#y\r\n"), R"({"a":1,"b":"x#y"})");
  CAF_CHECK_EQUAL(json_of("%YAML 1.2\n---\na: 1\n...\n"), R"({"a":1})");
}

CAF_TEST(places count lines and bytes from one) {
  auto read = read_yaml_tree("é: [x, {y: z}]\r\nb:\n  - c\n");
  CAF_REQUIRE(!read.problem);
  auto place = [](const written_value& value) {
    return fmt::format("{}:{}", value.at.line, value.at.column);
  };
  CAF_CHECK_EQUAL(place(read.root.items[0]), "1:5");
  CAF_CHECK_EQUAL(place(read.root.items[0].items[1].items[0]), "1:13");
  CAF_CHECK_EQUAL(place(read.root.keys[1]), "2:1");
  CAF_CHECK_EQUAL(place(read.root.items[1].items[0]), "3:5");
}

CAF_TEST(anchors and aliases and tags are refused) {
  CAF_CHECK_EQUAL(refusal("a: &x 1\n"),
                  "1:4 anchors are not allowed: put a text that begins with `&` in quotes");
  CAF_CHECK_EQUAL(refusal("a:\n  &x b: 1\n"),
                  "2:3 anchors are not allowed: put a text that begins with `&` in quotes");
  CAF_CHECK_EQUAL(refusal("a: &x\n"),
                  "1:4 anchors are not allowed: put a text that begins with `&` in quotes");
  for (auto text : {"a: *x\n", "- &x 1\n- *x\n"})
    CAF_CHECK(refusal(text).find("are not allowed") != std::string::npos);
  CAF_CHECK_EQUAL(
      refusal("b: *x\n"),
      "1:4 aliases are not allowed: write the value again, or put a text that begins with `*` in quotes");
  for (auto text : {"a: !!str 1\n", "a: ! 1\n", "a: !x [1]\n", "a: !x {b: 1}\n", "a: !<tag:x> 1\n",
                    "a: !!null\n", "a: ! \"x\"\n"})
    CAF_CHECK_EQUAL(refusal(text), "1:4 tags are not allowed: put a text that begins with `!` in quotes");
}

CAF_TEST(a text is one document) {
  CAF_CHECK_EQUAL(refusal("a: 1\n---\nb: 2\n"),
                  "2:1 a text holds one definition: a second document is not allowed");
  CAF_CHECK_EQUAL(refusal("a: 1\n...\nb: 2\n"),
                  "3:1 a text holds one definition: a second document is not allowed");
  CAF_CHECK_EQUAL(refusal(""), "read");
}

CAF_TEST(mistakes of syntax have their place) {
  CAF_CHECK_EQUAL(refusal("a: b: c\n"),
                  "1:5 a `:` is not allowed here: indent with care, and put a text with `: ` in quotes");
  CAF_CHECK_EQUAL(refusal("a:\n\t- b\n"),
                  "2:2 a list item is not allowed here: indent with spaces, all items of a list alike");
  CAF_CHECK_EQUAL(refusal("a: @b\n"), "1:4 a text cannot begin with this character: put it in quotes");
  CAF_CHECK_EQUAL(refusal("a: [1, 2\n"), "2:1 no YAML: end of sequence flow not found");
  CAF_CHECK_EQUAL(refusal("? [a]\n: b\n"), "1:3 a name is expected here: a list or an object cannot be one");
  CAF_CHECK_EQUAL(refusal("a: \"\\ud83d\"\n"), "1:11 no YAML: invalid unicode: 55357");
}

CAF_TEST(quotes have to end) {
  CAF_CHECK_EQUAL(refusal("a: \"x\n"), "1:4 the quotes that begin here never end");
  CAF_CHECK_EQUAL(refusal("a: 'x\n"), "1:4 the quotes that begin here never end");
  CAF_CHECK_EQUAL(refusal("a: 'x''\n"), "1:4 the quotes that begin here never end");
  CAF_CHECK_EQUAL(refusal("a: \"x\\\"\n"), "1:4 the quotes that begin here never end");
  CAF_CHECK(refusal("a: \"x").find("quotes do not") != std::string::npos);
  CAF_CHECK_EQUAL(json_of("a: 'it''s'\nb: \"\\\"\\\\\"\n"), R"({"a":"it's","b":"\"\\"})");
}

CAF_TEST(bytes that are no text are refused where they are) {
  CAF_CHECK_EQUAL(refusal(std::string_view{"a: 1\nb: \0", 9}),
                  "2:4 the control character 0x00 is not allowed: write it as an escape in double quotes");
  CAF_CHECK_EQUAL(refusal("a: \x04"),
                  "1:4 the control character 0x04 is not allowed: write it as an escape in double quotes");
  CAF_CHECK_EQUAL(refusal("a: 1\nb: x\xff\n"), "2:5 the text is no UTF-8 here");
}

CAF_TEST(depth and size and structure are bounded) {
  auto deep = limits::definition_depth;
  CAF_CHECK_EQUAL(refusal(repeated("[", deep) + repeated("]", deep)), "read");
  CAF_CHECK_EQUAL(refusal(repeated("[", deep + 1) + repeated("]", deep + 1)),
                  "1:65 at most 64 lists and objects in one another are allowed");
  CAF_CHECK_EQUAL(refusal(repeated("- x\n", limits::definition_values - 1)), "read");
  CAF_CHECK_EQUAL(refusal(repeated("- x\n", limits::definition_values)),
                  "500000:3 at most 500000 values are allowed in one definition");
  for (auto part : {"[", "{", "[a,", "{a: ", "x,", "[[],", "? ", "- ", "\"", "\"\"", "'", "a\n", "a:\n", ": ",
                    "\n", "&", "!", "%"})
    CAF_CHECK(!refusal(repeated(part, limits::definition_bytes / 16)).empty());
  CAF_CHECK(refusal(repeated("[", limits::definition_bytes)).find("use lines instead of brackets") !=
            std::string::npos);
}
