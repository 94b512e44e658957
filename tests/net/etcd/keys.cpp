// Keys are read back as they were written, and no others.
#define CAF_SUITE net.etcd.keys
#include <caf/test/unit_test.hpp>
#include <troupe/net/etcd/keys.hpp>

using namespace troupe::etcd;

CAF_TEST(keys are where the documents say) {
  keys blue{"blue"};
  CAF_CHECK_EQUAL(blue.member("n1"), "/troupe/blue/members/n1");
  CAF_CHECK_EQUAL(blue.shard(7), "/troupe/blue/shards/007");
  CAF_CHECK_EQUAL(blue.shard(255), "/troupe/blue/shards/255");
}

CAF_TEST(keys come back) {
  keys blue{"blue"};
  CAF_CHECK(blue.member_in(blue.member("n1")) == "n1");
  for (int number = 0; number < 256; ++number)
    CAF_CHECK(blue.shard_in(blue.shard(static_cast<uint8_t>(number))) == static_cast<uint8_t>(number));
}

CAF_TEST(others are none) {
  keys blue{"blue"};
  for (auto key : {"", "/troupe/blue", "/troupe/blue/", "/troupe/blue/members/", "/troupe/blue/members/a/b",
                   "/troupe/blues/members/a", "/troupe/blue/shards/7", "/troupe/blue/shards/0007",
                   "/troupe/blue/shards/256", "/troupe/blue/shards/-01", "/troupe/blue/shards/00x",
                   "/troupe/red/shards/007"}) {
    CAF_CHECK(!blue.member_in(key));
    CAF_CHECK(!blue.shard_in(key));
  }
  CAF_CHECK(!blue.member_in("/troupe/blue/members/" + std::string(201, 'a')));
}
