// Columns align, trees branch, times are short, and nothing from outside steers the terminal.
#define CAF_SUITE net.node.render
#include <caf/test/unit_test.hpp>
#include <cstdlib>
#include <ctime>
#include <troupe/net/node/render.hpp>

using namespace troupe;

namespace {

constexpr int64_t now = 1'700'000'000'000; // 2023-11-14 22:13:20 UTC
constexpr text_look plain{.colour = false, .now_ms = now};
constexpr text_look colourful{.colour = true, .now_ms = now};

struct utc {
  utc() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(render_tests, utc)

CAF_TEST(a table aligns its columns and ends no line with spaces) {
  text_table rows{{"ID", "STATUS", "TITLE"}};
  rows.add({"a", "running", "Ä first"});
  rows.add({"longer", "ok", ""});
  CAF_CHECK_EQUAL(rows.show(plain), "ID      STATUS   TITLE\n"
                                    "a       running  Ä first\n"
                                    "longer  ok\n");
}

CAF_TEST(a column without a text is left out and facts without a value too) {
  text_table rows{{"A", "B", "C"}};
  rows.add({"1", "", "3"});
  CAF_CHECK_EQUAL(rows.show(plain), "A  C\n1  3\n");
  text_table facts{{}};
  facts.add_fact("name", "x");
  facts.add_fact("parent", "");
  facts.add_fact("up", "1 s");
  CAF_CHECK_EQUAL(facts.show(plain), "name  x\nup    1 s\n");
}

CAF_TEST(colours do not move columns and are absent where there are none) {
  text_table rows{{}};
  rows.add({{"ok", text_tone::good}, "x"});
  rows.add({"failed", "y"});
  CAF_CHECK_EQUAL(rows.show(colourful), "\x1b[32mok\x1b[0m      x\nfailed  y\n");
  CAF_CHECK_EQUAL(paint("x", text_tone::bad, plain), "x");
  CAF_CHECK_EQUAL(paint("x", text_tone::bad, colourful), "\x1b[31mx\x1b[0m");
  CAF_CHECK_EQUAL(paint("x", text_tone::plain, colourful), "x");
}

CAF_TEST(text from outside cannot steer the terminal) {
  CAF_CHECK_EQUAL(printable("a\x1b[2Jb\x07"), "a\uFFFD[2Jb\uFFFD");
  CAF_CHECK_EQUAL(printable("a\u009b2J\x7f"), "a\uFFFD2J\uFFFD");
  CAF_CHECK_EQUAL(printable("ä\xff\u00a0"), "ä\uFFFD\u00a0");
  CAF_CHECK_EQUAL(printable("a\nb\tc"), "a\uFFFDb\uFFFDc");
  CAF_CHECK_EQUAL(printable("a\nb\tc\r", true), "a\nb\tc\uFFFD");
  text_table rows{{}};
  rows.add({"\x1b]0;x"});
  CAF_CHECK_EQUAL(rows.show(plain), "\uFFFD]0;x\n");
}

CAF_TEST(a time is as short as it is clear) {
  CAF_CHECK_EQUAL(short_time(now - 3'600'000, plain), "21:13:20");
  CAF_CHECK_EQUAL(short_time(now - 86'400'000, plain), "13 Nov 22:13");
  CAF_CHECK_EQUAL(short_time(now - 365 * int64_t{86'400'000}, plain), "2022-11-14");
  CAF_CHECK_EQUAL(short_time(0, plain), "-");
}

CAF_TEST(a duration has two units at most) {
  CAF_CHECK_EQUAL(human_duration(0), "0 ms");
  CAF_CHECK_EQUAL(human_duration(999), "999 ms");
  CAF_CHECK_EQUAL(human_duration(3'456), "3.4 s");
  CAF_CHECK_EQUAL(human_duration(59'999), "59.9 s");
  CAF_CHECK_EQUAL(human_duration(60'000), "1 min");
  CAF_CHECK_EQUAL(human_duration(125'000), "2 min 5 s");
  CAF_CHECK_EQUAL(human_duration(3 * 3'600'000 + 12 * 60'000 + 5), "3 h 12 min");
  CAF_CHECK_EQUAL(human_duration(int64_t{99} * 3'600'000), "4 d 3 h");
}

CAF_TEST(a tree is drawn with its branches) {
  text_tree root{"root", {{"core", {{"store", {}}, {"timers", {}}}}, {"services", {{"agents", {}}}}}};
  CAF_CHECK_EQUAL(draw(root), "root\n"
                              "├── core\n"
                              "│   ├── store\n"
                              "│   └── timers\n"
                              "└── services\n"
                              "    └── agents\n");
}

CAF_TEST_FIXTURE_SCOPE_END()
