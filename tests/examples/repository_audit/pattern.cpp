// Patterns match whole tokens only.
#define CAF_SUITE examples.repository_audit.pattern
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/pattern.hpp"

using namespace troupe::audit;

CAF_TEST(a literal and a counted set match together) {
  const pattern p{"ab_[0-9]{3}"};
  CAF_CHECK_EQUAL(p.match("ab_123", 0), 6u);
  CAF_CHECK_EQUAL(p.match("(ab_123)", 1), 6u);
  CAF_CHECK_EQUAL(p.match("ab_12", 0), 0u);
  CAF_CHECK_EQUAL(p.match("ab_1234", 0), 0u);
  CAF_CHECK_EQUAL(p.match("xab_123", 1), 0u);
  CAF_CHECK_EQUAL(p.match("ab_123x", 0), 0u);
  CAF_CHECK_EQUAL(p.match("ab", 0), 0u);
  CAF_CHECK(p.first().has('a'));
  CAF_CHECK(!p.first().has('b'));
}

CAF_TEST(a set takes what it can up to its most) {
  const pattern p{"[0-9]{2,4}:x[a-z-]{1,3}"};
  CAF_CHECK_EQUAL(p.match("1234:xa-b", 0), 9u);
  CAF_CHECK_EQUAL(p.match("12:xa", 0), 5u);
  CAF_CHECK_EQUAL(p.match("12345:xa", 0), 0u);
  CAF_CHECK_EQUAL(p.match("12345:xa", 1), 0u); // inside a run of digits
  CAF_CHECK_EQUAL(p.match("12:xabc-", 0), 0u);
}

CAF_TEST(punctuation at the ends may touch anything) {
  const pattern p{"--A--"};
  CAF_CHECK_EQUAL(p.match("x--A--y", 1), 5u);
}
