// The grammar is Lua's without statements; a refusal names place, finding and what is allowed.
#define CAF_SUITE actors.workflow.expression.syntax
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/expression/given.hpp>

using namespace troupe;

namespace {

std::string refusal(std::string_view source) {
  auto compiled = expression::compile(source);
  return compiled ? "accepted" : text_of(compiled.error());
}

} // namespace

CAF_TEST(everything that Lua calls an expression is accepted) {
  for (auto* source : {"nil",
                       "true",
                       "not false",
                       "-1",
                       "- - 1",
                       "#inputs",
                       "~1",
                       "1 + 2 * 3 ^ 4 % 5 // 6 / 7",
                       "1 << 2 >> 3 & 4 | 5 ~ 6",
                       "'a' .. \"b\"",
                       "a < b and c >= d or e ~= f and g == h",
                       "(a)",
                       "((a).b)[1]",
                       "a.b.c[1]['d'][e + 1]",
                       "f(1, 2)(3)",
                       "f{1}",
                       "f'x'",
                       "a:b()",
                       "a:b{1; 2}",
                       "a:b'x'",
                       "{}",
                       "{1, 2; 3,}",
                       "{a = 1, [2] = 3, ['x'] = 4, f(5)}",
                       "function() return 1 end",
                       "function(a, b) return function(c) return a + b + c end end",
                       "-- first\n1 -- last",
                       "1 -- last",
                       "0x7f",
                       "1e3",
                       ".5",
                       "5.",
                       "1.5E-3",
                       "'\\n\\t\\r\\\\\\'\\\"\\u{1F600}'",
                       "\r\n1",
                       "a\n.b",
                       "'é'"})
    CAF_CHECK_EQUAL(refusal(source), "accepted");
}

CAF_TEST(what is refused has place and reason) {
  CAF_CHECK_EQUAL(refusal(""), "line 1, column 1: found the end, expected a value");
  CAF_CHECK_EQUAL(refusal("a +"), "line 1, column 4: found the end, expected a value");
  CAF_CHECK_EQUAL(refusal("a +\n  )"), "line 2, column 3: found ')', expected a value");
  CAF_CHECK_EQUAL(refusal("a\r\n b"), "line 2, column 2: found 'b', expected an operator or the end");
  CAF_CHECK_EQUAL(refusal("a = 1"), "line 1, column 3: found '='; equality is written '=='");
  CAF_CHECK_EQUAL(
      refusal("while true do end"),
      "line 1, column 1: found 'while'; there are no statements here, only values, and functions of "
      "the form function(x) return … end");
  CAF_CHECK_EQUAL(refusal("function(x) return x"),
                  "line 1, column 21: found the end, expected an operator or 'end'");
  CAF_CHECK_EQUAL(
      refusal("math.sin(1)"),
      "line 1, column 6: found 'math.sin', but math has only abs, ceil, floor, max, min, round, sqrt, "
      "huge, maxinteger, mininteger");
  CAF_CHECK_EQUAL(refusal("'a"),
                  "line 1, column 1: found a text that does not end on its line; close it with '");
  CAF_CHECK_EQUAL(refusal("'\\q'"),
                  "line 1, column 2: found '\\q'; after \\ may come n, t, r, \\, \", ' or u{…}");
  CAF_CHECK_EQUAL(refusal("a ? b"), "line 1, column 3: found '?', which means nothing outside of a text");
  CAF_CHECK(refusal("a[[1]]").starts_with("line 1, column 2: found a long bracket"));
  CAF_CHECK_EQUAL(refusal("9223372036854775808"),
                  "line 1, column 1: found 9223372036854775808; whole numbers end at 9223372036854775807");
}

CAF_TEST(nothing is read differently from Lua) {
  for (auto* source : {"1, 2",
                       "1) + (2",
                       "a[[1]]",
                       "[==[x]==]",
                       "--[[ x ]] 1",
                       "1 --[[\n+ 1 --]]",
                       "1..2",
                       "3x",
                       "1and 2",
                       "0x",
                       "0x1p4",
                       "0x12345678901234567",
                       "1e",
                       "'\\x41'",
                       "'\\065'",
                       "'\\z  x'",
                       "'\\u{D800}'",
                       "'\\u{110000}'",
                       "'\\u{}'",
                       "'\\u41'",
                       "...",
                       "a;",
                       "::x::",
                       "a.end",
                       "a.",
                       "a:b",
                       "f(",
                       "{a = }",
                       "{1 2}",
                       "function(...) return 1 end",
                       "function(1) return 1 end",
                       "function() end",
                       "function f() return 1 end",
                       "function() return 1, 2 end",
                       "function() local x = 1 return x end",
                       "return 1",
                       "a[",
                       "a[1",
                       "a['",
                       "'x':len()",
                       "\x01",
                       "é",
                       "a == ",
                       "not",
                       "{[1]}",
                       "_ENV",
                       "_ENV.a",
                       "a!",
                       "'a\nb'"})
    CAF_CHECK(refusal(source).starts_with("line 1, column "));
  using namespace std::string_view_literals;
  CAF_CHECK(refusal("1\0 2"sv).starts_with("line 1, column 2"));
  CAF_CHECK(refusal("'\0'"sv) == "accepted" || refusal("'\0'"sv).starts_with("line 1"));
}

CAF_TEST(length and nesting are bounded) {
  CAF_CHECK_EQUAL(refusal("1" + std::string(expression_limits::source_bytes - 1, ' ')), "accepted");
  CAF_CHECK_EQUAL(refusal("1" + std::string(expression_limits::source_bytes, ' ')),
                  "an expression of 4097 bytes, of at most 4096");
  auto nested = [](size_t depth) { return std::string(depth, '(') + "1" + std::string(depth, ')'); };
  CAF_CHECK_EQUAL(refusal(nested(expression_limits::nesting - 1)), "accepted");
  CAF_CHECK(refusal(nested(expression_limits::nesting)).find("more than 50 brackets") != std::string::npos);
  std::string chain = "1", list = "{1";
  for (int i = 0; i < 1000; ++i) {
    chain += "..1";
    list += ",1";
  }
  CAF_CHECK(refusal(chain) != "accepted"); // Lua's own bounds
  CAF_CHECK_EQUAL(refusal(list + "}"), "accepted");
  CAF_CHECK(refusal(std::string(1000, '-')).starts_with("line 1"));
  CAF_CHECK(refusal("1" + std::string(800, ' ') + std::string(500, '-').replace(0, 0, "")) ==
            "accepted"); // a comment
}
