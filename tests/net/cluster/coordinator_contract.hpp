// What every coordinator promises, as tests. The including file defines CAF_SUITE and, before, a fixture `subject` with
//   std::shared_ptr<coordinator> member();       one that has not joined yet; all of a test are in one cluster, nobody else is
//   std::shared_ptr<coordinator> silent();       likewise, but its lease is never renewed
//   bool eventually(std::function<bool()> holds);  lets time pass until it holds; false if it does not for several leases
//   int64_t now_ms();                            the steady clock of sure_until_ms()
//   std::chrono::milliseconds lease, slack;      what stands for those of limits:: here
#pragma once

#include <algorithm>
#include <caf/test/unit_test.hpp>
#include <memory>
#include <mutex>
#include <numeric>
#include <troupe/net/cluster/coordinator.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe::contract {

/// One member, and all that it hears.
class member_life {
public:
  member_life(std::shared_ptr<coordinator> through, std::string name, presence as = {1, false})
      : door{std::move(through)}, name_{std::move(name)} {
    door->join(name_, as, [told = told_](const cluster_view& now) {
      std::lock_guard lock{told->mutex};
      told->views.push_back(now);
    });
  }

  /// The newest view; an empty one if there is none.
  cluster_view now() const {
    std::lock_guard lock{told_->mutex};
    return told_->views.empty() ? cluster_view{} : told_->views.back();
  }
  /// All views so far.
  std::vector<cluster_view> views() const {
    std::lock_guard lock{told_->mutex};
    return told_->views;
  }
  /// Does it see that member?
  bool sees(const std::string& name) const {
    return now().members.contains(name);
  }
  bool sees(const std::string& name, const presence& as) const {
    auto view = now();
    auto found = view.members.find(name);
    return found != view.members.end() && found->second == as;
  }
  /// Who holds a shard as far as it knows.
  std::string holder(uint8_t shard) const {
    return now().holders[shard];
  }
  /// How many shards that member holds as far as it knows.
  size_t holdings(const std::string& name) const {
    auto view = now();
    return static_cast<size_t>(std::count(view.holders.begin(), view.holders.end(), name));
  }

  const std::shared_ptr<coordinator> door;

private:
  struct heard {
    std::mutex mutex;
    std::vector<cluster_view> views;
  };
  std::string name_;
  std::shared_ptr<heard> told_ = std::make_shared<heard>();
};

/// The numbers of all shards.
inline std::vector<uint8_t> all_shards() {
  std::vector<uint8_t> all(limits::shards);
  std::iota(all.begin(), all.end(), uint8_t{0});
  return all;
}

} // namespace troupe::contract

CAF_TEST_FIXTURE_SCOPE(coordinator_contract, subject)

using namespace troupe;
using namespace troupe::contract;

CAF_TEST(members see each other and what each says of itself) {
  member_life a{member(), "a", {3, false}};
  member_life b{member(), "b", {7, true}};
  for (auto* one : {&a, &b}) {
    CAF_CHECK(eventually([&] { return one->sees("a", {3, false}) && one->sees("b", {7, true}); }));
    CAF_CHECK_EQUAL(one->now().members.size(), 2u);
  }
  CAF_CHECK(eventually([&] { return !a.door->trouble() && !b.door->trouble(); }));
}

CAF_TEST(what a member says anew is heard and it keeps what it holds) {
  member_life a{member(), "a"}, b{member(), "b"};
  a.door->claim({5});
  CAF_CHECK(eventually([&] { return b.holder(5) == "a"; }));
  a.door->announce({1, true});
  CAF_CHECK(eventually([&] { return b.sees("a", {1, true}); }));
  CAF_CHECK_EQUAL(b.holder(5), "a");
}

CAF_TEST(a shard has one holder until that one releases it) {
  member_life a{member(), "a"}, b{member(), "b"};
  a.door->claim({0, 17, 255});
  CAF_CHECK(eventually([&] { return a.holdings("a") == 3 && b.holdings("a") == 3; }));
  CAF_CHECK_EQUAL(b.holder(255), "a");
  b.door->claim({17, 18});
  CAF_CHECK(eventually([&] { return b.holder(18) == "b"; }));
  CAF_CHECK_EQUAL(b.holder(17), "a");
  a.door->release({17});
  CAF_CHECK(eventually([&] { return b.holder(17).empty(); }));
  b.door->claim({17});
  CAF_CHECK(eventually([&] { return a.holder(17) == "b"; }));
  CAF_CHECK_EQUAL(a.holdings("a"), 2u);
}

CAF_TEST(nobody releases what another holds) {
  member_life a{member(), "a"}, b{member(), "b"};
  a.door->claim({1});
  CAF_CHECK(eventually([&] { return b.holder(1) == "a"; }));
  b.door->release({1, 2});
  b.door->claim({3}); // comes after it
  CAF_CHECK(eventually([&] { return b.holder(3) == "b"; }));
  CAF_CHECK_EQUAL(b.holder(1), "a");
}

CAF_TEST(a claim taken back and a release taken back do not count) {
  member_life a{member(), "a"};
  a.door->claim({1, 2});
  CAF_CHECK(eventually([&] { return a.holdings("a") == 2; }));
  a.door->claim({3});
  a.door->release({3});
  a.door->release({2});
  a.door->claim({2});
  a.door->claim({4}); // comes after them
  CAF_CHECK(eventually([&] { return a.holder(4) == "a" && a.holder(2) == "a" && a.holder(3).empty(); }));
}

CAF_TEST(all shards can be claimed at once and claims may come before the lease) {
  auto door = member();
  member_life a{door, "a"};
  a.door->claim(all_shards());
  CAF_CHECK(eventually([&] { return a.holdings("a") == limits::shards; }));
  a.door->claim(all_shards()); // again: no harm
  a.door->release(all_shards());
  a.door->release(all_shards());
  CAF_CHECK(eventually([&] { return a.holdings("a") == 0 && a.sees("a"); }));
}

CAF_TEST(of two who claim the same shards each gets what the other does not ) {
  member_life a{member(), "a"}, b{member(), "b"};
  CAF_CHECK(eventually([&] { return a.sees("b") && b.sees("a"); }));
  a.door->claim(all_shards());
  b.door->claim(all_shards());
  CAF_CHECK(eventually([&] {
    return a.holdings("a") + a.holdings("b") == limits::shards && b.now().holders == a.now().holders;
  }));
}

CAF_TEST(who leaves is gone with all that it holds) {
  member_life a{member(), "a"}, b{member(), "b"};
  a.door->claim({1, 2, 3});
  CAF_CHECK(eventually([&] { return b.holdings("a") == 3; }));
  a.door->leave();
  CAF_CHECK_EQUAL(a.door->sure_until_ms(), 0);
  CAF_CHECK(eventually([&] { return !b.sees("a") && b.holdings("a") == 0; }));
  for (auto& view : b.views()) // never the one without the other
    if (std::count(view.holders.begin(), view.holders.end(), "a") > 0)
      CAF_CHECK(view.members.contains("a"));
}

CAF_TEST(a coordinator that goes away leaves) {
  member_life b{member(), "b"};
  {
    member_life a{member(), "a"};
    CAF_CHECK(eventually([&] { return b.sees("a"); }));
  }
  CAF_CHECK(eventually([&] { return !b.sees("a"); }));
}

CAF_TEST(a lease that nobody renews ends with all that is held and others take it) {
  member_life b{member(), "b"};
  member_life a{silent(), "a"};
  CAF_CHECK(eventually([&] { return a.door->sure_until_ms() > 0; }));
  auto sure = a.door->sure_until_ms();
  a.door->claim({9});
  CAF_CHECK(eventually([&] { return b.holder(9) == "a"; }));
  CAF_CHECK(eventually([&] { return b.holder(9).empty() && !b.sees("a"); }));
  CAF_CHECK(now_ms() >= sure); // it knew before
  b.door->claim({9});
  CAF_CHECK(eventually([&] { return b.holder(9) == "b"; }));
}

CAF_TEST(a lease is sure for a while and longer with each renewal) {
  auto door = member();
  CAF_CHECK_EQUAL(door->sure_until_ms(), 0);
  auto before = now_ms();
  member_life a{door, "a"};
  CAF_CHECK(eventually([&] { return door->sure_until_ms() != 0; }));
  auto first = door->sure_until_ms();
  CAF_CHECK(first >= before + (lease - slack).count());
  CAF_CHECK(first <= now_ms() + (lease - slack).count());
  CAF_CHECK(eventually([&] { return door->sure_until_ms() > first; }));
  CAF_CHECK(door->sure_until_ms() <= now_ms() + (lease - slack).count());
}

CAF_TEST(a later life replaces the one before and all that it held) {
  member_life old{member(), "a", {1, false}};
  member_life b{member(), "b"};
  old.door->claim({4});
  CAF_CHECK(eventually([&] { return b.holder(4) == "a"; }));
  member_life fresh{member(), "a", {2, false}};
  CAF_CHECK(eventually([&] { return b.sees("a", {2, false}) && b.holder(4).empty(); }));
  CAF_CHECK(eventually([&] { return old.door->sure_until_ms() == 0; }));
  CAF_CHECK(eventually([&] { return code_of(old.door->trouble()) == ec::unavailable; }));
  old.door->claim({4}); // for nothing
  fresh.door->claim({6});
  CAF_CHECK(eventually([&] { return b.holder(6) == "a"; }));
  old.door->leave();
  b.door->claim({4});
  CAF_CHECK(eventually([&] { return b.holder(4) == "b"; }));
  CAF_CHECK(b.sees("a", {2, false}));
  CAF_CHECK_EQUAL(b.holder(6), "a");
  CAF_CHECK(!fresh.door->trouble());
}

CAF_TEST(a life before does not replace the later one) {
  member_life fresh{member(), "a", {2, false}};
  CAF_CHECK(eventually([&] { return fresh.sees("a", {2, false}); }));
  member_life old{member(), "a", {1, false}};
  CAF_CHECK(eventually([&] { return code_of(old.door->trouble()) == ec::unavailable && old.sees("a"); }));
  CAF_CHECK_EQUAL(old.door->sure_until_ms(), 0);
  CAF_CHECK(old.sees("a", {2, false}));
  fresh.door->leave(); // then there is room
  CAF_CHECK(eventually([&] { return old.sees("a", {1, false}) && old.door->sure_until_ms() != 0; }));
}

CAF_TEST(views never go back) {
  member_life a{member(), "a"}, b{member(), "b"};
  for (uint8_t shard = 0; shard < 20; ++shard)
    (shard % 2 == 0 ? a : b).door->claim({shard});
  CAF_CHECK(eventually([&] { return a.holdings("a") == 10 && a.holdings("b") == 10; }));
  auto views = a.views();
  for (size_t i = 1; i < views.size(); ++i)
    CAF_CHECK(views[i - 1].revision < views[i].revision);
  CAF_CHECK(views.front().revision > 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
