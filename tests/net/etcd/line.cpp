// Endpoints are asked in turn, tokens are got and renewed, and no password is told.
#define CAF_SUITE net.etcd.line
#include <caf/test/unit_test.hpp>
#include <tests/support/canned_server.hpp>
#include <troupe/net/etcd/etcd_limits.hpp>
#include <troupe/net/etcd/line.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;
using namespace troupe::etcd;
using namespace std::chrono_literals;

namespace {

using test::canned_server;

std::unique_ptr<line> line_to(etcd::access to) {
  auto made = line::open(std::move(to));
  CAF_REQUIRE(made);
  return std::move(*made);
}

std::string said(line& through) {
  auto answer = through.ask("/v3/x", "{}", 5s);
  return answer ? *answer : describe(answer.error());
}

} // namespace

CAF_TEST(the next endpoint is asked when one has failed) {
  canned_server good{[](auto&, auto&) { return canned_server::good("yes"); }};
  auto dead = "http://127.0.0.1:" + std::to_string(free_port());
  auto through = line_to({{dead, good.address()}, {}, {}, {}});
  CAF_CHECK(said(*through).starts_with("unavailable: " + dead));
  through->failed();
  CAF_CHECK_EQUAL(said(*through), "yes");
  through->understood();
  CAF_CHECK_EQUAL(said(*through), "yes"); // it stays there
}

CAF_TEST(a token is got once and anew when it is refused) {
  int tokens = 0, right = 1;
  canned_server server{[&](const std::string& head, const std::string& body) {
    if (head.starts_with("POST /v3/auth/authenticate ")) {
      CAF_CHECK_EQUAL(body, R"({"name":"ada","password":"hush"})");
      return canned_server::good(R"({"token":"t)" + std::to_string(++tokens) + "\"}");
    }
    return head.find("Authorization: t" + std::to_string(right)) != std::string::npos
               ? canned_server::good("yes")
               : canned_server::with("401 Unauthorized",
                                     R"({"error":"etcdserver: invalid auth token","code":16})");
  }};
  auto through = line_to({{server.address()}, {}, "ada", secret{"hush"}});
  CAF_CHECK_EQUAL(said(*through), "yes");
  CAF_CHECK_EQUAL(said(*through), "yes");
  CAF_CHECK_EQUAL(tokens, 1);
  right = 2; // it has been restarted
  CAF_CHECK_EQUAL(said(*through), "yes");
  CAF_CHECK_EQUAL(tokens, 2);
  right = 99; // whatever it gives, it does not take
  CAF_CHECK(said(*through).find("invalid auth token") != std::string::npos);
  CAF_CHECK_EQUAL(tokens, 3);
}

CAF_TEST(a wrong password is told without it) {
  canned_server server{[&](const std::string&, const std::string&) {
    return canned_server::with(
        "400 Bad Request",
        R"({"error":"etcdserver: authentication failed, invalid user ID or password","code":3})");
  }};
  auto told = said(*line_to({{server.address()}, {}, "ada", secret{"hush"}}));
  CAF_CHECK(told.starts_with("unavailable"));
  CAF_CHECK(told.find("no token for etcd_user ada") != std::string::npos);
  CAF_CHECK(told.find("hush") == std::string::npos);
}

CAF_TEST(a lease that is not there is told as that) {
  canned_server server{[&](const std::string&, const std::string&) {
    return canned_server::with("404 Not Found",
                               R"({"error":"etcdserver: requested lease not found","code":5})");
  }};
  CAF_CHECK(said(*line_to({{server.address()}, {}, {}, {}})).starts_with("not_found"));
}

CAF_TEST(a stream is cut into lines and one that never ends is an error) {
  canned_server server{[&](const std::string& head, const std::string&) {
    return canned_server::begun(head.starts_with("POST /long ")
                                    ? std::string(limits::etcd_reply_bytes + 100'000, 'x')
                                    : "one\ntwo\nthr");
  }};
  auto through = line_to({{server.address()}, {}, {}, {}});
  std::vector<std::string> lines;
  auto take = [&](std::string_view one) {
    lines.emplace_back(one);
    return true;
  };
  CAF_CHECK_EQUAL(code_of(through->listen("/short", "{}", 5s, 50ms, take)), ec::timeout);
  CAF_CHECK(lines == (std::vector<std::string>{"one", "two"}));
  CAF_CHECK_EQUAL(code_of(through->listen("/long", "{}", 5s, 5s, take)), ec::unavailable);
  CAF_CHECK(!through->listen("/short", "{}", 5s, 5s, [](std::string_view) { return false; }));
}
