// The small text tools keep offsets, whatever the bytes.
#define CAF_SUITE examples.repository_audit.text
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/text.hpp"

using namespace troupe::audit;

CAF_TEST(a set has its ranges and a last minus) {
  constexpr char_set set{"a-c_-"};
  for (char c : std::string_view{"abc_-"})
    CAF_CHECK(set.has(c));
  for (char c : std::string_view{"dA`9"})
    CAF_CHECK(!set.has(c));
}

CAF_TEST(words are split at any space) {
  CAF_CHECK_EQUAL(words_of(" a\tbc \n d").size(), 3u);
  CAF_CHECK(listed("bc", "a bc d"));
  CAF_CHECK(!listed("b", "a bc d"));
  CAF_CHECK(!listed("", "a bc d"));
  CAF_CHECK(contains_any("xbcx", "q bc"));
  CAF_CHECK(!contains_any("xbcx", "q cb"));
}

CAF_TEST(trim takes spaces at both ends only) {
  CAF_CHECK_EQUAL(trim("\t a b \r\n"), "a b");
  CAF_CHECK_EQUAL(trim("  "), "");
  CAF_CHECK_EQUAL(lower("AZ-az-\xC3\x84"), "az-az-\xC3\x84");
}

CAF_TEST(lines know where they start) {
  const auto lines = lines_of("a\r\n\nb");
  CAF_REQUIRE_EQUAL(lines.size(), 3u);
  CAF_CHECK_EQUAL(lines[0].text, "a");
  CAF_CHECK_EQUAL(lines[1].text, "");
  CAF_CHECK_EQUAL(lines[2].offset, 4u);
  CAF_CHECK_EQUAL(lines_of("a\n").size(), 1u);
  CAF_CHECK(lines_of("").empty());
}

CAF_TEST(a word begins where its bytes begin) {
  CAF_CHECK_EQUAL(word_begin("a.bc(", 4), 2u);
  CAF_CHECK_EQUAL(word_begin("a.(", 2), 2u);
  CAF_CHECK_EQUAL(word_begin(std::string(1000, 'a'), 1000), 744u);
}

CAF_TEST(a file name is what follows the last slash) {
  CAF_CHECK_EQUAL(file_name("a/b.c"), "b.c");
  CAF_CHECK_EQUAL(file_name("b.c"), "b.c");
}

CAF_TEST(bytes that are no UTF - 8 become question marks) {
  CAF_CHECK_EQUAL(to_utf8("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"),
                  "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80");
  CAF_CHECK_EQUAL(to_utf8("a\xFF"
                          "b\xC3"),
                  "a?b?");
  CAF_CHECK_EQUAL(to_utf8("\xC0\x80"), "??");           // overlong
  CAF_CHECK_EQUAL(to_utf8("\xED\xA0\x80"), "???");      // surrogate
  CAF_CHECK_EQUAL(to_utf8("\xF4\x90\x80\x80"), "????"); // above U+10FFFF
}
