// Five nodes without anything but their tenures: whatever is lost, comes twice or late, whoever is cut off, stands still or dies, no shard is
// open on two nodes that move, no epoch is written by two, and when all is well again all agree, within seconds. TROUPE_TENURE_SEEDS=1000 makes it as many
// stories.
#define CAF_SUITE journey.moving_shards
#include <cstdlib>
#include <tests/support/simulated_coordinator.hpp>
#include <troupe/net/cluster/tenure.hpp>
#include <troupe/persistence/memory_store.hpp>

#include <caf/test/dsl.hpp>

using namespace troupe;

namespace {

using milliseconds = std::chrono::milliseconds;

uint64_t how_many() {
  auto* wanted = std::getenv("TROUPE_TENURE_SEEDS");
  return wanted ? static_cast<uint64_t>(std::atoll(wanted)) : 4;
}

struct small_world {
  struct node {
    std::string name;
    std::shared_ptr<coordinator> leases;
    std::optional<tenure> machine;
    std::optional<cluster_view> news;
    std::map<uint8_t, uint64_t> open;
    std::multimap<int64_t, std::function<void(node&)>> later; // what store and shard host have not said yet
    uint64_t lives = 0;
    int64_t frozen_until = 0, clock = 0; // the clock it has seen last: a node that stands still sees none
    bool draining = false;
  };

  small_world(size_t count, uint64_t seed) : chance{seed}, service{seed} {
    service.lost = 10;
    service.twice = 10;
    nodes.resize(count);
    for (size_t i = 0; i < count; ++i) {
      nodes[i].name = std::string(1, static_cast<char>('a' + i));
      start(nodes[i]);
    }
  }
  ~small_world() {
    for (auto& one : nodes)
      one.leases.reset();
  }

  uint64_t pick(uint64_t below) {
    return chance() % below;
  }

  void start(node& one) {
    one.machine.emplace(one.name);
    one.clock = now;
    one.leases = service.speak([&one] { return one.clock; });
    one.leases->join(one.name, {++one.lives, one.draining},
                     [&one](const cluster_view& view) { one.news = view; });
  }
  void crash(node& one) {
    service.crash(one.name);
    one.leases.reset();
    one.machine.reset();
    one.news.reset();
    one.open.clear();
    one.later.clear();
    one.frozen_until = 0;
    service.thaw(one.name);
  }

  void work(node& one) {
    tenure_time at{one.clock, one.leases->sure_until_ms()};
    if (auto news = std::exchange(one.news, {}))
      one.machine->saw(*news, at);
    while (!one.later.empty() && one.later.begin()->first <= now) {
      auto act = std::move(one.later.begin()->second);
      one.later.erase(one.later.begin());
      act(one);
    }
    auto orders = one.machine->due(at);
    auto soon = [&](std::function<void(node&)> act) {
      one.later.emplace(now + static_cast<int64_t>(pick(60)), std::move(act));
    };
    for (auto shard : orders.shut)
      one.open.erase(shard);
    for (auto& all : {orders.close, orders.end})
      for (auto shard : all)
        soon([shard, lost = pick(10) == 0](node& later) {
          lost ? later.machine->not_closed(shard) : later.machine->closed(shard);
        });
    for (auto& opened : orders.open)
      one.open[opened.shard] = opened.epoch;
    if (!orders.claim.empty())
      one.leases->claim(orders.claim);
    if (!orders.release.empty())
      one.leases->release(orders.release);
    for (auto shard : orders.raise)
      soon([this, shard](node& later) {
        if (pick(10) == 0)
          return later.machine->raised(shard, make_error(ec::outcome_unknown, "a test"));
        later.machine->raised(shard, rows->raise_epoch(shard));
      });
    most_leaving = std::max(most_leaving, orders.close.size());
  }

  // What each node writes: only under the newest epoch it gets through, and nobody else has that.
  void write(node& one) {
    for (auto [shard, epoch] : std::map{one.open}) {
      if (pick(20) != 0)
        continue;
      auto failed = rows->write({{space::index, std::string{"x"} + static_cast<char>(shard), one.name}},
                                {{shard, epoch}});
      if (!failed)
        written[{shard, epoch}].insert(one.name);
      else if (code_of(failed) == ec::stale)
        one.machine->deposed(shard);
      else
        CAF_ERROR(describe(failed));
    }
  }

  // Nobody who moves has what another has, whether it is under the newest epoch or not; who stands still may, for the store refuses it.
  void check() {
    std::map<uint8_t, std::string> owners;
    for (auto& one : nodes) {
      if (!one.machine || one.frozen_until > now)
        continue;
      for (auto& [shard, epoch] : one.open)
        if (auto [other, is_new] = owners.emplace(shard, one.name); !is_new)
          CAF_ERROR("shard " << int{shard} << " is open on " << one.name << " and " << other->second);
      if (!one.open.empty() && one.leases->sure_until_ms() <= one.clock)
        CAF_ERROR(one.name << " owns " << one.open.size() << " shards without a sure lease");
    }
  }

  void pass(milliseconds time) {
    for (auto until = now + time.count(); now < until;) {
      now += 20;
      service.advance(milliseconds{20});
      for (auto& one : nodes) {
        if (!one.machine || one.frozen_until > now)
          continue;
        service.thaw(one.name);
        one.clock = now;
        work(one);
        write(one);
      }
      check();
    }
  }

  void befall() {
    auto& one = nodes[pick(nodes.size())];
    switch (pick(8)) {
    case 0:
      service.cut(one.name);
      break;
    case 1:
      if (one.machine) {
        one.frozen_until = now + static_cast<int64_t>(pick(12'000));
        service.freeze(one.name);
      }
      break;
    case 2:
      crash(one);
      break;
    case 3:
      if (!one.machine)
        start(one);
      break;
    case 4:
      if (one.machine)
        one.leases->announce({one.lives, one.draining = !one.draining});
      break;
    case 5:
    case 6:
      service.heal();
      break;
    default:
      break;
    }
  }

  void be_well() {
    service.heal();
    for (auto& one : nodes) {
      one.frozen_until = 0;
      if (!one.machine)
        start(one);
      one.leases->announce({one.lives, one.draining = false});
    }
  }

  // Whether each shard is open where it is to be, and nowhere else.
  bool agree() const {
    auto wanted = wanted_owners(service.truth());
    size_t open = 0;
    for (auto& one : nodes)
      for (auto& [shard, epoch] : one.open) {
        ++open;
        if (wanted[shard] != one.name)
          return false;
      }
    return service.truth().members.size() == nodes.size() && open == limits::shards;
  }

  std::mt19937_64 chance;
  simulated_coordinator service;
  std::shared_ptr<memory_store> rows = open_memory();
  std::vector<node> nodes;
  std::map<std::pair<uint8_t, uint64_t>, std::set<std::string>> written;
  int64_t now = 0;
  size_t most_leaving = 0;
};

} // namespace

CAF_TEST(whatever befalls nodes no shard has two owners and soon all agree) {
  int64_t longest = 0;
  size_t most_epochs = 0;
  for (uint64_t seed = 1; seed <= how_many(); ++seed) {
    small_world many{5, seed};
    for (int round = 0; round < 40; ++round) {
      many.befall();
      many.pass(milliseconds{many.pick(3000)});
    }
    many.be_well();
    auto begun = many.now;
    while (!many.agree() && many.now < begun + 60'000)
      many.pass(milliseconds{100});
    longest = std::max(longest, many.now - begun);
    if (many.now - begun > 10'000)
      CAF_ERROR("seed " << seed << ": they agree after " << many.now - begun << " ms");
    for (auto& [key, who] : many.written)
      if (who.size() > 1)
        CAF_ERROR("seed " << seed << ": shard " << int{key.first} << ", epoch " << key.second
                          << " was written by two");
    CAF_CHECK(many.most_leaving <= limits::shards_moving);
    most_epochs = std::max(most_epochs, many.written.size());
  }
  CAF_MESSAGE("they agreed within " << longest << " ms; " << most_epochs << " epochs at most");
  CAF_CHECK(most_epochs > 2 * limits::shards);
}

CAF_TEST(the shards of a node that dies are open elsewhere within two leases) {
  small_world many{3, 7};
  many.service.lost = many.service.twice = 0;
  many.pass(milliseconds{8000});
  CAF_REQUIRE(many.agree());
  auto held = many.nodes[1].open;
  many.crash(many.nodes[1]);
  auto begun = many.now;
  auto taken = [&] { return many.nodes[0].open.size() + many.nodes[2].open.size() == limits::shards; };
  while (!taken() && many.now < begun + 60'000)
    many.pass(milliseconds{100});
  CAF_CHECK(many.now - begun <= 2 * limits::lease.count());
  for (auto& [shard, epoch] : held)
    for (auto i : {0, 2})
      if (auto now = many.nodes[static_cast<size_t>(i)].open.find(shard);
          now != many.nodes[static_cast<size_t>(i)].open.end())
        CAF_CHECK(now->second > epoch);
}

CAF_TEST(a member that is cut off for less than its lease keeps its shards and their epochs) {
  small_world many{3, 7};
  many.service.lost = many.service.twice = 0;
  many.pass(milliseconds{8000});
  auto held = many.nodes[1].open;
  many.service.cut("b");
  many.pass(milliseconds{1500});
  many.service.heal();
  many.pass(milliseconds{8000});
  CAF_CHECK(many.nodes[1].open == held);
}
