// An address is read as the configuration names it, and loopback told from the rest.
#define CAF_SUITE runtime.host_port
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/host_port.hpp>

using namespace troupe;

CAF_TEST(host and port are told apart) {
  for (auto [text, host, port] : {std::tuple{"node.example:7800", "node.example", 7800},
                                  {"10.0.0.1:0", "10.0.0.1", 0},
                                  {"[2001:db8::1]:65535", "2001:db8::1", 65535}}) {
    CAF_MESSAGE(text);
    auto read = parse_host_port(text);
    CAF_REQUIRE(read);
    CAF_CHECK_EQUAL(read->host, host);
    CAF_CHECK_EQUAL(read->port, port);
  }
}

CAF_TEST(what is no address is told) {
  for (auto* text : {"", "node", ":7800", "node:", "node:x", "node:7800x", "node:65536", "node:-1",
                     "2001:db8::1:7800", "[]:7800", "[node:7800", "[node]:7800"}) {
    CAF_MESSAGE(text);
    CAF_CHECK(!parse_host_port(text));
  }
}

CAF_TEST(loopback is this machine and nothing else) {
  for (auto* host : {"localhost", "127.0.0.1", "127.9.8.7", "::1"})
    CAF_CHECK(is_loopback(host));
  for (auto* host : {"", "0.0.0.0", "::", "10.0.0.1", "127.example", "localhost.example", "128.0.0.1"})
    CAF_CHECK(!is_loopback(host));
}
