// At most one incarnation is awake; whoever writes to an entity is answered, held, or told why not.
#define CAF_SUITE actors.agent.shard_host
#include "tests/support/held_journal.hpp"
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
  void restart_host(const std::function<void(entity_kind&)>& change = [](entity_kind&) {}) {
    auto kind = make_kind<probe_state>("probe", probe);
    change(kind);
    restart_service(services::shard_host,
                    [kind](auto* parent, auto doors) { return spawn_shard_host(parent, doors, {kind}); });
  }
  void wake_one_a_second(int how_many) {
    for (int i = 0; i < how_many; ++i) {
      request<ProbeTotal>("tenant/probe/" + std::to_string(i), add(i + 1));
      node->advance(1s);
    }
  }
  std::string awake_of(int how_many) {
    std::string awake;
    for (int i = 0; i < how_many; ++i)
      awake += is_awake("tenant/probe/" + std::to_string(i)) ? std::to_string(i) : "";
    return awake;
  }
  void quarantine() {
    for (unsigned crash = 1; crash <= limits::quarantine_after; ++crash) {
      crash_entity();
      node->advance(limits::park_first * (1 << crash));
    }
  }
  QuarantineList quarantined() {
    return request<QuarantineList>(std::string{services::shard_host}, ListQuarantined{});
  }
  static EndQuarantine end_of(const std::string& name) {
    EndQuarantine cmd;
    cmd.set_ref(name);
    return cmd;
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

CAF_TEST(of more than may be awake those idle longest leave and wake again with what they knew) {
  restart_host([](entity_kind& kind) { kind.most_awake = 3; });
  wake_one_a_second(5);
  request<ProbeTotal>("tenant/probe/0", add(10)); // idle for the shortest time now
  CAF_CHECK_EQUAL(awake_of(5), "01234");
  look_for_idle_ones();
  node->settle();
  CAF_CHECK_EQUAL(awake_of(5), "034");
  CAF_CHECK_EQUAL(total("tenant/probe/1"), 2);
  CAF_CHECK_EQUAL(total("tenant/probe/0"), 11);
}

CAF_TEST(as many as may be awake stay) {
  restart_host([](entity_kind& kind) { kind.most_awake = 3; });
  wake_one_a_second(3);
  node->advance(limits::entity_idle / 2);
  CAF_CHECK_EQUAL(awake_of(3), "012");
}

CAF_TEST(a kind may be idle for as long as it says) {
  restart_host([](entity_kind& kind) { kind.idle = 4s; });
  request<ProbeTotal>(counter, add(1));
  node->advance(3s);
  CAF_CHECK(is_awake());
  node->advance(3s); // it is looked for every second
  CAF_CHECK(!is_awake());
  CAF_CHECK_EQUAL(total(), 1);
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

CAF_TEST(who is in quarantine is known with the reason and leaves it when asked) {
  request<ProbeTotal>(counter, add(77)); // and 1000 more at its timer, which comes while it is set aside
  CAF_CHECK_EQUAL(quarantined().entities_size(), 0);
  quarantine();
  node->advance(61s);
  auto list = quarantined();
  CAF_REQUIRE_EQUAL(list.entities_size(), 1);
  CAF_CHECK_EQUAL(std::string{list.entities(0).ref()}, counter);
  CAF_CHECK_EQUAL(uint32_t{list.entities(0).crashes()}, limits::quarantine_after);
  CAF_CHECK(list.entities(0).last().find("thirteen") != std::string::npos);
  CAF_CHECK(list.entities(0).since_ms() > 1'700'000'000'000 &&
            list.entities(0).since_ms() < time->now_ms() - 60'000);
  request<Done>(std::string{services::shard_host}, end_of(counter));
  node->advance(limits::timer_pause);
  CAF_CHECK_EQUAL(total(), 1077);
  CAF_CHECK_EQUAL(quarantined().entities_size(), 0);
  crash_entity();
  node->advance(limits::park_first);
  CAF_CHECK_EQUAL(total(), 1077); // its crashes are forgotten
}

CAF_TEST(only who is in quarantine can leave it) {
  request<ProbeTotal>(counter, add(5));
  auto host = std::string{services::shard_host};
  CAF_CHECK_EQUAL(refusal<Done>(host, end_of(counter)), ec::not_found);
  crash_entity(); // parked
  CAF_CHECK_EQUAL(refusal<Done>(host, end_of(counter)), ec::not_found);
  CAF_CHECK(!answers());
}

CAF_TEST(entities are counted by kind from waking to sleep or crash) {
  auto& meters = node->outside()->meters;
  auto awake = meters.entities_awake.with({"probe"}), wakes = meters.entity_wakes.with({"probe"});
  auto crashes = meters.entity_crashes.with({"probe"}), given_up = meters.entity_quarantines.with({"probe"});
  request<ProbeTotal>(counter, add(1));
  request<ProbeTotal>("tenant/probe/other", add(1));
  CAF_CHECK_EQUAL(awake.value(), 2);
  CAF_CHECK_EQUAL(wakes.value(), 2);
  node->advance(2 * limits::entity_idle);
  CAF_CHECK_EQUAL(awake.value(), 0);
  for (unsigned crash = 1; crash <= limits::quarantine_after; ++crash) {
    CAF_CHECK_EQUAL(given_up.value(), 0);
    crash_entity();
    CAF_CHECK_EQUAL(awake.value(), 0);
    CAF_CHECK_EQUAL(crashes.value(), crash);
    node->advance(limits::park_first * (1 << crash));
  }
  CAF_CHECK_EQUAL(given_up.value(), 1);
  CAF_CHECK_EQUAL(wakes.value(), 2 + limits::quarantine_after);
  request<ProbeTotal>("tenant/probe/other", add(1));
  CAF_CHECK_EQUAL(awake.value(), 1);
  restart_host();
  CAF_CHECK_EQUAL(awake.value(), 0);
}

CAF_TEST(a failed write is no crash of the entity) {
  for (unsigned i = 0; i < 2 * limits::quarantine_after; ++i) {
    request<ProbeTotal>(counter, add(1));
    rows->fail_next_write(false);
    CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, add(1)), ec::outcome_unknown);
  }
  CAF_CHECK_EQUAL(total(), static_cast<int64_t>(2 * limits::quarantine_after));
}

CAF_TEST(what comes for somebody who is asked to sleep when his write fails is answered) {
  restart_host([](entity_kind& kind) { kind.idle = 0ms; }); // who has just been spoken to is idle already
  for (int steps = 0; steps < 20; ++steps) {
    request<ProbeTotal>(counter, add(1));
    rows->fail_next_write(false);
    post<ProbeTotal>(counter, add(1), [](auto) {});
    for (int i = 0; i < steps; ++i)
      node->step();
    look_for_idle_ones();
    auto told = false;
    post<ProbeTotal>(counter, ProbeAsk{}, [&](auto) { told = true; });
    node->settle();
    CAF_CHECK(told);
    CAF_CHECK(answers());
  }
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

CAF_TEST(more than are read at a time all wake and all stop) {
  auto many = 2 * limits::entities_opening + 10;
  auto name_of = [](size_t i) { return "tenant/probe/" + std::to_string(i); };
  ProbeNudge nudge;
  nudge.set_amount(1);
  for (size_t i = 0; i < many; ++i)
    node->outside()->names->tell(name_of(i), nudge);
  node->settle();
  size_t awake = 0;
  for (size_t i = 0; i < many; ++i)
    awake += is_awake(name_of(i));
  CAF_CHECK_EQUAL(awake, size_t{many});
  size_t ended = 0, ended_before_host = 0;
  for (size_t i = 0; i < many; ++i)
    node->outside()->names->find(name_of(i))->attach_functor([&](const caf::error&) { ++ended; });
  auto host = node->outside()->names->find(std::string{services::shard_host});
  host->attach_functor([&](const caf::error&) { ended_before_host = ended; });
  caf::anon_send_exit(host, caf::exit_reason::user_shutdown);
  node->settle();
  CAF_CHECK_EQUAL(ended_before_host, size_t{many});
}

CAF_TEST(a host that stops reads nobody who still waits for his turn) {
  std::shared_ptr<held_journal> disk;
  restart_service(services::shard_host, [&](auto* parent, auto doors) {
    return spawn_shard_host(parent, with_journal(doors, disk), {make_kind<probe_state>("probe", probe)});
  });
  ProbeNudge nudge;
  nudge.set_amount(1);
  for (size_t i = 0; i < 3 * limits::entities_opening; ++i)
    node->outside()->names->tell("tenant/probe/" + std::to_string(i), nudge);
  while (disk->opened <= limits::entities_opening) // until the first have been read, and more are asked for
    CAF_REQUIRE(node->step());
  auto opened = disk->opened;
  CAF_CHECK(opened < 3 * limits::entities_opening);
  auto host = node->outside()->names->find(std::string{services::shard_host});
  caf::exit_msg stop{host.address(), caf::exit_reason::user_shutdown};
  auto before_all_else = caf::make_message_id(caf::message_priority::high); // and before what has been read
  host->enqueue(nullptr, before_all_else, caf::make_message(std::move(stop)), nullptr);
  node->settle();
  CAF_CHECK_EQUAL(disk->opened, opened);
}

CAF_TEST_FIXTURE_SCOPE_END()
