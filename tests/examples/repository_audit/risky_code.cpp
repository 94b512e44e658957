// Each language gets its own rules, and all rules are shown together.
#define CAF_SUITE examples.repository_audit.risky_code
#include "rows.hpp"

#include "examples/repository_audit/risky_code.hpp"

using namespace troupe::audit;

CAF_TEST(the language decides which rules are asked) {
  const std::string text = "gets(x); eval(y); curl -k z\n";
  CAF_CHECK_EQUAL(rules_of(check_risky_code("a.c", text)), "c-gets ");
  CAF_CHECK_EQUAL(rules_of(check_risky_code("a.hpp", text)), "c-gets ");
  CAF_CHECK_EQUAL(rules_of(check_risky_code("a.py", text)), "python-eval ");
  CAF_CHECK_EQUAL(rules_of(check_risky_code("a.tsx", text)), "javascript-eval ");
  CAF_CHECK_EQUAL(rules_of(check_risky_code("a.sh", text)), "shell-tls-unverified ");
  CAF_CHECK_EQUAL(rules_of(check_risky_code("a", "#!/usr/bin/python3\n" + text)), "python-eval ");
  CAF_CHECK_EQUAL(rules_of(check_risky_code("a.txt", text)), "");
}

CAF_TEST(all rules are listed once and in order) {
  const auto rules = risky_code_rules();
  CAF_CHECK(rules.size() > 40u);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    CAF_CHECK_EQUAL(category_of(rules[i].id), "code");
    CAF_CHECK(i == 0 || rules[i - 1].id < rules[i].id);
  }
}

CAF_TEST(a finding stands at the name of the call) {
  const auto all = check_risky_code("a.c", "int f(void) {\n  return system(cmd);\n}\n");
  CAF_REQUIRE_EQUAL(all.size(), 1u);
  CAF_CHECK_EQUAL(all[0].line, 2u);
  CAF_CHECK_EQUAL(all[0].column, 10u);
  CAF_CHECK_EQUAL(all[0].excerpt, "return system(cmd);");
}

CAF_TEST(a text of one megabyte on one line is read in bounded steps) {
  for (const auto* path : {"a.c", "a.py", "a.js", "a.sh"})
    for (const auto* part :
         {"eval(", "system(x", "rm -rf $a ", "printf(", "curl u|sh;", "\"$(", "random(token,"})
      CAF_CHECK(check_risky_code(path, repeated(part, 1u << 20)).size() <= 201u);
}
