// An nginx configuration is read as directives in blocks.
#define CAF_SUITE examples.repository_audit.nginx_conf
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/nginx_conf.hpp"

#include <string>

using namespace troupe::audit;

namespace {

std::string read(std::string_view text) {
  std::string result;
  const auto all = nginx_directives(text);
  for (const auto& d : all) {
    CAF_CHECK_EQUAL(text.substr(d.offset, d.name.size()), d.name);
    if (d.block != std::string_view::npos)
      result += std::string{all[d.block].name} + "/";
    result += std::string{d.name};
    for (auto argument : d.arguments)
      result += "|" + std::string{argument};
    result += "; ";
  }
  return result;
}

} // namespace

CAF_TEST(directives stand in blocks and end with a semicolon) {
  CAF_CHECK_EQUAL(
      read("user www; http {\n server { listen 80; location /a { alias /b/; } }\n}\nx y;"),
      "user|www; http; http/server; server/listen|80; server/location|/a; location/alias|/b/; x|y; ");
}

CAF_TEST(quotes hold blanks and comments hold nothing) {
  CAF_CHECK_EQUAL(read("add_header A \"b; c\"; # d e;\nf 'g h';"), "add_header|A|b; c; f|g h; ");
}

CAF_TEST(broken texts give what can be read) {
  CAF_CHECK_EQUAL(read("} a { b \"c"), "a; a/b|c; ");
  CAF_CHECK_EQUAL(read("{ a;"), "a; ");
  CAF_CHECK(nginx_directives("a b;")[0].has("b"));
  CAF_CHECK(!nginx_directives("a b;")[0].has("a"));
}

CAF_TEST(a text of four megabytes on one line is read in bounded steps) {
  for (const auto* part : {"a{", "a ", "\"", "#", "}"}) {
    std::string text;
    while (text.size() < 4u << 20)
      text += part;
    CAF_CHECK(nginx_directives(text).size() <= text.size());
  }
}
