// A Dockerfile is read instruction by instruction.
#define CAF_SUITE examples.repository_audit.dockerfile
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/dockerfile.hpp"

using namespace troupe::audit;

namespace {

std::string read(std::string_view text) {
  std::string result;
  for (const auto& i : docker_instructions(text))
    result += i.name + "|" + std::string{i.rest} + "; ";
  return result;
}

} // namespace

CAF_TEST(instructions have a name in capitals and a rest) {
  CAF_CHECK_EQUAL(read("# note\nfrom a AS b\n\n  USER c\n"), "FROM|a AS b; USER|c; ");
  CAF_CHECK_EQUAL(read("FROM"), "FROM|; ");
  CAF_CHECK_EQUAL(read(""), "");
  CAF_CHECK(docker_instructions("\n  USER c")[0].offset == 3);
}

CAF_TEST(a backslash joins lines over comments) {
  CAF_CHECK_EQUAL(read("RUN a \\\n  # note\n  && b\nUSER c"), "RUN|a \\\n  # note\n  && b; USER|c; ");
  CAF_CHECK_EQUAL(read("RUN a \\"), "RUN|a \\; ");
}

CAF_TEST(a here document belongs to its instruction) {
  CAF_CHECK_EQUAL(read("RUN <<EOF\nUSER a\nEOF\nUSER b"), "RUN|<<EOF\nUSER a\nEOF; USER|b; ");
}

CAF_TEST(an image floats without version or digest) {
  for (const auto* image : {"a", "a:latest", "h:5000/a", "h/a/b:latest"})
    CAF_CHECK(is_floating_image(image));
  for (const auto* image :
       {"a:1.2", "a@sha256:00", "scratch", "${BASE}", "a:$TAG", "{{ image }}", "", "h:5000/a:1"})
    CAF_CHECK(!is_floating_image(image));
}

CAF_TEST(a text of four megabytes is read in bounded steps) {
  for (const auto* part : {"FROM a AS b\n", "RUN a \\\n", "RUN <<E\n", "\n"}) {
    std::string text;
    while (text.size() < 4u << 20)
      text += part;
    CAF_CHECK(docker_instructions(text).size() <= text.size());
  }
}
