// A script is read as simple commands with their pipelines.
#define CAF_SUITE examples.repository_audit.shell_script
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/shell_script.hpp"

#include <string>

using namespace troupe::audit;

namespace {

std::string read(std::string_view code) {
  std::string result;
  for_each_command(code, [&](const shell_command& c) {
    CAF_CHECK_EQUAL(code.substr(c.offset, c.words[0].size()), c.words[0]);
    for (auto name : c.pipeline)
      result += std::string{name} + "|";
    if (!c.around.empty())
      result += std::string{c.around} + "(";
    for (auto word : c.words)
      result += std::string{word} + " ";
    result += "; ";
  });
  return result;
}

} // namespace

CAF_TEST(commands end at lines and signs) {
  CAF_CHECK_EQUAL(read("a b;c\nd & e && f || g"), "a b ; c ; d ; e ; f ; g ; ");
  CAF_CHECK_EQUAL(read("a \\\n b 2>&1 >c"), "a b 2> 1 >c ; ");
}

CAF_TEST(a pipeline names the commands that feed it) {
  CAF_CHECK_EQUAL(read("a x | /usr/bin/b | c || d | e"), "a x ; a|/usr/bin/b ; a|b|c ; d ; d|e ; ");
}

CAF_TEST(a substitution names the command around it) {
  CAF_CHECK_EQUAL(read("sh -c \"$(a b)\"; x=$(c); d <(e)"), "sh -c \"$ ; sh(a b ; \" ; c ; d < ; d(e ; ");
}

CAF_TEST(keywords and assignments and starters are passed over) {
  CAF_CHECK_EQUAL(read("if ! A=1 sudo env B=2 a; then { b; }; fi"), "a ; b ; fi ; ");
}

CAF_TEST(a variable in braces stays in its word) {
  CAF_CHECK_EQUAL(read("a ${b:-c d;e} f"), "a ${b:-c d;e} f ; ");
}

CAF_TEST(flags are found in words of one dash) {
  for_each_command("curl -sk --long", [](const shell_command& c) {
    CAF_CHECK(c.has_flag('k'));
    CAF_CHECK(!c.has_flag('g'));
    CAF_CHECK(c.has("--long"));
    CAF_CHECK(!c.has("-s"));
  });
}

CAF_TEST(a text of four megabytes on one line is read in bounded steps) {
  for (const auto* part : {"a|", "a ", "$(a", "${", "A=1 ", "\\", "("}) {
    std::string text;
    while (text.size() < 4u << 20)
      text += part;
    std::size_t most = 0;
    for_each_command(
        text, [&](const shell_command& c) { most = std::max(most, c.words.size() + c.pipeline.size()); });
    CAF_CHECK(most <= 80u);
  }
}
