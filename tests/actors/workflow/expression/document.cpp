// Each value of a JSON text knows its bytes; what is no JSON is refused with its place.
#define CAF_SUITE actors.workflow.expression.document
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/actors/workflow/expression/document.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

using kind = json_document::kind;

caf::expected<json_document> read(std::string_view text, size_t depth = 8, size_t values = 100) {
  return json_document::read(text, depth, values);
}

std::string refusal(std::string_view text, size_t depth = 8, size_t values = 100) {
  auto result = read(text, depth, values);
  return result ? "accepted" : text_of(result.error());
}

} // namespace

CAF_TEST(each value knows its bytes) {
  std::string text =
      " { \"a\" : [ 1 , -2.50e+1,\"x,]\\\"\" , [ ] , {} ] ,\n \"b\\u0063\":null, \"t\":true } ";
  auto document = *read(text);
  auto& root = document.root();
  CAF_CHECK(root.is == kind::object);
  CAF_CHECK_EQUAL(std::string{document.bytes(root)}, text.substr(1, text.size() - 2));
  auto& list = *document.member(root, "a");
  CAF_REQUIRE_EQUAL(uint32_t{list.count}, 5u);
  std::string items;
  for (size_t n = 0; n < 5; ++n)
    items += std::string{document.bytes(document.child(list, n))} + ";";
  CAF_CHECK_EQUAL(items, "1;-2.50e+1;\"x,]\\\"\";[ ];{};");
  CAF_CHECK(document.member(root, "bc")->is == kind::null);
  CAF_CHECK(document.member(root, "t")->is == kind::boolean);
  CAF_CHECK(!document.member(root, "b"));
  CAF_CHECK(!document.member(list, "a"));
}

CAF_TEST(a text is a whole document) {
  for (auto* text : {"1", "null", "\"\"", "[]", "{}", " true\n"})
    CAF_CHECK(read(text));
  std::string buffer;
  auto document = *read(R"("a\nb\u00e9\ud83d\ude00")");
  CAF_CHECK_EQUAL(std::string{document.characters(document.root(), buffer)}, "a\nbé😀");
}

CAF_TEST(of several equal keys the last is the value) {
  auto document = *read(R"({"a":1,"a":2})");
  CAF_CHECK_EQUAL(std::string{document.bytes(*document.member(document.root(), "a"))}, "2");
}

CAF_TEST(what is no JSON is refused with its place) {
  for (auto* text : {"", " ", "[1,]", "{\"a\":}", "{a:1}", "[1 2]", "01", "1.", "nul", "\"\x01\"", "\"\xff\"",
                     "\"\\ud800\"", "\"\\x\"", "[", "\"a", "NaN", "// c\n1", "[1]]", "1 2"})
    CAF_CHECK(refusal(text).starts_with("line 1, column "));
  CAF_CHECK(refusal("{\n  \"a\": oops}").starts_with("line 2, column "));
}

CAF_TEST(depth and number of values are bounded) {
  CAF_CHECK(read("[[[]]]", 3));
  CAF_CHECK(!read("[[[]]]", 2));
  CAF_CHECK(read("[1,2]", 8, 3));
  CAF_CHECK_EQUAL(refusal("[1,2,3]", 8, 3), "4 values, of at most 3");
  CAF_CHECK(!read(std::string(1'000'000, '['), 64));
}
