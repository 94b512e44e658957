// Functions of texts give what their names say, and refuse what is no text.
#define CAF_SUITE actors.workflow.expression.texts
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/expression/given.hpp>

using namespace troupe;

CAF_TEST(each function of texts has its result) {
  std::pair<const char*, const char*> rows[] = {
      {"('aBcé'):upper()", R"("ABCé")"},
      {"('AbCÉ'):lower()", R"("abcÉ")"},
      {"string.len('é')", "2"},
      {"(' \\n a b\\t'):trim()", R"("a b")"},
      {"('  '):trim()", R"("")"},
      {"('abc'):sub(2)", R"("bc")"},
      {"('abc'):sub(-2, -2)", R"("b")"},
      {"('abc'):sub(0, 99)", R"("abc")"},
      {"('abc'):sub(-99, 1)", R"("a")"},
      {"('abc'):sub(3, 2)", R"("")"},
      {"('abc'):sub(4)", R"("")"},
      {"('abc'):sub(math.mininteger, math.maxinteger)", R"("abc")"},
      {"('a.b'):find('.')", "2"},
      {"('abc'):find('x') == nil", "true"},
      {"('abc'):find('')", "1"},
      {"('abc'):starts_with('ab')", "true"},
      {"('abc'):starts_with('b')", "false"},
      {"('abc'):ends_with('bc')", "true"},
      {"('abc'):ends_with('abcd')", "false"},
      {"('a%b%c'):replace('%', '%%')", R"("a%%b%%c")"},
      {"('aaa'):replace('aa', 'b')", R"("ba")"},
      {"('a,,b'):split(',')", R"(["a","","b"])"},
      {"(''):split(',')", R"([""])"},
      {"('ab'):rep(3)", R"("ababab")"},
      {"('ab'):rep(0)", R"("")"},
      {"('ab'):rep(-1)", R"("")"},
      {"(''):rep(math.maxinteger)", R"("")"},
      {"string.format('%s|%d|%x|%.2f|%5s|%05d|%f|%%|%s', 'a', -7, 255, 1.005, 'b', -42, 0.5, 1.5)",
       R"("a|-7|ff|1.00|    b|-0042|0.500000|%|1.5")"},
      {"('%s %s'):format(nil, true)", R"("nil true")"},
      {"('%d'):format(3.0)", R"("3")"},
      {"'1' .. 2", R"("12")"},
      {"'a' < 'b'", "true"},
  };
  for (auto& [source, wanted] : rows)
    CAF_CHECK_EQUAL(given(source), wanted);
}

CAF_TEST(what is no text is refused) {
  for (auto* source :
       {"string.upper(1)", "string.upper()", "string.lower({})", "string.len(nil)", "string.trim(true)",
        "string.sub(1, 1)", "string.find('a', 1)", "string.starts_with('a', nil)",
        "string.ends_with({}, 'a')", "string.replace('a', 'b', 1)", "string.split('a', 1)",
        "string.rep(1, 1)", "string.format(1)"})
    CAF_CHECK(refused_with("(string expected", source));
  CAF_CHECK(refused_with("the empty text is everywhere", "('a'):split('')"));
  CAF_CHECK(refused_with("the empty text is everywhere", "('a'):replace('', 'x')"));
  for (auto* source : {"('a'):sub('x')", "('a'):rep({})", "('%d'):format(1.5)", "('%d'):format('x')",
                       "('%f'):format('1')", "('%s'):format()", "('%s'):format({})", "'1' + 1", "'a' < 1"})
    CAF_CHECK(refused_with("line 1: ", source));
  for (auto* source : {"('%q'):format('x')", "('%'):format(1)", "('%p'):format({})", "('%100d'):format(1)",
                       "('%.99f'):format(1)", "('%a'):format(1)", "('%.3s'):format('abc')"})
    CAF_CHECK(refused_with("format() knows", source));
  CAF_CHECK(refused_with("there is no function 'gsub'", "('a'):gsub('a', 'b')"));
}
