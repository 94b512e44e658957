// What one node does about its shards: it claims what it is to own, opens it under a new epoch, gives it up closed, and loses all of it with
// its lease.
#define CAF_SUITE net.cluster.tenure
#include <set>
#include <troupe/net/cluster/tenure.hpp>

#include <caf/test/dsl.hpp>

using namespace troupe;

namespace {

using stage = tenure::stage;
using names = std::vector<std::string>;

constexpr int64_t tick = limits::tenure_tick.count(), retry = limits::tenure_retry.count();

cluster_view view_of(const names& members, uint64_t revision = 1) {
  cluster_view view;
  view.revision = revision;
  for (auto& one : members)
    view.members[one] = {1, false};
  return view;
}

// Node a with all that is around it: whatever it orders happens at once, unless a test wants otherwise.
struct node {
  explicit node(const names& members) : view{view_of(members)} {
    see();
    settle();
  }

  tenure_time time() const {
    return {now, sure_until};
  }
  void see() {
    machine.saw(view, time());
  }
  void change(const std::function<void(cluster_view&)>& how) {
    ++view.revision;
    how(view);
    see();
  }
  tenure_orders due() {
    auto orders = machine.due(time());
    for (auto shard : orders.shut)
      owned.erase(shard);
    for (auto& one : orders.open)
      owned[one.shard] = one.epoch;
    most_coming = std::max(most_coming, orders.claim.size() + orders.raise.size());
    return orders;
  }
  void obey(const tenure_orders& orders) {
    for (auto& all : {orders.close, orders.end})
      for (auto shard : all)
        machine.closed(shard);
    for (auto shard : orders.raise)
      machine.raised(shard, ++epochs[shard]);
    if (orders.claim.empty() && orders.release.empty())
      return;
    change([&](cluster_view& next) {
      for (auto shard : orders.claim)
        if (next.holders[shard].empty())
          next.holders[shard] = "a";
      for (auto shard : orders.release)
        if (next.holders[shard] == "a")
          next.holders[shard].clear();
    });
  }
  // Until nothing is to be done any more.
  void settle() {
    for (int most = 1000; most > 0; --most) {
      auto orders = due();
      if (orders.empty())
        return;
      obey(orders);
    }
    CAF_FAIL("it does not come to rest");
  }
  // As a coordinator that is reached.
  void pass(int64_t ms) {
    now += ms;
    sure_until = now + 4000;
  }
  // What was released is taken by whoever is to own it.
  void others_take() {
    change([&](cluster_view& next) {
      for (size_t shard = 0; shard < limits::shards; ++shard)
        if (auto wanted = wanted_owners(next)[shard]; next.holders[shard].empty() && wanted != "a")
          next.holders[shard] = wanted;
    });
  }
  size_t at(stage where) const {
    size_t found = 0;
    for (unsigned shard = 0; shard < limits::shards; ++shard)
      found += machine.at(static_cast<uint8_t>(shard)) == where;
    return found;
  }
  // One that is open here.
  uint8_t some() const {
    return owned.begin()->first;
  }

  int64_t now = 1000, sure_until = 5000;
  cluster_view view;
  tenure machine{"a"};
  std::map<uint8_t, uint64_t> owned, epochs;
  size_t most_coming = 0;
};

size_t moved(const names& before, const names& after) {
  auto was = wanted_owners(view_of(before)), is = wanted_owners(view_of(after));
  size_t count = 0;
  for (size_t shard = 0; shard < limits::shards; ++shard)
    count += was[shard] != is[shard];
  return count;
}

} // namespace

CAF_TEST(another member moves its share of the shards and hardly more) {
  names members{"a"};
  for (auto more : {"b", "c", "d", "e", "f", "g", "h"}) {
    auto before = members;
    members.emplace_back(more);
    auto share = limits::shards / members.size();
    CAF_CHECK(moved(before, members) <= share + limits::shards / 10);
    CAF_CHECK(moved(before, members) > 0);
    CAF_CHECK_EQUAL(moved(before, members), moved(members, before));
  }
}

CAF_TEST(who drains is to own nothing and keeps all when nobody else is there) {
  auto view = view_of({"a", "b", "c"});
  view.members["b"].draining = true;
  auto wanted = wanted_owners(view);
  CAF_CHECK_EQUAL(std::count(wanted.begin(), wanted.end(), "b"), 0);
  view.holders.fill("b");
  for (auto& [name, one] : view.members)
    one.draining = true;
  CAF_CHECK(wanted_owners(view) == view.holders);
  view.members.erase("b"); // what it held is anybody's again
  wanted = wanted_owners(view);
  CAF_CHECK_EQUAL(std::count(wanted.begin(), wanted.end(), "b"), 0);
  CAF_CHECK_EQUAL(std::count(wanted.begin(), wanted.end(), ""), 0);
}

CAF_TEST(a node ends what an earlier life of it may have left and takes nothing before) {
  tenure machine{"a"};
  machine.saw(view_of({"a"}), {1000, 5000});
  auto orders = machine.due({1000, 5000});
  CAF_CHECK_EQUAL(orders.end.size(), limits::shards);
  CAF_CHECK(orders.claim.empty());
  machine.closed(7);
  CAF_CHECK_EQUAL(machine.due({1000, 5000}).claim, std::vector<uint8_t>{7});
  machine.not_closed(8); // asked again, and not at once
  CAF_CHECK(machine.due({1000, 5000}).end.empty());
  CAF_CHECK_EQUAL(machine.due({1000 + retry, 9000}).end, std::vector<uint8_t>{8});
}

CAF_TEST(one alone takes all shards and some at a time) {
  node alone{{"a"}};
  CAF_CHECK_EQUAL(alone.owned.size(), limits::shards);
  CAF_CHECK_EQUAL(alone.at(stage::open), limits::shards);
  CAF_CHECK_EQUAL(alone.most_coming, limits::shards_moving);
}

CAF_TEST(without a lease nothing is taken) {
  tenure machine{"a"};
  auto view = view_of({"a"});
  view.holders.fill("a");
  machine.saw(view, {1000, 0});
  for (unsigned shard = 0; shard < limits::shards; ++shard)
    machine.closed(static_cast<uint8_t>(shard));
  CAF_CHECK(machine.due({1000, 0}).empty());
  CAF_CHECK(!machine.is_sure());
}

CAF_TEST(what another holds is left to it) {
  node one{{"a", "b"}};
  auto mine = one.owned.size();
  CAF_CHECK(mine > 64 && mine < 192);
  one.change([](cluster_view& view) {
    view.members.erase("b");
    for (auto& holder : view.holders)
      holder = holder.empty() ? "b" : holder;
  });
  one.settle();
  CAF_CHECK_EQUAL(one.owned.size(), mine);
  one.others_take();
  one.change([](cluster_view& view) {
    for (auto& holder : view.holders)
      holder = holder == "b" ? "" : holder;
  });
  one.settle();
  CAF_CHECK_EQUAL(one.owned.size(), limits::shards);
}

CAF_TEST(a claim that nothing comes of is repeated and not at once) {
  tenure machine{"a"};
  for (unsigned shard = 0; shard < limits::shards; ++shard)
    machine.closed(static_cast<uint8_t>(shard));
  machine.saw(view_of({"a"}), {1000, 5000});
  auto first = machine.due({1000, 5000}).claim;
  CAF_CHECK_EQUAL(first.size(), limits::shards_moving);
  CAF_CHECK(machine.due({1000 + retry - 1, 9000}).empty());
  CAF_CHECK_EQUAL(machine.due({1000 + retry, 9000}).claim, first);
  auto lost = view_of({"a", "b"}, 2);
  lost.holders.fill("b");
  machine.saw(lost, {1000 + retry, 9000});
  CAF_CHECK(machine.due({1000 + 2 * retry, 9000}).empty());
  CAF_CHECK(machine.at(first.front()) == stage::absent);
}

CAF_TEST(an epoch that the store did not give is asked for again) {
  node one{{"a"}};
  auto shard = one.some();
  one.machine.deposed(shard);
  one.obey(one.due());
  one.now += retry;
  one.sure_until = one.now + 4000;
  CAF_CHECK_EQUAL(one.due().raise, std::vector<uint8_t>{shard});
  CAF_CHECK(one.due().raise.empty());
  one.now += retry;
  one.sure_until = one.now + 4000;
  CAF_CHECK(one.due().raise.empty()); // it has not said no
  one.machine.raised(shard, make_error(ec::outcome_unknown, "a test"));
  CAF_CHECK_EQUAL(one.due().raise, std::vector<uint8_t>{shard});
  one.machine.raised(shard, make_error(ec::outcome_unknown, "a test"));
  CAF_CHECK(one.due().raise.empty()); // and not at once
  one.pass(retry);
  one.settle();
  CAF_CHECK(one.machine.at(shard) == stage::open);
}

CAF_TEST(shards move closed and some at a time and nobody is left without an owner for long) {
  node one{{"a"}};
  one.change([](cluster_view& view) { view.members["b"] = {1, false}; });
  auto first = one.due();
  CAF_CHECK_EQUAL(first.close.size(), limits::shards_moving);
  CAF_CHECK(first.shut.empty() && first.release.empty());
  CAF_CHECK(one.due().empty()); // they are closed once
  for (auto shard : first.close)
    CAF_CHECK_EQUAL(one.owned.count(shard), 1u); // until nobody is awake, it writes
  one.obey(first);
  auto next = one.due();
  CAF_CHECK(next.shut == first.close && next.release == first.close);
  CAF_CHECK(next.close.empty()); // the next go when these have gone
  one.obey(next);
  CAF_CHECK(one.due().close.empty()); // the other has enough to take
  for (int rounds = 0; rounds < 20; ++rounds) {
    one.others_take();
    one.settle();
  }
  auto wanted = wanted_owners(one.view);
  CAF_CHECK_EQUAL(one.owned.size(), static_cast<size_t>(std::count(wanted.begin(), wanted.end(), "a")));
  CAF_CHECK(one.view.holders == wanted);
}

CAF_TEST(a shard that is wanted again while it falls asleep opens under a new epoch) {
  node one{{"a"}};
  one.change([](cluster_view& view) { view.members["b"] = {1, false}; });
  auto closing = one.due();
  one.change([](cluster_view& view) { view.members.erase("b"); });
  one.obey(closing);
  one.settle();
  CAF_CHECK_EQUAL(one.owned.size(), limits::shards);
  CAF_CHECK_EQUAL(one.owned.at(closing.close.front()), 2u);
}

CAF_TEST(a shard that does not fall asleep is closed at once when its time is over) {
  node one{{"a"}};
  one.change([](cluster_view& view) { view.members["b"] = {1, false}; });
  auto closing = one.due().close;
  one.machine.not_closed(closing.front()); // asked again, and not at once
  CAF_CHECK(one.due().close.empty());
  one.pass(retry);
  CAF_CHECK_EQUAL(one.due().close, std::vector<uint8_t>{closing.front()});
  for (int64_t passed = retry; passed < limits::shard_closing.count(); passed += retry) {
    CAF_CHECK(one.due().end.empty());
    one.pass(retry);
  }
  auto late = one.due();
  CAF_CHECK(late.end == closing && late.shut == closing);
}

CAF_TEST(a lease that is not sure any more takes all with it and in time) {
  node one{{"a"}};
  one.now = one.sure_until - tick - 1;
  CAF_CHECK(one.due().empty());
  ++one.now; // at the next look it would be over
  auto lost = one.due();
  CAF_CHECK_EQUAL(lost.shut.size(), limits::shards);
  CAF_CHECK_EQUAL(lost.end.size(), limits::shards);
  CAF_CHECK(one.owned.empty());
  CAF_CHECK(!one.machine.is_sure());
  one.obey(lost);
  CAF_CHECK(one.due().empty());
}

CAF_TEST(the same lease that is sure again gives the shards back under new epochs) {
  node one{{"a"}};
  one.now = one.sure_until;
  one.obey(one.due());
  one.pass(0);
  CAF_CHECK(one.due().raise.empty()); // what the last view says may be long over
  one.pass(limits::lease_renewal.count());
  one.settle();
  CAF_CHECK_EQUAL(one.owned.size(), limits::shards);
  for (auto& [shard, epoch] : one.owned)
    CAF_CHECK_EQUAL(epoch, 2u);
}

CAF_TEST(a new view gives them back at once) {
  node one{{"a"}};
  one.now = one.sure_until;
  one.obey(one.due());
  one.pass(0);
  one.change([](cluster_view&) {});
  CAF_CHECK_EQUAL(one.due().raise.size(), limits::shards_moving);
}

CAF_TEST(a node that was stopped for longer than its lease has lost its shards though it was renewed since) {
  node one{{"a"}};
  one.pass(6000);
  CAF_CHECK_EQUAL(one.due().shut.size(), limits::shards);
}

CAF_TEST(after a lost lease a coordinator may count anew) {
  node one{{"a"}};
  one.sure_until = 0;
  one.obey(one.due());
  one.view.holders.fill("");
  one.view.revision = 0;
  one.pass(0);
  CAF_CHECK(one.due().empty());
  one.change([](cluster_view&) {});
  CAF_CHECK_EQUAL(one.due().claim.size(), limits::shards_moving);
}

CAF_TEST(a shard that another holds is lost at once) {
  node one{{"a"}};
  auto shard = one.some();
  one.change([&](cluster_view& view) { view.holders[shard] = "b"; });
  auto lost = one.due();
  CAF_CHECK(lost.shut == std::vector<uint8_t>{shard} && lost.end == lost.shut);
  CAF_CHECK_EQUAL(one.owned.size(), limits::shards - 1);
  one.obey(lost);
  one.settle();
  CAF_CHECK(one.machine.at(shard) == stage::absent);
}

CAF_TEST(who was deposed ends the shard and takes it again later if it is still its own) {
  node one{{"a"}};
  auto shard = one.some();
  one.machine.deposed(shard);
  auto lost = one.due();
  CAF_CHECK(lost.shut == std::vector<uint8_t>{shard} && lost.end == lost.shut);
  one.obey(lost);
  CAF_CHECK(one.due().empty());
  one.pass(retry);
  one.settle();
  CAF_CHECK_EQUAL(one.owned.at(shard), 2u);
}

CAF_TEST(an epoch that comes too late opens nothing) {
  node one{{"a"}};
  auto shard = one.some();
  one.machine.deposed(shard);
  one.obey(one.due());
  one.pass(retry);
  CAF_CHECK_EQUAL(one.due().raise.size(), 1u);
  one.now = one.sure_until; // and meanwhile the lease is over
  one.obey(one.due());
  one.machine.raised(shard, 7);
  one.pass(0);
  one.change([](cluster_view&) {});
  one.settle();
  CAF_CHECK(one.owned.at(shard) != 7);
}

CAF_TEST(an older view changes nothing) {
  node one{{"a"}};
  auto old = view_of({"a", "b"}, 1);
  one.machine.saw(old, one.time());
  CAF_CHECK(one.due().empty());
  CAF_CHECK_EQUAL(one.owned.size(), limits::shards);
}

CAF_TEST(a node that drains gives all away and keeps it if it is the last) {
  node one{{"a"}};
  one.change([](cluster_view& view) { view.members["a"].draining = true; });
  CAF_CHECK(one.due().empty());
  one.change([](cluster_view& view) { view.members["b"] = {1, false}; });
  for (int rounds = 0; rounds < 40; ++rounds) {
    one.settle();
    one.others_take();
  }
  CAF_CHECK(one.owned.empty());
  one.change([](cluster_view& view) {
    view.members.erase("b");
    view.holders.fill("");
  });
  one.settle();
  CAF_CHECK_EQUAL(one.owned.size(), limits::shards);
}
