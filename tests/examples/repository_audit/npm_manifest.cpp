// A package.json gives its dependencies with their places.
#define CAF_SUITE examples.repository_audit.npm_manifest
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/npm_manifest.hpp"

#include <string>

using namespace troupe::audit;

namespace {

std::string read(std::string_view text) {
  std::string result;
  for (const auto& d : npm_dependencies(text)) {
    CAF_CHECK_EQUAL(text.substr(d.offset, d.range.size()), d.range);
    result += std::string{d.name} + " " + std::string{d.range} + "; ";
  }
  return result;
}

} // namespace

CAF_TEST(dependencies of three sections are read in order) {
  CAF_CHECK_EQUAL(read(R"({"name": "n", "dependencies": {"a": "^1.0.0", "@s/b": "*"},
                           "devDependencies": {"c": ""}, "optionalDependencies": {"d": "1"}})"),
                  "a ^1.0.0; @s/b *; c ; d 1; ");
}

CAF_TEST(other sections and deeper levels are left out) {
  CAF_CHECK_EQUAL(read(R"({"peerDependencies": {"a": "*"}, "scripts": {"dependencies": "x"},
                           "x": {"dependencies": {"b": "*"}}, "dependencies": {"c": {"version": "*"}, "d": ["*"]}})"),
                  "");
}

CAF_TEST(broken JSON gives what stands before the break) {
  CAF_CHECK_EQUAL(read(R"({"dependencies": {"a": "1", "b": ")"), "a 1; b ; ");
  CAF_CHECK_EQUAL(read(R"(}}{"dependencies": {"a\"}": "1")"), "a\\\"} 1; ");
  CAF_CHECK_EQUAL(read(""), "");
}
