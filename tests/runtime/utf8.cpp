// Whatever bytes go in, valid UTF-8 and valid JSON come out.
#define CAF_SUITE runtime.utf8
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/utf8.hpp>

using troupe::clean_utf8;
using troupe::cut_utf8;

namespace {

std::string json(std::string_view text) {
  std::string out;
  troupe::append_json(out, text);
  return out;
}

} // namespace

CAF_TEST(valid text stays as it is) {
  std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBD";
  CAF_CHECK_EQUAL(clean_utf8(text), text);
  CAF_CHECK_EQUAL(json(text), "\"" + text + "\"");
}

CAF_TEST(each maximal invalid part becomes one replacement) {
  CAF_CHECK_EQUAL(clean_utf8("a\x80z"), "a\uFFFDz");                 // continuation without a lead
  CAF_CHECK_EQUAL(clean_utf8("\xC0\xAF"), "\uFFFD\uFFFD");           // overlong
  CAF_CHECK_EQUAL(clean_utf8("\xE0\x80"), "\uFFFD\uFFFD");           // overlong
  CAF_CHECK_EQUAL(clean_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD"); // surrogate
  CAF_CHECK_EQUAL(clean_utf8("\xF4\x90"), "\uFFFD\uFFFD");           // above U+10FFFF
  CAF_CHECK_EQUAL(clean_utf8("\xE2\x82z"), "\uFFFDz");               // cut by another letter
  CAF_CHECK_EQUAL(clean_utf8("\xF0\x9F\x98"), "\uFFFD");             // cut by the end
  CAF_CHECK_EQUAL(clean_utf8("\xFF"), "\uFFFD");
}

CAF_TEST(json text is escaped) {
  CAF_CHECK_EQUAL(json("say \"hi\"\\\n\r\t"), R"("say \"hi\"\\\n\r\t")");
  CAF_CHECK_EQUAL(json(std::string_view{"\0\x1f\x7f", 3}), R"("\u0000\u001f\u007f")");
  CAF_CHECK_EQUAL(json("\xFF"), "\"\uFFFD\"");
  CAF_CHECK_EQUAL(json(""), "\"\"");
}

CAF_TEST(a cut never splits a character) {
  CAF_CHECK_EQUAL(cut_utf8("abc", 3), "abc");
  CAF_CHECK_EQUAL(cut_utf8("abc", 2), "ab");
  CAF_CHECK_EQUAL(cut_utf8("a\u20AC", 3), "a");
  CAF_CHECK_EQUAL(cut_utf8("a\u20ACb", 4), "a\u20AC");
  CAF_CHECK_EQUAL(cut_utf8("\x80\x80\x80", 2), "");
}
