// A Markdown report tells everything, in one order, and shows foreign text as text.
#define CAF_SUITE examples.repository_audit.markdown_report
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/report.hpp"

#include <algorithm>

using namespace troupe::audit;

namespace {

const report sample{
    "my_repo",
    7,
    {
        {"code.c-gets", severity::high, "src/b.c", 3, 5, "gets() writes past any buffer.", "gets(x); // `y`"},
        {"secret.github-token", severity::critical, "a.py", 12, 1, "A token.", ""},
        {"code.c-alloca", severity::low, "src/b.c", 1, 2, "Large *sizes* overflow.", "alloca(n)"},
    },
    {{"z.bin", "binary"}, {"node_modules", "installed dependencies"}, {"a.bin", "binary"}},
};

} // namespace

CAF_TEST(a report has totals and the worst and all by file and what was left out) {
  CAF_CHECK_EQUAL(markdown_report(sample), R"(# Security audit of my\_repo

3 findings in 7 files.

## Totals

| category | critical | high | medium | low | info | total |
| -------- | -------: | ---: | -----: | --: | ---: | ----: |
| code     |        0 |    1 |      0 |   1 |    0 |     2 |
| secret   |        1 |    0 |      0 |   0 |    0 |     1 |
| total    |        1 |    1 |      0 |   1 |    0 |     3 |

## Worst findings

1. **critical** `a.py:12:1` A token. (secret.github-token)
    - Mend: Revoke it where it was issued, then read it from the environment or a secret store.
2. **high** `src/b.c:3:5` gets() writes past any buffer. (code.c-gets)
    - Found: `` gets(x); // `y` ``
    - Mend: Use fgets() or std::getline().
3. **low** `src/b.c:1:2` Large \*sizes\* overflow. (code.c-alloca)
    - Found: `alloca(n)`
    - Mend: Use std::vector, or an array of fixed size.

## Findings by file

### `a.py`

- 12:1 **critical** A token. (secret.github-token)

### `src/b.c`

- 1:2 **low** Large \*sizes\* overflow. (code.c-alloca)
- 3:5 **high** gets() writes past any buffer. (code.c-gets)

## Left out

- binary (2): `a.bin`, `z.bin`
- installed dependencies (1): `node_modules`
)");
}

CAF_TEST(the order of the findings does not change a report) {
  auto other = sample;
  std::reverse(other.findings.begin(), other.findings.end());
  std::reverse(other.skipped.begin(), other.skipped.end());
  CAF_CHECK_EQUAL(markdown_report(other), markdown_report(sample));
}

CAF_TEST(an empty audit has a report too) {
  CAF_CHECK_EQUAL(markdown_report({"x", 0, {}, {}}), "# Security audit of x\n\n0 findings in 0 files.\n");
}

CAF_TEST(foreign text cannot become markup) {
  report bad{"a\n# b", 1, {{"code.c-gets", severity::high, "x`\n## y", 1, 1, "<b>\n[c](d)", "```\n# e"}}, {}};
  const auto text = markdown_report(bad);
  CAF_CHECK(text.find("\n# b") == std::string::npos);
  CAF_CHECK(text.find("\n## y") == std::string::npos);
  CAF_CHECK(text.find("\n# e") == std::string::npos);
  CAF_CHECK(text.find("<b>") == std::string::npos || text.find("\\<b\\>") != std::string::npos);
  CAF_CHECK(text.find("```` ``` # e ````") != std::string::npos);
}

CAF_TEST(a long audit shows twenty of the worst and twenty of each reason) {
  report all{"x", 1, {}, {}};
  for (std::uint32_t i = 1; i <= 30; ++i) {
    all.findings.push_back({"code.c-gets", severity::high, "f", i, 1, "m", ""});
    all.skipped.push_back({"f" + std::to_string(100 + i), "binary"});
  }
  const auto text = markdown_report(all);
  CAF_CHECK(text.find("\n20. ") != std::string::npos);
  CAF_CHECK(text.find("\n21. ") == std::string::npos);
  CAF_CHECK(text.find("- 30:1 ") != std::string::npos);
  CAF_CHECK(text.find("binary (30)") != std::string::npos);
  CAF_CHECK(text.find("`f120`, …") != std::string::npos);
}
