// At most one incarnation is awake; whoever writes to an entity is answered, held, or told why not.
#define CAF_SUITE actors.agent.shard_host
#include "tests/support/platform.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string counter = "tenant/probe/counter";

struct hotel : platform {
  hotel() : platform{std::make_shared<agent_parts>()} {}
  static ProbeAdd add(int64_t amount) {
    ProbeAdd cmd;
    cmd.set_amount(amount);
    return cmd;
  }
  int64_t total(const std::string& name = counter) {
    return request<ProbeTotal>(name, ProbeAsk{}).total();
  }
  bool is_awake(const std::string& name = counter) {
    return node->outside()->names->find(name) != nullptr;
  }
  void crash_entity(const std::string& name = counter) {
    ask<ProbeTotal>(name, add(13));
  }
  // Is it answered now, without waiting for anything?
  bool answers() {
    return static_cast<bool>(ask<ProbeTotal>(counter, ProbeAsk{}));
  }
  void look_for_idle_ones() {
    caf::anon_send(node->outside()->names->find(std::string{services::shard_host}), Tick{});
  }
  void restart_host() {
    restart_service(services::shard_host, [](auto* parent, auto doors) {
      return spawn_shard_host(parent, doors, {make_kind<probe_state>("probe", probe)});
    });
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(shard_host_tests, hotel)

CAF_TEST(a message wakes an entity and the next finds it awake) {
  CAF_CHECK(!is_awake());
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(2)).total(), 2);
  CAF_CHECK(is_awake());
  CAF_CHECK_EQUAL(total(), 2);
}

CAF_TEST(what is no kind of this node is refused) {
  CAF_CHECK_EQUAL(refusal<ProbeTotal>("tenant/ghost/one", ProbeAsk{}), ec::unavailable);
  CAF_CHECK_EQUAL(refusal<ProbeTotal>("no ref", ProbeAsk{}), ec::unavailable);
}

CAF_TEST(an entity with traffic stays and an idle one sleeps) {
  request<ProbeTotal>("tenant/probe/idle", add(1));
  for (int i = 0; i < 12; ++i) {
    request<ProbeTotal>(counter, add(1));
    node->advance(10s);
  }
  CAF_CHECK(is_awake());
  CAF_CHECK(!is_awake("tenant/probe/idle"));
  CAF_CHECK_EQUAL(total(), 12);
  CAF_CHECK_EQUAL(total("tenant/probe/idle"), 1);
}

CAF_TEST(a message at any step of falling asleep is answered) {
  int64_t expected = 0;
  for (int steps = 0; steps < 20; ++steps) {
    request<ProbeTotal>(counter, add(1));
    ++expected;
    node->advance(limits::entity_idle + limits::entity_idle / 8); // idle, but not yet looked at
    look_for_idle_ones();
    for (int i = 0; i < steps; ++i)
      node->step();
    ProbeNudge nudge;
    nudge.set_amount(1);
    node->outside()->names->tell(counter, nudge);
    CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(1)).total(), expected + 2);
    expected += 2;
  }
  CAF_CHECK_EQUAL(node->outside()->names->dropped(), 0u);
}

CAF_TEST(many fall asleep and wake again with what they knew) {
  for (int i = 0; i < 200; ++i)
    request<ProbeTotal>("tenant/probe/" + std::to_string(i), add(i + 2000));
  node->advance(2 * limits::entity_idle);
  for (int i = 0; i < 200; ++i)
    CAF_CHECK(!is_awake("tenant/probe/" + std::to_string(i)));
  for (int i = 0; i < 200; ++i)
    CAF_CHECK_EQUAL(total("tenant/probe/" + std::to_string(i)), i + 2000);
}

CAF_TEST(each crash in a row doubles the wait) {
  request<ProbeTotal>(counter, add(5));
  auto wait = limits::park_first;
  for (unsigned crash = 1; crash < limits::quarantine_after; ++crash, wait *= 2) {
    crash_entity();
    node->advance(wait - 2ms);
    CAF_CHECK(!answers());
    node->advance(3ms);
    CAF_CHECK_EQUAL(total(), 5);
  }
}

CAF_TEST(what is asked while an entity is parked is answered when it is back) {
  request<ProbeTotal>(counter, add(5));
  crash_entity();
  int answered = 0;
  for (int i = 0; i < 10; ++i)
    post<ProbeTotal>(counter, add(1), [&](caf::expected<ProbeTotal> reply) { answered += reply ? 1 : 0; });
  node->settle();
  CAF_CHECK_EQUAL(answered, 0);
  node->advance(limits::park_first + 1ms);
  CAF_CHECK_EQUAL(answered, 10);
  CAF_CHECK_EQUAL(total(), 15);
}

CAF_TEST(a parked entity holds no more than its bound) {
  request<ProbeTotal>(counter, add(5));
  crash_entity();
  int refused = 0;
  for (size_t i = 0; i < limits::sleeping_mailbox + 3; ++i)
    post<ProbeTotal>(counter, ProbeAsk{}, [&](caf::expected<ProbeTotal> reply) {
      refused += !reply && code_of(reply.error()) == ec::overloaded ? 1 : 0;
    });
  node->settle();
  CAF_CHECK_EQUAL(refused, 3);
}

CAF_TEST(an entity that was well for a while is forgiven) {
  for (unsigned round = 0; round < 2; ++round) {
    for (unsigned crash = 1; crash < limits::quarantine_after; ++crash) {
      crash_entity();
      node->advance(limits::park_first * (1 << (crash - 1)));
      CAF_CHECK(answers());
    }
    for (auto lived = 0s; lived < 70s; lived += 10s) { // awake all the time
      node->advance(10s);
      CAF_CHECK(answers());
    }
  }
}

CAF_TEST(an entity that fell asleep in peace is forgiven) {
  for (unsigned round = 0; round < 2; ++round) {
    for (unsigned crash = 1; crash < limits::quarantine_after; ++crash) {
      crash_entity();
      node->advance(limits::park_first * (1 << (crash - 1)));
      CAF_CHECK(answers());
    }
    node->advance(2 * limits::entity_idle);
    CAF_CHECK(!is_awake());
  }
}

CAF_TEST(an entity in quarantine is refused until the node starts again) {
  request<ProbeTotal>(counter, add(5));
  auto told_of_quarantine = false;
  auto listener = node->system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    house_rules(self);
    return {[&](const EntityCrashed& crash) { told_of_quarantine |= crash.quarantined(); }};
  });
  auto probes = make_kind<probe_state>("probe", probe);
  probes.tell_crash_to = "tenant/listener/1";
  node->outside()->names->put(std::string{probes.tell_crash_to}, listener);
  restart_service(services::shard_host,
                  [&](auto* parent, auto doors) { return spawn_shard_host(parent, doors, {probes}); });
  for (unsigned crash = 1; crash <= limits::quarantine_after; ++crash) {
    CAF_CHECK(!told_of_quarantine);
    crash_entity();
    node->advance(limits::park_first * (1 << crash));
  }
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, ProbeAsk{}), ec::quarantined);
  CAF_CHECK(told_of_quarantine);
  node->advance(1h);
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, ProbeAsk{}), ec::quarantined);
  crash_and_recover();
  CAF_CHECK_EQUAL(total(), 5);
}

CAF_TEST(a failed write is no crash of the entity) {
  for (unsigned i = 0; i < 2 * limits::quarantine_after; ++i) {
    request<ProbeTotal>(counter, add(1));
    rows->fail_next_write(false);
    CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, add(1)), ec::outcome_unknown);
  }
  CAF_CHECK_EQUAL(total(), static_cast<int64_t>(2 * limits::quarantine_after));
}

CAF_TEST(entities end with their host and its successor wakes them anew) {
  request<ProbeTotal>(counter, add(5));
  auto before = node->outside()->names->find(counter);
  restart_host();
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(1)).total(), 6);
  CAF_CHECK(node->outside()->names->find(counter) != before);
  before = nullptr;
  node->advance(2 * limits::entity_idle);
  CAF_CHECK(!is_awake());
  CAF_CHECK_EQUAL(total(), 6);
  crash_entity();
  node->advance(limits::park_first);
  CAF_CHECK_EQUAL(total(), 6);
}

CAF_TEST(what is asked of a parked entity when its host dies is answered by the successor) {
  request<ProbeTotal>(counter, add(5));
  crash_entity();
  int64_t answered = 0;
  post<ProbeTotal>(counter, add(1),
                   [&](caf::expected<ProbeTotal> reply) { answered = reply ? reply->total() : -1; });
  node->settle();
  restart_host();
  CAF_CHECK_EQUAL(answered, 6);
}

CAF_TEST(a host that is asked to stop stops its entities) {
  request<ProbeTotal>(counter, add(5));
  caf::anon_send_exit(node->outside()->names->find(std::string{services::shard_host}),
                      caf::exit_reason::user_shutdown);
  node->settle();
  CAF_CHECK(!is_awake());
  crash_and_recover();
  CAF_CHECK_EQUAL(total(), 5);
}

CAF_TEST_FIXTURE_SCOPE_END()
