// Addresses of an etcd are read, those that would be listened to are refused; and endpoints take turns.
#define CAF_SUITE net.etcd.endpoints
#include <caf/test/unit_test.hpp>
#include <troupe/net/etcd/endpoints.hpp>
#include <troupe/net/etcd/etcd_limits.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;
using namespace troupe::etcd;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

std::string complaint(std::string_view about) {
  auto read = parse_endpoints(about);
  return read ? "none" : describe(read.error());
}

} // namespace

CAF_TEST(addresses are read) {
  auto read = parse_endpoints(" http://127.0.0.1:2379/  https://etcd-1.example:2379\thttp://[::1]:1 "
                              "http://localhost:65535 http://127.0.0.1:2379");
  CAF_REQUIRE(read);
  CAF_CHECK(*read == (texts{"http://127.0.0.1:2379", "https://etcd-1.example:2379", "http://[::1]:1",
                            "http://localhost:65535"}));
}

CAF_TEST(what is no address is refused with what to say) {
  CAF_CHECK(complaint("").starts_with("invalid_argument"));
  for (auto text : {"etcd:2379", "ftp://a:1", "127.0.0.1"})
    CAF_CHECK(complaint(text).find("neither http://HOST:PORT nor https://HOST:PORT") != std::string::npos);
  for (auto text :
       {"https://a", "https://a:", "https://a:0", "https://a:99999", "https://a:1x", "https://a:1?x"})
    CAF_CHECK(complaint(text).find("a port is missing") != std::string::npos);
  for (auto text : {"https://a/b:1", "https://:1", "https://[x]:1", "https://a#b:1"})
    CAF_CHECK(complaint(text).find("no host name") != std::string::npos);
  std::string many;
  for (size_t i = 0; i <= limits::etcd_endpoints; ++i)
    many += "https://h" + std::to_string(i) + ":1 ";
  CAF_CHECK(complaint(many).find("from 1 to 16 are allowed") != std::string::npos);
}

CAF_TEST(http leads nowhere but to this machine) {
  for (auto text : {"http://etcd-1.example:2379", "http://10.0.0.1:2379", "http://127.0.0.1.example:1",
                    "http://127.example:1", "http://[::2]:1", "http://localhost.example:1"}) {
    CAF_CHECK(complaint(text).starts_with("invalid_argument"));
    CAF_CHECK(complaint(text).find("over https only: give it a certificate, say https://") !=
              std::string::npos);
  }
}

CAF_TEST(a password in an address is not shown) {
  for (auto text : {"https://root:hush@a:1", "http://root:hush@127.0.0.1:1", "root:hush@a"}) {
    CAF_CHECK(complaint(text).find("say etcd_user and etcd_password_file") != std::string::npos);
    CAF_CHECK(complaint(text).find("hush") == std::string::npos);
  }
}

CAF_TEST(the next endpoint is asked at once and all of them after a pause that grows) {
  turns two{2};
  CAF_CHECK_EQUAL(two.at(), 0u);
  two.failed();
  CAF_CHECK_EQUAL(two.at(), 1u);
  CAF_CHECK(!two.all_failed());
  CAF_CHECK(two.pause() == 0ms);
  two.answered();
  CAF_CHECK_EQUAL(two.at(), 1u); // it stays with the one that answers
  two.failed();
  two.failed();
  CAF_CHECK(two.all_failed());
  CAF_CHECK(two.pause() == 50ms);
  two.failed();
  CAF_CHECK(two.pause() == 100ms);
  for (int i = 0; i < 100; ++i)
    two.failed();
  CAF_CHECK(two.pause() == 500ms);
  two.answered();
  CAF_CHECK(two.pause() == 0ms);
}
