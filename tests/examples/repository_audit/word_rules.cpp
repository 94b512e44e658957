// A rule about a word holds for the whole word, its owner, and what follows.
#define CAF_SUITE examples.repository_audit.word_rules
#include "rows.hpp"

#include "examples/repository_audit/word_rules.hpp"

using namespace troupe::audit;

namespace {

bool second_is_one(const word_use& use) {
  return argument(use.code, 1) == "1";
}

constexpr word_rule table[] = {
    {{"t.call", "Call", "c", "h", severity::low}, "run go", "- std", "("},
    {{"t.owned", "Owned", "c", "h", severity::low}, "run", "shell", "("},
    {{"t.assign", "Assign", "c", "h", severity::low}, "html", "*", "=:"},
    {{"t.mention", "Mention", "c", "h", severity::low}, "raw", "*", ""},
    {{"t.when", "When", "c", "h", severity::low}, "when", "*", "(", second_is_one},
};

std::vector<finding> check(std::string_view path, std::string_view text) {
  static const word_rules rules{table};
  hit_list hits;
  rules.apply(path, text, text, hits);
  return std::move(hits).take(path, text);
}

} // namespace

CAF_TEST(each condition of a rule is needed) {
  static constexpr auto infos = rules_in(table);
  check_rows(
      {
          {"f", "run(x) go (y)", "call call "},
          {"f", "rerun(x) run2(x) run_(x) run; run", ""},
          {"f", "std::run(x) ::run(x) return run(x)", "call call call "},
          {"f", "a.run(x) a->run(x) b().run(x) a::run(x)", ""},
          {"f", "shell.run(x) shell?.run(x) shell->run(x)", "owned owned owned "},
          {"f", "int run(x); def run(x): char* run(const char*); run(x) {", ""},
          {"f", "a * run(x)\nb\nrun(x)", "call call "},
          {"f", "html = x; a.html += y; html: z", "assign assign assign "},
          {"f", "html == x; html => y; html(); html", ""},
          {"f", "raw raw.x rawer", "mention mention "},
          {"f", "when(0, 1) when(f(2, 3), 1) when(1, 2) when(1)", "when when "},
      },
      infos, check);
}

CAF_TEST(arguments are split at commas of the outermost level) {
  CAF_CHECK_EQUAL(argument("a, b(c, d), [e, f], {g, h}", 2), "[e, f]");
  CAF_CHECK_EQUAL(argument("a", 1), "");
  CAF_CHECK_EQUAL(argument("", 0), "");
  CAF_CHECK_EQUAL(argument("(a, b", 0), "(a, b");
}

CAF_TEST(a literal is made of quotes and nothing else) {
  for (const auto* code : {"\"~~\"", "'~' \"~\"", "L\"~\"", "u8R\"~\"", "rb'~'", "`~`", "''"})
    CAF_CHECK(is_literal(code));
  for (const auto* code : {"", "x", "\"~\" + x", "f'~'", "`~${x}`", "~"})
    CAF_CHECK(!is_literal(code));
}

CAF_TEST(a keyword argument is found by its whole name and value) {
  CAF_CHECK(has_keyword("x, shell = True", "shell", "True"));
  CAF_CHECK(has_keyword("my_shell=False, shell=True", "shell", "True"));
  CAF_CHECK(!has_keyword("my_shell=True, shell=False, shell", "shell", "True"));
}

CAF_TEST(secret things are known by their names) {
  CAF_CHECK(names_secret("sessionToken = x"));
  CAF_CHECK(!names_secret("index = x"));
}

CAF_TEST(a text of four megabytes on one line is read in bounded steps) {
  for (const auto* part : {"run(", "a", "html=", "when(,", "shell.", "a "})
    CAF_CHECK(check("f", repeated(part)).size() <= 201u);
}
