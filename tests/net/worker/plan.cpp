// Where a node listens for workers: off loopback never without certificates, and never for nobody.
#define CAF_SUITE net.worker.plan
#include <caf/test/unit_test.hpp>
#include <troupe/net/worker/plan.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

config on(const std::string& address) {
  config settings;
  settings.worker_api.address = address;
  return settings;
}

config with_files(const std::string& address, const std::string& principals) {
  auto settings = on(address);
  settings.worker_api.certificate = "node.pem";
  settings.worker_api.key = "node.key";
  settings.worker_api.authority = "ca.pem";
  settings.worker_api.principals = principals;
  return settings;
}

std::string refusal(const config& settings) {
  auto plan = plan_workers(settings);
  return plan ? "accepted" : text_of(plan.error());
}

} // namespace

CAF_TEST(by default a node does not listen for workers) {
  auto plan = plan_workers(config{});
  CAF_REQUIRE(plan);
  CAF_CHECK(!*plan);
}

CAF_TEST(on loopback tokens are enough) {
  for (auto address : {"127.0.0.1:7900", "localhost:0", "[::1]:7900", "127.1.2.3:1"}) {
    auto plan = plan_workers(on(address));
    CAF_REQUIRE(plan && *plan);
    CAF_CHECK_EQUAL((*plan)->address, address);
    CAF_CHECK(!(*plan)->files);
    CAF_CHECK_EQUAL((*plan)->lease.count(), 15'000);
  }
}

CAF_TEST(off loopback certificates are needed and somebody who may work) {
  for (auto address :
       {"0.0.0.0:7900", "10.0.0.1:7900", "[::]:7900", "127.evil.example:7900", "node.example:1"})
    CAF_CHECK(refusal(on(address)).find("is not loopback, so certificate, key and authority are needed") !=
              std::string::npos);
  auto plan = plan_workers(with_files("0.0.0.0:7900", "spiffe://prod/a; spiffe://prod/b"));
  CAF_REQUIRE(plan && *plan);
  CAF_CHECK((*plan)->principals == std::set<std::string>({"spiffe://prod/a", "spiffe://prod/b"}));
  CAF_CHECK_EQUAL((*plan)->files.value().authority, "ca.pem");
  CAF_CHECK_EQUAL(refusal(with_files("0.0.0.0:7900", " ")),
                  "[worker_api] principals: with certificates, name the URIs of those that may work");
}

CAF_TEST(what does not fit together is refused with a reason) {
  CAF_CHECK_EQUAL(refusal(on("7900")), "[worker_api] address: '7900' is no HOST:PORT");
  CAF_CHECK_EQUAL(refusal(on("localhost:http")), "[worker_api] address: 'localhost:http' is no HOST:PORT");
  auto half = with_files("127.0.0.1:1", "uri:a");
  half.worker_api.key = "";
  CAF_CHECK_EQUAL(refusal(half),
                  "[worker_api] certificate, key and authority belong together: give all three or none");
  CAF_CHECK_EQUAL(refusal(with_files("127.0.0.1:1", "uri:a;;uri:b")),
                  "[worker_api] principals: '' is no URI");
  auto plain = on("127.0.0.1:1");
  plain.worker_api.principals = "uri:a";
  CAF_CHECK_EQUAL(refusal(plain), "[worker_api] principals are of certificates, and there are none");
}
