// CMake commands are read with their arguments, comments are not.
#define CAF_SUITE examples.repository_audit.cmake_script
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/cmake_script.hpp"

#include <string>

using namespace troupe::audit;

namespace {

std::string read(std::string_view text) {
  std::string result;
  for (const auto& call : cmake_calls(text)) {
    CAF_CHECK_EQUAL(text.substr(call.offset, call.name.size()), call.name);
    result += std::string{call.name};
    for (auto argument : call.arguments)
      result += "|" + std::string{argument};
    result += "; ";
  }
  return result;
}

} // namespace

CAF_TEST(commands have bare and quoted and bracket arguments) {
  CAF_CHECK_EQUAL(read("project(p)\nset (A \"b c\\\" d\" ${E})\nx([[a ) b]] [=[ ]] ]=])"),
                  "project|p; set|A|b c\\\" d|${E}; x|[[a ) b]]|[=[ ]] ]=]; ");
}

CAF_TEST(parentheses may nest and never end) {
  CAF_CHECK_EQUAL(read("if((A AND B) OR C)\nendif()"), "if|A|AND|B|OR|C; endif; ");
  CAF_CHECK_EQUAL(read("set(A \"b"), "set|A|; ");
  CAF_CHECK_EQUAL(read(")) set"), "");
}

CAF_TEST(comments hold no commands) {
  CAF_CHECK_EQUAL(read("# a(b)\n#[[ c(d)\n e(f) ]] g(h # i)\n j)"), "g|h|j; ");
}

CAF_TEST(a keyword names the argument after it) {
  const auto call = cmake_calls("f(a URL u GIT_TAG)").at(0);
  CAF_CHECK_EQUAL(call.after("URL"), "u");
  CAF_CHECK_EQUAL(call.after("GIT_TAG"), "");
  CAF_CHECK_EQUAL(call.after("NONE"), "");
}
