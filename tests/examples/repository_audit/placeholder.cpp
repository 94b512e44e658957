// Entropy follows Shannon; stand-ins are told from secrets.
#define CAF_SUITE examples.repository_audit.placeholder
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/placeholder.hpp"

#include <cmath>

using namespace troupe::audit;

CAF_TEST(entropy is that of the frequencies of bytes) {
  CAF_CHECK_EQUAL(entropy_bits(""), 0.0);
  CAF_CHECK_EQUAL(entropy_bits("aaaa"), 0.0);
  CAF_CHECK(std::abs(entropy_bits("aabb") - 1.0) < 1e-12);
  CAF_CHECK(std::abs(entropy_bits("abcdefgh") - 3.0) < 1e-12);
  CAF_CHECK(std::abs(entropy_bits("aab") - 0.9182958340544896) < 1e-12); // log2(3) - 2/3
}

CAF_TEST(variables and filler words are placeholders) {
  for (const auto* value : {"${DB_PASS}", "$PASS", "{{ vault }}", "<key>", "%KEY%", "%(key)s", "EXAMPLEKEY",
                            "ChangeMe", "your-key-here", "xxxxxxxx", "********", "12345678", "os.environ"})
    CAF_CHECK(is_placeholder(value));
  for (const auto* value : {"kD93-sl2Lq", "h7!wQz0pR", "a<b>c"})
    CAF_CHECK(!is_placeholder(value));
}

CAF_TEST(only a strong mixed string looks like a secret) {
  for (const auto* value : {"kD93-sl2Lq", "h7!wQz0pR", "9f86d081884c7d65", "p@ssphrase#long"})
    CAF_CHECK(looks_secret(value));
  for (const auto* value : {"short1", "swordfishing", "12938475", "two words 1", "/etc/key1abc",
                            "./local/key12", "https://a.b/c1", "aaaa1111", "access_level", "myPassword1!"})
    CAF_CHECK(!looks_secret(value));
}
