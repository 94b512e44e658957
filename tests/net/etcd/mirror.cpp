// The copy of a cluster follows what etcd tells, once, forward, and back to the truth after a gap.
#define CAF_SUITE net.etcd.mirror
#include <caf/test/unit_test.hpp>
#include <troupe/net/etcd/mirror.hpp>

using namespace troupe;
using namespace troupe::etcd;

namespace {

struct glass {
  mirror copy{keys{"blue"}};
  keys names{"blue"};

  change put(const std::string& key, const std::string& value, int64_t at) const {
    return {false, {key, value, at, at, 7}};
  }
  change gone(const std::string& key, int64_t at) const {
    return {true, {key, {}, 0, at, 0}};
  }
  change member(const std::string& name, int64_t at, presence as = {1, false}) const {
    return put(names.member(name), presence_text(as), at);
  }
  change shard(uint8_t number, const std::string& holder, int64_t at) const {
    return put(names.shard(number), holder, at);
  }
  bool read(int64_t revision, const std::vector<change>& rows) {
    range_answer all{revision, false, {}};
    for (auto& one : rows)
      all.rows.push_back(one.now);
    return copy.replace(all);
  }
  bool told(std::vector<change> changes) {
    return copy.apply({std::move(changes), {}});
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(mirror_tests, glass)

CAF_TEST(the first view is one even of nothing) {
  CAF_CHECK(read(1, {}));
  CAF_CHECK_EQUAL(copy.view().revision, 1u);
  CAF_CHECK(!read(5, {})); // nothing is new
  CAF_CHECK_EQUAL(copy.revision(), 5);
  CAF_CHECK_EQUAL(copy.view().revision, 1u);
}

CAF_TEST(what was read and what is told afterwards is seen) {
  CAF_CHECK(read(9, {member("a", 3), shard(4, "a", 5)}));
  CAF_CHECK_EQUAL(copy.view().revision, 9u);
  CAF_CHECK(copy.view().members.at("a") == (presence{1, false}));
  CAF_CHECK_EQUAL(copy.view().holders[4], "a");
  CAF_CHECK(told({member("b", 10, {2, true}), shard(5, "b", 11)}));
  CAF_CHECK_EQUAL(copy.view().revision, 11u);
  CAF_CHECK(copy.view().members.at("b") == (presence{2, true}));
  CAF_CHECK(told({gone(names.shard(4), 12), gone(names.member("a"), 12)}));
  CAF_CHECK(copy.view().holders[4].empty());
  CAF_CHECK(!copy.view().members.contains("a"));
  CAF_CHECK_EQUAL(copy.revision(), 12);
}

CAF_TEST(what is known already is passed over) {
  read(9, {shard(4, "a", 5)});
  CAF_CHECK(!told({gone(names.shard(4), 4), shard(4, "b", 9)}));
  CAF_CHECK_EQUAL(copy.view().holders[4], "a");
  CAF_CHECK_EQUAL(copy.revision(), 9);
  CAF_CHECK(told({shard(4, "b", 10), shard(5, "b", 10)})); // two of one revision
  CAF_CHECK_EQUAL(copy.view().holders[5], "b");
}

CAF_TEST(after a gap a read says what there is) {
  read(9, {member("a", 3), shard(4, "a", 5)});
  CAF_CHECK(read(20, {member("b", 18)}));
  CAF_CHECK(copy.view().holders[4].empty());
  CAF_CHECK_EQUAL(copy.view().members.size(), 1u);
  CAF_CHECK_EQUAL(copy.view().revision, 20u);
}

CAF_TEST(views go forward when etcd has been set back) {
  read(9, {member("a", 3)});
  CAF_CHECK(read(2, {member("b", 2)}));
  CAF_CHECK_EQUAL(copy.view().revision, 10u);
  CAF_CHECK_EQUAL(copy.revision(), 2); // there the watch goes on
  CAF_CHECK(told({member("c", 3)}));
  CAF_CHECK_EQUAL(copy.view().revision, 11u);
}

CAF_TEST(what it cannot read is not there) {
  CAF_CHECK(read(9, {member("a", 3), put(names.member("b"), "garbage", 4), put("/troupe/blue/else", "x", 5),
                     put("/troupe/blue/shards/900", "x", 6), shard(1, std::string(300, 'x'), 7)}));
  CAF_CHECK_EQUAL(copy.view().members.size(), 1u);
  CAF_CHECK(copy.view().holders[1].empty());
  CAF_CHECK(told({put(names.member("a"), "[]", 10)}));
  CAF_CHECK(copy.view().members.empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
