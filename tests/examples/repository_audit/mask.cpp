// Comments and strings lose their contents, code keeps its place.
#define CAF_SUITE examples.repository_audit.mask
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/mask.hpp"

using namespace troupe::audit;

namespace {

struct example {
  std::string text;
  std::string masked;
};

void check(language lang, const std::vector<example>& examples) {
  for (const auto& [text, masked] : examples) {
    CAF_CHECK_EQUAL(mask(text, lang), masked);
    for (std::size_t size = 0; size <= text.size(); ++size) // cut off anywhere, it ends and keeps its size
      CAF_CHECK_EQUAL(mask(std::string_view{text}.substr(0, size), lang).size(), size);
  }
}

} // namespace

CAF_TEST(C and C++ lose comments and strings and characters) {
  check(language::cpp, {
                           {"a(\"b\\\"c\"); // d\ne", "a(\"~~~~\");     \ne"},
                           {"a /* b\nc */ d", "a     \n     d"},
                           {"'\\'' + '\"' + x", "'~~' + '~' + x"},
                           {"n = 1'000'000 + 'a'", "n = 1'000'000 + '~'"},
                           {"R\"x(a\")\" b)x\" + c", "R\"~~~~~~~~)x\" + c"},
                           {"u8R\"(a)\" c", "u8R\"~~)\" c"},
                           {"open \"ended\nnext", "open \"~~~~~\nnext"},
                           {"\"a\\\nb\" c", "\"~~~~\" c"},
                           {"x = a / b; // '", "x = a / b;     "},
                       });
}

CAF_TEST(Python loses comments and strings of three quotes) {
  check(language::python, {
                              {"a('b') # c\nd", "a('~')    \nd"},
                              {"\"\"\"a\n'b'\"\"\" + c", "\"\"\"~~~~~\"\"\" + c"},
                              {"'''a\\'''' b", "'''~~~''' b"},
                              {"x = '' + \"#\"", "x = '' + \"~\""},
                              {"f = r'\\' # b'", "f = r'~~~~~~'"},
                          });
}

CAF_TEST(JavaScript keeps the code in templates and loses regular expressions) {
  check(language::javascript, {
                                  {"`a ${b + `c${d}`} e` + f", "`~~${b + `~${d}`}~~` + f"},
                                  {"`${ {a: 1} }x`", "`${ {a: 1} }~`"},
                                  {"x = /[/'\"]+/g.test(y)", "x = /~~~~~~/g.test(y)"},
                                  {"a / b / 'c'", "a / b / '~'"},
                                  {"return /'/", "return /~/"},
                                  {"// 'a'\n/* ` */ 'b'", "      \n        '~'"},
                                  {"x = /[/\ny = 'a'", "x = /[/\ny = '~'"},
                              });
  CAF_CHECK_EQUAL(mask("let a = 'b'", language::typescript), "let a = '~'");
}

CAF_TEST(shell keeps command substitutions and loses here documents) {
  check(language::shell,
        {
            {"a 'b\\' \"c $d $(e \"f\" $(g)) h\" # i", "a '~~' \"~~~~~$(e \"~\" $(g))~~\"    "},
            {"echo $# ${#a} a#b # c", "echo $# ${#a} a#b    "},
            {"cat <<EOF | x\na 'b\nEOF\nc 'd'", "cat <<EOF | x\n~~~~\nEOF\nc '~'"},
            {"cat <<-'A' <<\"B\"\na\n\tA\nb\nB\nc", "cat <<-'~' <<\"~\"\n~\n\tA\n~\nB\nc"},
            {"x <<< 'a'\ny \\' z", "x <<< '~'\ny \\' z"},
            {"echo $((1<<2))\nb", "echo $((1<<2))\nb"},
            {"echo $((a<<b))\nc 'd'", "echo $((a<<b))\nc '~'"},
        });
}

CAF_TEST(other languages come back unchanged) {
  CAF_CHECK_EQUAL(mask("a 'b' # c", language::yaml), "a 'b' # c");
}

CAF_TEST(a text of four megabytes on one line is read in bounded steps) {
  for (auto lang : {language::cpp, language::python, language::javascript, language::shell})
    for (const auto* part : {"\"", "'", "`${", "/*", "=/[", "<<A ", "R\"a(", "\\", "$(\"", "'''", "=/"}) {
      std::string text;
      while (text.size() < 4u << 20)
        text += part;
      CAF_CHECK_EQUAL(mask(text, lang).size(), text.size());
    }
}
