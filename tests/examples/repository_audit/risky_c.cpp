// Risky calls of C and C++ are found, their bounded relatives are not.
#define CAF_SUITE examples.repository_audit.risky_c
#include "rows.hpp"

#include "examples/repository_audit/risky_code.hpp"
#include "examples/repository_audit/risky_rules.hpp"

using namespace troupe::audit;

CAF_TEST(each rule holds where it should and nowhere else) {
  std::vector<rule_info> rules;
  for (const auto& rule : c_rules())
    rules.push_back(rule.info);
  check_rows(
      {
          {"a.c", "gets(x);", "c-gets "},
          {"a.c", "fgets(x, 9, f); mygets(x); f.gets(x); char* gets(char*); // gets(x)\n\"gets(x)\";", ""},
          {"a.c", "strcpy(a, b); std::strcat(a, b);", "c-unbounded-copy c-unbounded-copy "},
          {"a.c", "strcpy(a, \"b\"); mystrcpy(a, b); obj.strcpy_s(a, b); strncpy(a, b, 9);", ""},
          {"a.c", "sprintf(a, \"%s\", b); vsprintf(a, f, v); sprintf(a, \"%-9s\", b);",
           "c-unbounded-format c-unbounded-format c-unbounded-format "},
          {"a.c", "sprintf(a, \"%d\", b); snprintf(a, 9, \"%s\", b); sprintf(a, \"%.9s%%s\", b);", ""},
          {"a.c", "scanf(\"%s\", a); sscanf(b, \"%d %s\", &c, d);", "c-unbounded-scan c-unbounded-scan "},
          {"a.c", "scanf(\"%9s %d\", a, &b);", ""},
          {"a.cpp", "system(cmd.c_str()); (void)popen((\"a\" + b).c_str(), \"r\");", "c-command c-command "},
          {"a.cpp",
           "system(\"ls\"); int system(const char* x); system(in, out, t); file_system(x); A() : system(x) "
           "{}",
           ""},
          {"a.c", "tmpnam(a); mktemp(a);", "c-temporary-name c-temporary-name "},
          {"a.c", "mkstemp(a); tmpfile();", ""},
          {"a.c", "p = alloca(n);", "c-alloca "},
          {"a.c", "p = malloc(n);", ""},
          {"a.c", "memcpy(a, b, strlen(b));", "c-copy-length-of-source "},
          {"a.c", "memcpy(a, b, strlen(b) < n ? strlen(b) : n); memcpy(a, b, n);", ""},
          {"a.c", "token[i] = rand() % 26;", "c-weak-random "},
          {"a.c", "dice = rand() % 6;", ""},
          {"a.c", "printf(text); fprintf(f, text); snprintf(a, n, text);",
           "c-format-string c-format-string c-format-string "},
          {"a.c",
           "printf(\"%s\", text); printf(format, a); printf(FORMAT); printf(_(\"a\")); fmt::printf(text);",
           ""},
      },
      rules, check_risky_code);
}
