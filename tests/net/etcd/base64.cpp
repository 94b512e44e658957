// Bytes come back from base64, and what is none is refused.
#define CAF_SUITE net.etcd.base64
#include <caf/test/unit_test.hpp>
#include <troupe/net/etcd/base64.hpp>

using namespace troupe::etcd;

CAF_TEST(bytes come back) {
  CAF_CHECK_EQUAL(to_base64("/troupe/x/members/a"), "L3Ryb3VwZS94L21lbWJlcnMvYQ=="); // as etcd 3.4 shows it
  for (std::string bytes :
       {std::string{}, std::string{"a"}, std::string{"\0\xff", 2}, std::string(1000, '\x7f')})
    CAF_CHECK(from_base64(to_base64(bytes)) == bytes);
}

CAF_TEST(what is none is refused) {
  for (auto text : {"a", "ab", "====", "L3Ry b3Vw", "L3Ryb3V-", "\n"})
    CAF_CHECK(!from_base64(text));
}
