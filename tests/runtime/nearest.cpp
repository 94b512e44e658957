// A mistyped word finds the known one it resembles, and nothing when it resembles none.
#define CAF_SUITE runtime.nearest
#include <array>
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/nearest.hpp>

namespace {

constexpr std::array<std::string_view, 4> known{"max_retries", "timeout_ms", "idle_seconds", "name"};

std::string_view near(std::string_view word) {
  return troupe::nearest(word, known);
}

} // namespace

CAF_TEST(letters left out or added or replaced or swapped are forgiven) {
  CAF_CHECK_EQUAL(near("max_retrys"), "max_retries");
  CAF_CHECK_EQUAL(near("timeout_mss"), "timeout_ms");
  CAF_CHECK_EQUAL(near("idle_sekonds"), "idle_seconds");
  CAF_CHECK_EQUAL(near("nmae"), "name");
}

CAF_TEST(case and hyphens do not count) {
  constexpr std::array<std::string_view, 1> one{"a_b_c"};
  CAF_CHECK_EQUAL(troupe::nearest("A-B-C", one), "a_b_c");
}

CAF_TEST(a word unlike all others has no neighbour) {
  CAF_CHECK(near("colour").empty());
  CAF_CHECK(near("").empty());
  CAF_CHECK(troupe::nearest("name", {}).empty());
}

CAF_TEST(a third of the letters may differ and no more) {
  constexpr std::array<std::string_view, 1> one{"abcdef"};
  CAF_CHECK_EQUAL(troupe::nearest("abcdXY", one), "abcdef");
  CAF_CHECK(troupe::nearest("abcXYZ", one).empty());
}

CAF_TEST(the first of equally near words wins) {
  constexpr std::array<std::string_view, 2> two{"cat", "car"};
  CAF_CHECK_EQUAL(troupe::nearest("cab", two), "cat");
}

CAF_TEST(words beyond the bound are not compared) {
  std::string longest(troupe::limits::nearest_bytes, 'x');
  std::string longer(troupe::limits::nearest_bytes + 1, 'x');
  std::array<std::string_view, 1> bound{longest}, beyond{longer};
  CAF_CHECK_EQUAL(troupe::nearest(longest, bound), longest);
  CAF_CHECK(troupe::nearest(longest, beyond).empty());
  CAF_CHECK(troupe::nearest(longer, bound).empty());
}
