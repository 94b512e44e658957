// Answers come or the wait for them ends: silence, endless answers and foreign authorities are errors, and another thread can end it.
#define CAF_SUITE net.etcd.http
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <future>
#include <tests/support/canned_server.hpp>
#include <tests/support/certificates.hpp>
#include <tests/support/etcd_server.hpp>
#include <troupe/net/etcd/etcd_limits.hpp>
#include <troupe/net/etcd/http.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;
using namespace troupe::etcd;
using namespace std::chrono_literals;

namespace {

using test::canned_server;

std::unique_ptr<http_client> opened(const std::string& authority = {}) {
  auto client = http_client::open(authority);
  CAF_REQUIRE(client);
  return std::move(*client);
}

// Describes what a POST comes to.
std::string outcome(http_client& client, const std::string& url, std::chrono::milliseconds patience = 5s) {
  auto reply = client.post({url, "{}", {}, patience});
  return reply ? std::to_string(reply->status) + " " + reply->body : describe(reply.error());
}

} // namespace

CAF_TEST(an answer is returned whatever its status and the connection is kept) {
  std::string heads;
  canned_server server{[&](const std::string& head, const std::string& body) {
    heads += head;
    return head.starts_with("POST /good ") ? canned_server::good("you said " + body)
                                           : canned_server::with("404 Not Found", "no");
  }};
  auto client = opened();
  CAF_CHECK_EQUAL(outcome(*client, server.address() + "/good"), "200 you said {}");
  CAF_CHECK_EQUAL(outcome(*client, server.address() + "/bad"), "404 no");
  CAF_CHECK(heads.find("Authorization") == std::string::npos);
  auto reply = client->post({server.address() + "/good", "{}", secret{"t0k"}, 5s});
  CAF_CHECK(reply && heads.find("Authorization: t0k") != std::string::npos);
}

CAF_TEST(nobody is waited for longer than was said) {
  canned_server silent{[](auto&, auto&) { return std::string{}; }};
  auto client = opened();
  auto told = outcome(*client, silent.address(), 50ms);
  CAF_CHECK(told.starts_with("unavailable") && told.find("no answer within 50 ms") != std::string::npos);
  told = outcome(*client, "http://127.0.0.1:" + std::to_string(free_port()));
  CAF_CHECK(told.starts_with("unavailable"));
}

CAF_TEST(too long and broken answers and redirects are not taken) {
  canned_server server{[](const std::string& head, const std::string&) {
    if (head.starts_with("POST /long "))
      return canned_server::good(std::string(limits::etcd_reply_bytes + 1, 'x'));
    if (head.starts_with("POST /moved "))
      return std::string{"HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 0\r\n\r\n"};
    return std::string{"\x16\x03\x01 what is this?\r\n\r\n"};
  }};
  auto client = opened();
  CAF_CHECK(outcome(*client, server.address() + "/long").find("more than 2097152 bytes") !=
            std::string::npos);
  CAF_CHECK(outcome(*client, server.address() + "/broken").starts_with("unavailable"));
  CAF_CHECK_EQUAL(outcome(*client, server.address() + "/moved"), "302 ");
}

CAF_TEST(a stream is heard until one has enough or it is silent or it ends) {
  canned_server server{[](const std::string& head, const std::string&) {
    return head.starts_with("POST /ends ") ? std::string{"HTTP/1.1 200 OK\r\n\r\nabc"}
                                           : canned_server::begun("abc");
  }};
  auto client = opened();
  std::string heard;
  auto take = [&](std::string_view part) {
    heard += part;
    return heard.size() < 6;
  };
  auto first = client->listen({server.address(), "{}", {}, 5s}, 50ms, take);
  CAF_CHECK_EQUAL(code_of(first.error()), ec::timeout);
  CAF_CHECK_EQUAL(heard, "abc");
  CAF_CHECK(client->listen({server.address(), "{}", {}, 5s}, 5s, take)); // it has enough
  CAF_CHECK_EQUAL(heard, "abcabc");
  heard.clear();
  auto ended = client->listen({server.address() + "/ends", "{}", {}, 5s}, 5s, take);
  CAF_CHECK_EQUAL(code_of(ended.error()), ec::unavailable);
}

CAF_TEST(another thread ends the wait until it is taken back) {
  std::promise<void> asked;
  canned_server server{[&](const std::string& head, const std::string&) {
    if (head.starts_with("POST /good "))
      return canned_server::good("yes");
    asked.set_value();
    return std::string{};
  }};
  auto client = opened();
  auto waits = std::async(std::launch::async, [&] { return outcome(*client, server.address(), 100s); });
  asked.get_future().wait();
  client->interrupt();
  CAF_CHECK(waits.get().starts_with("cancelled"));
  CAF_CHECK(outcome(*client, server.address() + "/good").starts_with("cancelled"));
  client->resume();
  CAF_CHECK_EQUAL(outcome(*client, server.address() + "/good"), "200 yes");
}

CAF_TEST(https is spoken only to whom the authority has signed for) {
  certificates own, foreign;
  auto files = own.sign("etcd", "etcd,IP:127.0.0.1");
  auto elsewhere = own.sign("elsewhere", "etcd,DNS:etcd.example");
  test::etcd_server server{files.certificate, files.key}, misplaced{elsewhere.certificate, elsewhere.key};
  auto told = outcome(*opened(files.authority), server.address() + "/v3/kv/range");
  CAF_CHECK(told.starts_with("400 ")); // it answers: there is no key in the question
  for (auto& refused :
       {outcome(*opened(foreign.path("authority.pem")), server.address()),
        outcome(*opened(), server.address()), outcome(*opened(files.authority), misplaced.address())}) {
    CAF_CHECK(refused.starts_with("unavailable"));
    CAF_CHECK(refused.find("SSL") != std::string::npos);
  }
}

CAF_TEST(an authority that is none is told at once) {
  test::scratch place;
  auto path = (place.path() / "authority.pem").string();
  CAF_CHECK_EQUAL(code_of(http_client::open(path).error()), ec::not_found);
  std::ofstream{path} << "nothing\n";
  auto refused = http_client::open(path);
  CAF_CHECK(text_of(refused.error()).find(path) != std::string::npos);
}
