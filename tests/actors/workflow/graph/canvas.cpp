// Lines join where they belong together, cross where they do not, and nothing is drawn outside.
#define CAF_SUITE actors.workflow.graph.canvas
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/actors/workflow/graph/canvas.hpp>

using namespace troupe;

CAF_TEST(lines of one owner join) {
  text_canvas page{5, 3};
  page.down(2, 0, 1, stroke::solid, 1);
  page.across(0, 4, 1, stroke::solid, 1);
  page.down(0, 1, 2, stroke::solid, 1);
  page.down(4, 1, 2, stroke::solid, 1);
  CAF_CHECK_EQUAL(page.show(80), "  │\n┌─┴─┐\n│   │\n");
}

CAF_TEST(lines of two owners cross) {
  for (auto down_first : {true, false}) {
    text_canvas page{3, 3};
    if (down_first)
      page.down(1, 0, 2, stroke::solid, 1);
    page.across(0, 2, 1, stroke::dashed, 2);
    if (!down_first)
      page.down(1, 0, 2, stroke::solid, 1);
    CAF_CHECK_EQUAL(page.show(80), " │\n┄│┄\n │\n");
  }
}

CAF_TEST(a row that is longer than shown ends in an ellipsis) {
  text_canvas page{10, 2};
  page.write(0, 0, "0123456789");
  page.write(0, 1, "01234");
  CAF_CHECK_EQUAL(page.show(5), "0123…\n01234\n");
  CAF_CHECK_EQUAL(cut_columns("größer", 4), "grö…");
  CAF_CHECK_EQUAL(cut_columns("größer", 6), "größer");
}

CAF_TEST(control characters and what is no text become marks) {
  text_canvas page{8, 1};
  page.write(0, 0, "a\x1b[b\n\xff");
  CAF_CHECK_EQUAL(page.show(80), "a\uFFFD[b\uFFFD\uFFFD\n");
  CAF_CHECK_EQUAL(text_columns("\u4e2d\U0001F600e"), 3);
}

CAF_TEST(what is outside is not drawn) {
  text_canvas page{2, 1};
  page.write(-1, 0, "abcd");
  page.write(0, 5, "x");
  page.down(7, 0, 9, stroke::solid, 1);
  text_canvas large{9, 9};
  large.write(0, 0, "0");
  page.paste(1, 0, large);
  CAF_CHECK_EQUAL(page.show(80), "b0\n");
}
