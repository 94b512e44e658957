// Shards leave a host: nobody of theirs is awake then, and whoever writes to them is answered by one incarnation, here or elsewhere.
#define CAF_SUITE actors.agent.shard_closing
#include "tests/support/fixture.hpp"
#include "tests/support/held_journal.hpp"
#include "tests/support/moving_route.hpp"
#include <troupe/actors/agent/shard_limits.hpp>
#include <troupe/runtime/proto/tenure.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string counter = "tenant/probe/counter", host_ref{services::shard_host};

struct parts {
  std::shared_ptr<moving_route> route = std::make_shared<moving_route>();
  std::shared_ptr<std::shared_ptr<held_journal>> disk = std::make_shared<std::shared_ptr<held_journal>>();
};

struct inn : parts, house {
  inn()
      : house{[route = route, disk = disk](caf::scheduled_actor* root, doors_ptr outside) {
          outside->names->set_route(route);
          outside->names->put(std::string{services::timers},
                              caf::actor_cast<caf::actor>(spawn_timers(root, outside)));
          auto host =
              spawn_shard_host(root, with_journal(outside, *disk), {make_kind<probe_state>("probe", probe)});
          outside->names->put(host_ref, caf::actor_cast<caf::actor>(host));
        }} {}

  static ProbeAdd add(int64_t amount) {
    ProbeAdd cmd;
    cmd.set_amount(amount);
    return cmd;
  }
  static CloseShards closing(const std::string& ref, bool at_once = false) {
    CloseShards cmd;
    cmd.add_shards(shard_of(ref));
    cmd.set_at_once(at_once);
    return cmd;
  }
  // Asks for it without running anything.
  std::shared_ptr<bool> close(const std::string& ref = counter, bool at_once = false) {
    auto done = std::make_shared<bool>(false);
    post<Done>(host_ref, closing(ref, at_once), [done](auto answer) { *done = static_cast<bool>(answer); });
    return done;
  }
  int64_t total(const std::string& name = counter) {
    return request<ProbeTotal>(name, ProbeAsk{}).total();
  }
  bool is_awake(const std::string& name = counter) {
    return node->outside()->names->find(name) != nullptr;
  }
  void steps(int how_many) {
    for (int i = 0; i < how_many; ++i)
      node->step();
  }
  void shut() {
    route->shut.insert(shard_of(counter));
  }
  void come_back() {
    route->shut.clear();
    route->away.clear();
  }
  size_t quarantined() {
    return static_cast<size_t>(request<QuarantineList>(host_ref, ListQuarantined{}).entities_size());
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(shard_closing_tests, inn)

CAF_TEST(whoever is idle sleeps at once and all others stay) {
  const std::string other = "tenant/probe/other";
  CAF_REQUIRE(shard_of(other) != shard_of(counter));
  request<ProbeTotal>(counter, add(2));
  request<ProbeTotal>(other, add(3));
  auto done = close();
  node->settle();
  CAF_CHECK(*done);
  CAF_CHECK(!is_awake());
  CAF_CHECK(is_awake(other));
  CAF_CHECK_EQUAL(total(), 2); // the route says that it is here
}

CAF_TEST(a shard with nobody awake is closed already and may be closed again and again) {
  request<ProbeTotal>(counter, add(2));
  auto first = close(), second = close();
  node->settle();
  CAF_CHECK(*first && *second);
  auto third = close();
  node->settle();
  CAF_CHECK(*third);
  request<Done>(host_ref, CloseShards{});
}

CAF_TEST(a message at any step of leaving is acted on here or sent to the node that has the shard) {
  int64_t sent = 0;
  for (int n = 0; n < 25; ++n) {
    request<ProbeTotal>(counter, add(1));
    ++sent;
    route->away = {shard_of(counter)};
    auto done = close();
    steps(n);
    ProbeNudge nudge;
    nudge.set_amount(1);
    node->outside()->names->tell(counter, nudge);
    ++sent;
    node->advance(2 * limits::close_again); // it may be at it
    CAF_CHECK(*done);
    CAF_CHECK(!is_awake());
    come_back();
    CAF_CHECK_EQUAL(total() + static_cast<int64_t>(route->taken.size()), sent);
  }
  CAF_CHECK(!route->taken.empty());
  CAF_CHECK_EQUAL(node->outside()->names->dropped(), 0u);
}

CAF_TEST(what is held for an entity that falls asleep goes to the node that has its shard) {
  request<ProbeTotal>(counter, add(1));
  (*disk)->hold = true;
  post<ProbeTotal>(counter, add(2), [](auto) {});
  auto done = close();
  node->settle();
  bool answered = false;
  post<ProbeTotal>(counter, ProbeAsk{}, [&](auto) { answered = true; }); // is held: the shard is closing
  node->settle();
  CAF_CHECK(route->taken.empty());
  route->away = {shard_of(counter)};
  (*disk)->release();
  node->advance(limits::close_again);
  CAF_CHECK(*done);
  CAF_CHECK(!answered);
  CAF_REQUIRE_EQUAL(route->taken.size(), 1u);
  CAF_CHECK_EQUAL(route->taken[0].first, counter);
  CAF_CHECK(route->taken[0].second->mid.is_request()); // its sender gets the answer
  CAF_CHECK(route->taken[0].second->content().match_elements<ProbeAsk>());
}

CAF_TEST(whoever is busy is waited for and what it was asked is answered) {
  request<ProbeTotal>(counter, add(1));
  (*disk)->hold = true;
  int64_t told = 0;
  post<ProbeTotal>(counter, add(2),
                   [&](caf::expected<ProbeTotal> answer) { told = answer ? answer->total() : -1; });
  shut();
  auto done = close();
  node->advance(limits::close_patience / 2);
  CAF_CHECK(!*done);
  CAF_CHECK(!is_awake()); // nobody finds it any more
  (*disk)->release();
  node->advance(2 * limits::close_again);
  CAF_CHECK(*done);
  CAF_CHECK_EQUAL(told, 3);
}

CAF_TEST(whoever is busy for too long is ended and that is no crash) {
  auto crashes = node->outside()->meters.entity_crashes.with({"probe"});
  request<ProbeTotal>(counter, add(1));
  (*disk)->hold = true;
  auto told = ec{};
  post<ProbeTotal>(counter, add(2),
                   [&](caf::expected<ProbeTotal> answer) { told = code_of(answer.error()); });
  shut();
  auto done = close();
  node->advance(limits::close_patience - 1ms);
  CAF_CHECK(!*done);
  node->advance(2 * limits::close_again);
  CAF_CHECK(*done);
  CAF_CHECK_EQUAL(told, ec::outcome_unknown); // it may still get to the disk
  CAF_CHECK_EQUAL(crashes.value(), 0);
  (*disk)->release();
  come_back();
  CAF_CHECK_EQUAL(total(), 3);
}

CAF_TEST(shards that are lost end at once) {
  auto crashes = node->outside()->meters.entity_crashes.with({"probe"});
  request<ProbeTotal>(counter, add(1));
  (*disk)->hold = true;
  post<ProbeTotal>(counter, add(2), [](auto) {});
  node->settle();
  shut();
  auto slowly = close(), now = close(counter, true);
  node->settle();
  CAF_CHECK(*slowly && *now);
  CAF_CHECK(!is_awake());
  CAF_CHECK_EQUAL(crashes.value(), 0);
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, ProbeAsk{}), ec::unavailable);
  (*disk)->release();
  come_back();
  CAF_CHECK_EQUAL(total(), 3);
}

CAF_TEST(whoever is waking at any step is dropped and its sender told) {
  request<ProbeTotal>(counter, add(1));
  for (bool at_once : {false, true})
    for (int n = 0; n < 12; ++n) {
      come_back();
      close();
      node->settle();
      int told = 0;
      post<ProbeTotal>(counter, ProbeAsk{}, [&](auto) { ++told; });
      steps(n);
      shut();
      auto done = close(counter, at_once);
      node->settle();
      CAF_CHECK(*done);
      CAF_CHECK_EQUAL(told, 1);
      CAF_CHECK(!is_awake());
      come_back();
      CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(1)).total(), 2 + n + (at_once ? 12 : 0));
    }
}

CAF_TEST(a crash of somebody who leaves is remembered by nobody) {
  request<ProbeTotal>(counter, add(5));
  post<ProbeTotal>(counter, add(13), [](auto) {});
  shut();
  auto done = close();
  node->settle();
  CAF_CHECK(*done);
  come_back();
  CAF_CHECK_EQUAL(total(), 5); // without a wait
}

CAF_TEST(crashes of a shard that has left are forgotten) {
  request<ProbeTotal>(counter, add(5));
  ask<ProbeTotal>(counter, add(13)); // parked
  auto told = ec{};
  post<ProbeTotal>(counter, ProbeAsk{},
                   [&](caf::expected<ProbeTotal> answer) { told = code_of(answer.error()); });
  node->settle();
  shut();
  auto done = close();
  node->settle();
  CAF_CHECK(*done);
  CAF_CHECK_EQUAL(told, ec::unavailable);
  come_back();
  CAF_CHECK_EQUAL(total(), 5); // without a wait
  node->advance(2 * limits::park_first);
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(1)).total(), 6);
  for (unsigned crash = 1; crash <= limits::quarantine_after; ++crash) {
    ask<ProbeTotal>(counter, add(13));
    node->advance(limits::park_first * (1 << crash));
  }
  CAF_CHECK_EQUAL(quarantined(), 1u);
  close();
  node->settle();
  CAF_CHECK_EQUAL(quarantined(), 0u);
  CAF_CHECK_EQUAL(total(), 6);
}

CAF_TEST(what was held for somebody who is parked goes to the node that has its shard) {
  request<ProbeTotal>(counter, add(5));
  ask<ProbeTotal>(counter, add(13));
  post<ProbeTotal>(counter, add(2), [](auto) {});
  node->settle();
  route->away = {shard_of(counter)};
  close();
  node->settle();
  CAF_REQUIRE_EQUAL(route->taken.size(), 1u);
  CAF_CHECK(route->taken[0].second->content().match_elements<ProbeAdd>());
}

CAF_TEST(a shard that comes back while it is being closed is closed first) {
  request<ProbeTotal>(counter, add(1));
  (*disk)->hold = true;
  post<ProbeTotal>(counter, add(2), [](auto) {});
  shut();
  auto done = close();
  node->advance(limits::close_again);
  come_back();
  int64_t told = 0;
  post<ProbeTotal>(counter, ProbeAsk{},
                   [&](caf::expected<ProbeTotal> answer) { told = answer ? answer->total() : -1; });
  int64_t neighbour = 0;
  std::string next;
  for (int i = 0; next.empty(); ++i)
    if (auto name = "tenant/probe/n" + std::to_string(i); shard_of(name) == shard_of(counter))
      next = name;
  post<ProbeTotal>(next, add(7),
                   [&](caf::expected<ProbeTotal> answer) { neighbour = answer ? answer->total() : -1; });
  node->advance(limits::close_again);
  CAF_CHECK(!*done);
  CAF_CHECK_EQUAL(told, 0);
  CAF_CHECK_EQUAL(neighbour, 0);
  (*disk)->release();
  node->advance(2 * limits::close_again);
  CAF_CHECK(*done);
  CAF_CHECK_EQUAL(told, 3);
  CAF_CHECK_EQUAL(neighbour, 7);
}

CAF_TEST_FIXTURE_SCOPE_END()
