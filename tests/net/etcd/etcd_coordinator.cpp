// The coordinator that is an etcd keeps the contract of all, and outlives what happens to etcd.
#define CAF_SUITE net.etcd.etcd_coordinator
#include <caf/test/unit_test.hpp>
#include <condition_variable>
#include <tests/support/canned_server.hpp>
#include <tests/support/etcd_server.hpp>
#include <troupe/net/etcd/base64.hpp>
#include <troupe/net/etcd/etcd_coordinator.hpp>
#include <troupe/net/etcd/steady.hpp>

namespace {

using namespace troupe;
using namespace std::chrono_literals;

// Members of a cluster that no other test uses, with the shortest leases that etcd grants.
struct subject {
  test::etcd_server& server = test::common_etcd();
  const std::chrono::milliseconds lease = 2s, slack = 400ms;
  std::string cluster = next_cluster();

  static std::string next_cluster() {
    static int count = 0;
    return "test" + std::to_string(++count);
  }

  etcd_options options() const {
    etcd_options with;
    with.endpoints = server.address();
    with.cluster = cluster;
    with.lease = lease;
    with.renewal = lease / 3;
    with.slack = slack;
    return with;
  }
  static std::shared_ptr<coordinator> open(const etcd_options& with) {
    auto opened = open_etcd(with);
    CAF_REQUIRE(opened);
    return *opened;
  }
  std::shared_ptr<coordinator> member() const {
    return open(options());
  }
  std::shared_ptr<coordinator> silent() const {
    auto with = options();
    with.renewal = 1h;
    return open(with);
  }
  // Looks again and again for up to half a minute.
  static bool eventually(const std::function<bool()>& holds) {
    std::mutex mutex;
    std::condition_variable nobody;
    std::unique_lock lock{mutex};
    for (int look = 0; look < 15'000; ++look) {
      if (holds())
        return true;
      nobody.wait_for(lock, 2ms);
    }
    return holds();
  }
  static int64_t now_ms() {
    return steady_ms();
  }
};

} // namespace

#include "tests/net/cluster/coordinator_contract.hpp"

CAF_TEST_FIXTURE_SCOPE(etcd_coordinator_tests, subject)

using namespace troupe;
using namespace troupe::contract;

CAF_TEST(options that make no sense are refused with what to say) {
  auto told = [&](auto change) {
    auto with = options();
    change(with);
    auto opened = open_etcd(with);
    return opened ? "none" : describe(opened.error());
  };
  CAF_CHECK_EQUAL(told([](auto&) {}), "none");
  CAF_CHECK(told([](auto& with) { with.endpoints = "http://10.0.0.1:2379"; }).find("over https only") !=
            std::string::npos);
  CAF_CHECK(told([](auto& with) { with.endpoints = ""; }).starts_with("invalid_argument"));
  CAF_CHECK(told([](auto& with) { with.cluster = "a/b"; }).starts_with("invalid_argument"));
  CAF_CHECK(told([](auto& with) { with.cluster = ""; }).starts_with("invalid_argument"));
  CAF_CHECK(told([](auto& with) { with.user = "ada"; }).find("given together") != std::string::npos);
  CAF_CHECK(told([](auto& with) { with.lease = 1s; }).starts_with("invalid_argument"));
  CAF_CHECK(told([](auto& with) { with.authority = "nowhere.pem"; }).starts_with("not_found"));
}

CAF_TEST(an etcd that is killed and comes back is used again and what was missed is seen) {
  test::etcd_server own;
  auto with = options();
  with.endpoints = own.address();
  member_life a{open(with), "a"}, b{open(with), "b"};
  a.door->claim({1});
  CAF_CHECK(eventually([&] { return b.holder(1) == "a" && a.sees("b"); }));
  own.kill();
  CAF_CHECK(eventually([&] { return a.door->trouble() && b.door->trouble(); }));
  CAF_CHECK(text_of(a.door->trouble()).find(own.address()) != std::string::npos);
  b.door->claim({2}); // is not forgotten
  own.start();
  CAF_CHECK(eventually([&] {
    return a.sees("b") && b.sees("a") && a.holder(2) == "b" && !a.door->trouble() && !b.door->trouble();
  }));
  CAF_CHECK(
      eventually([&] { return a.door->sure_until_ms() > now_ms() && b.door->sure_until_ms() > now_ms(); }));
  a.door->claim({3});
  CAF_CHECK(eventually([&] { return b.holder(3) == "a"; }));
}

CAF_TEST(a member that is cut off knows when its lease is not sure any more) {
  tcp_relay cable{std::stoi(server.address().substr(server.address().rfind(':') + 1))};
  auto with = options();
  with.endpoints = "http://127.0.0.1:" + std::to_string(cable.port());
  member_life a{open(with), "a"}, b{member(), "b"};
  a.door->claim({1});
  CAF_CHECK(eventually([&] { return b.holder(1) == "a"; }));
  cable.freeze();
  CAF_CHECK(eventually([&] { return a.door->sure_until_ms() < now_ms(); }));
  CAF_CHECK_EQUAL(b.holder(1), "a"); // before the others may have it
  CAF_CHECK(eventually([&] { return b.holder(1).empty() && !b.sees("a"); }));
  CAF_CHECK(a.door->trouble());
}

CAF_TEST(an endpoint that is dead or frozen or no etcd is passed over) {
  tcp_relay frozen{1};
  frozen.freeze();
  test::canned_server garbage{[](auto&, auto&) { return test::canned_server::good("<html>"); }};
  auto with = options();
  with.endpoints = "http://127.0.0.1:" + std::to_string(free_port()) +
                   " http://127.0.0.1:" + std::to_string(frozen.port()) + " " + garbage.address() + " " +
                   server.address();
  member_life a{open(with), "a"};
  a.door->claim({1});
  CAF_CHECK(eventually([&] { return a.holder(1) == "a" && !a.door->trouble(); }));
}

CAF_TEST(whatever another server says is trouble and no harm) {
  for (
      auto& answer :
      {test::canned_server::good("<html>"), test::canned_server::good("{}"),
       test::canned_server::good(std::string(3 << 20, '[')),
       test::canned_server::good(
           R"({"ID":"7","TTL":"2","header":{"revision":"5"},"result":{"ID":"7","TTL":"x","canceled":true}})"),
       test::canned_server::with("500 Oh", "\xff"), std::string{"nonsense\r\n\r\n"}}) {
    test::canned_server other{[&](auto&, auto&) { return answer; }};
    auto with = options();
    with.endpoints = other.address();
    member_life a{open(with), "a"};
    a.door->claim({1});
    CAF_CHECK(eventually([&] { return other.asked() > 4 && code_of(a.door->trouble()) == ec::unavailable; }));
    CAF_CHECK_EQUAL(a.holder(1), "");
  }
}

CAF_TEST(a view comes back after what it was to be told is not kept any more) {
  tcp_relay cable{std::stoi(server.address().substr(server.address().rfind(':') + 1))};
  auto with = options();
  with.endpoints = "http://127.0.0.1:" + std::to_string(cable.port());
  member_life a{open(with), "a"}, b{member(), "b"};
  CAF_CHECK(eventually([&] { return a.sees("b"); }));
  for (uint8_t shard = 0; shard < 5; ++shard) {
    cable.cut(); // what happens now is not told
    b.door->claim({shard});
    CAF_CHECK(eventually([&] { return b.holder(shard) == "b"; }));
    server.post("/v3/kv/compaction", R"({"revision":")" + std::to_string(b.now().revision) + "\"}");
    CAF_CHECK(eventually([&] { return a.holder(shard) == "b"; }));
  }
  auto views = a.views();
  for (size_t i = 1; i < views.size(); ++i)
    CAF_CHECK(views[i - 1].revision < views[i].revision);
}

CAF_TEST(a place that somebody clears is taken again) {
  member_life a{member(), "a"}, b{member(), "b"};
  CAF_CHECK(eventually([&] { return b.sees("a") && a.door->sure_until_ms() != 0; }));
  auto before = b.views().size();
  server.post("/v3/kv/deleterange",
              R"({"key":")" + etcd::to_base64("/troupe/" + cluster + "/members/a") + "\"}");
  CAF_CHECK(eventually([&] { return b.views().size() >= before + 2 && b.sees("a"); }));
}

CAF_TEST(users and tokens) {
  test::etcd_server own;
  auto post = [&](const std::string& path, const std::string& body) {
    return own.post("/v3/auth/" + path, body);
  };
  post("user/add", R"({"name":"root","password":"r"})");
  post("user/grant", R"({"user":"root","role":"root"})");
  post("user/add", R"({"name":"ada","password":"hush"})");
  post("role/add", R"({"name":"troupe"})");
  post("role/grant", R"({"name":"troupe","perm":{"permType":"READWRITE","key":")" +
                         etcd::to_base64("/troupe/") + R"(","range_end":")" + etcd::to_base64("/troupe0") +
                         "\"}}");
  post("user/grant", R"({"user":"ada","role":"troupe"})");
  post("enable", "{}");
  auto with = options();
  with.endpoints = own.address();
  {
    member_life nobody{open(with), "n"};
    CAF_CHECK(eventually(
        [&] { return code_of(nobody.door->trouble()) == ec::unavailable && nobody.now().revision == 0; }));
  }
  with.user = "ada";
  with.password = secret{"wrong"};
  {
    member_life wrong{open(with), "w"};
    CAF_CHECK(eventually([&] {
      return text_of(wrong.door->trouble()).find("no token for etcd_user ada") != std::string::npos;
    }));
    CAF_CHECK(text_of(wrong.door->trouble()).find("wrong") == std::string::npos);
  }
  with.password = secret{"hush"};
  member_life a{open(with), "a"};
  a.door->claim({1});
  CAF_CHECK(eventually([&] { return a.holder(1) == "a"; }));
  own.kill(); // its tokens are gone with it
  own.start();
  a.door->claim({2});
  CAF_CHECK(eventually([&] { return a.holder(2) == "a" && !a.door->trouble(); }));
}

CAF_TEST_FIXTURE_SCOPE_END()
