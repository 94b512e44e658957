// What a tenure wants is done: epochs come from the store, the shard host and the timers hear, the route and the journal know.
#define CAF_SUITE net.cluster.tenure_keeper
#include <tests/support/life.hpp>
#include <tests/support/simulated_coordinator.hpp>
#include <troupe/net/cluster/tenure_keeper.hpp>
#include <troupe/runtime/proto/tenure.pb.h>

#include <caf/test/dsl.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

// A node with nothing but a keeper, and a shard host and timers that only listen.
struct keeping {
  keeping() {
    parts.epochs = std::make_shared<shard_epochs>();
    parts.inbox = std::make_shared<tenure_inbox>();
    parts.whose = std::make_shared<holdings>("a", "s1");
    node.emplace(rows, time, 1, [this](caf::scheduled_actor* root, doors_ptr outside) {
      auto host = root->spawn([this](caf::event_based_actor* self) -> caf::behavior {
        house_rules(self);
        return {[this](const CloseShards& wanted) -> caf::result<Done> {
          closings.push_back(wanted);
          if (deaf)
            return make_error(ec::unavailable, "a test");
          return Done{};
        }};
      });
      auto timers = root->spawn([this](caf::event_based_actor* self) -> caf::behavior {
        house_rules(self);
        return {[this](const ShardsChanged& what) { changes.push_back(what); },
                [this](const Redeliver&) { ++redelivered; }};
      });
      outside->names->put(std::string{services::shard_host}, caf::actor_cast<caf::actor>(host));
      outside->names->put(std::string{services::timers}, caf::actor_cast<caf::actor>(timers));
      parts.leases = service.speak([this] { return time->elapsed_us() / 1000; });
      join("a", *parts.leases);
      keeper = caf::actor_cast<caf::actor>(spawn_tenure(root, outside, parts));
    });
  }
  ~keeping() {
    keeper = nullptr;
    node.reset();
    others.clear();
    parts.leases.reset();
  }

  void join(const std::string& name, coordinator& leases) {
    leases.join(name, {1, false}, [this, name](const cluster_view& now) {
      if (name == "a")
        parts.inbox->saw(now);
    });
  }
  // Another member, which takes what it is given.
  void meet(const std::string& name) {
    auto& one = *others.emplace_back(service.speak([this] { return time->elapsed_us() / 1000; }));
    one.join(name, {1, false}, [this, &one, name](const cluster_view& now) {
      auto wanted = wanted_owners(now);
      std::vector<uint8_t> mine;
      for (unsigned shard = 0; shard < limits::shards; ++shard)
        if (now.holders[shard].empty() && wanted[shard] == name)
          mine.push_back(static_cast<uint8_t>(shard));
      if (!mine.empty())
        one.claim(mine);
    });
  }
  void pass(std::chrono::milliseconds time_ms) {
    for (auto passed = 0ms; passed < time_ms; passed += 10ms) {
      node->advance(10ms);
      service.advance(10ms);
      node->settle();
    }
  }
  size_t open() const {
    size_t count = 0;
    for (unsigned shard = 0; shard < limits::shards; ++shard) {
      auto epoch = parts.epochs->of(static_cast<uint8_t>(shard));
      count += epoch != 0;
    }
    return count;
  }

  std::shared_ptr<memory_store> rows = open_memory();
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  simulated_coordinator service;
  tenure_parts parts;
  std::vector<std::shared_ptr<coordinator>> others;
  std::vector<CloseShards> closings;
  std::vector<ShardsChanged> changes;
  int redelivered = 0;
  bool deaf = false;
  caf::actor keeper;
  std::optional<life> node;
};

} // namespace

CAF_TEST(a node alone opens all shards with epochs of the store and tells timers and route) {
  keeping one;
  CAF_CHECK_EQUAL(code_of(one.parts.whose->refusal(3)), ec::unavailable);
  one.pass(2s);
  CAF_CHECK_EQUAL(one.open(), limits::shards);
  CAF_REQUIRE(!one.closings.empty());
  CAF_CHECK(one.closings[0].at_once());
  CAF_CHECK_EQUAL(one.closings[0].shards_size(), 256);
  int gained = 0;
  for (auto& change : one.changes)
    gained += change.gained_size();
  CAF_CHECK_EQUAL(gained, 256);
  CAF_CHECK(!one.parts.whose->refusal(3));
  CAF_CHECK(!one.parts.whose->trouble("a"));
  CAF_CHECK_EQUAL(one.parts.whose->look(3).epoch, one.parts.epochs->of(3));
  CAF_CHECK_EQUAL(code_of(one.rows->write({{space::index, "x", "y"}}, {{3, one.parts.epochs->of(3) - 1}})),
                  ec::stale);
}

CAF_TEST(a shard host that does not answer keeps shards closed until it does) {
  keeping one;
  one.deaf = true;
  one.node->settle();
  one.pass(3s);
  auto asked = one.closings.size();
  CAF_CHECK(asked >= 3 && asked <= 6);
  CAF_CHECK_EQUAL(one.open(), 0u);
  one.deaf = false;
  one.pass(3s);
  CAF_CHECK_EQUAL(one.open(), limits::shards);
}

CAF_TEST(shards go to another member closed and what was refused is sent again) {
  keeping one;
  one.pass(2s);
  one.closings.clear();
  one.changes.clear();
  one.meet("b");
  one.pass(5s);
  auto wanted = wanted_owners(one.service.truth());
  CAF_CHECK(one.service.truth().holders == wanted);
  auto gone = static_cast<size_t>(std::count(wanted.begin(), wanted.end(), "b"));
  CAF_CHECK_EQUAL(one.open(), limits::shards - gone);
  size_t closed = 0, lost = 0;
  for (auto& one_closing : one.closings) {
    CAF_CHECK(!one_closing.at_once());
    CAF_CHECK(static_cast<size_t>(one_closing.shards_size()) <= limits::shards_moving);
    closed += static_cast<size_t>(one_closing.shards_size());
  }
  for (auto& change : one.changes)
    lost += static_cast<size_t>(change.lost_size());
  CAF_CHECK_EQUAL(closed, gone);
  CAF_CHECK_EQUAL(lost, gone);
  CAF_CHECK(one.redelivered >= 1 && one.redelivered <= 5);
}

CAF_TEST(a node that is cut off shuts all shards before its lease is over and says why) {
  keeping one;
  one.pass(2s);
  one.closings.clear();
  one.service.cut("a");
  while (one.open() > 0) {
    CAF_CHECK(one.time->elapsed_us() / 1000 < one.parts.leases->sure_until_ms());
    one.pass(10ms);
  }
  CAF_CHECK(one.service.truth().members.count("a") == 1);
  CAF_REQUIRE(!one.closings.empty());
  CAF_CHECK(one.closings[0].at_once());
  CAF_CHECK(text_of(one.parts.whose->trouble("a")).find("nothing is heard of the coordinator") !=
            std::string::npos);
  one.pass(5s);
  CAF_CHECK_EQUAL(one.open(), 0u);
  one.service.heal();
  one.pass(5s);
  CAF_CHECK_EQUAL(one.open(), limits::shards);
}

CAF_TEST(a shard whose epoch was passed is lost and taken again under a higher one) {
  keeping one;
  one.pass(2s);
  auto before = one.parts.epochs->of(9);
  CAF_REQUIRE(one.rows->raise_epoch(9));
  one.closings.clear();
  one.parts.inbox->deposed(9);
  one.node->settle();
  CAF_CHECK_EQUAL(one.parts.epochs->of(9), 0u);
  CAF_REQUIRE_EQUAL(one.closings.size(), 1u);
  CAF_CHECK(one.closings[0].at_once() && one.closings[0].shards(0) == 9);
  one.pass(2s);
  CAF_CHECK(one.parts.epochs->of(9) > before + 1);
}

CAF_TEST(a keeper that starts anew closes what the last one has left open) {
  keeping one;
  one.pass(2s);
  caf::anon_send_exit(one.keeper, caf::exit_reason::kill);
  one.node->settle();
  one.closings.clear();
  auto before = one.parts.epochs->of(3);
  one.node->system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->link_to(one.node->root());
    spawn_tenure(self, one.node->outside(), one.parts);
    return {[](const Tick&) {}};
  });
  one.node->settle();
  CAF_CHECK_EQUAL(one.open(), 0u);
  one.pass(10s); // the view it works with is the one there was
  CAF_REQUIRE(!one.closings.empty());
  CAF_CHECK_EQUAL(one.closings[0].shards_size(), 256);
  CAF_CHECK_EQUAL(one.open(), limits::shards);
  CAF_CHECK(one.parts.epochs->of(3) > before);
}
