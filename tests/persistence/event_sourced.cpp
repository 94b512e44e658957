// An entity answers only what is on disk, once per command id, and remembers across crashes.
#define CAF_SUITE persistence.event_sourced
#include "tests/support/fixture.hpp"

using namespace troupe;

namespace {

const std::string counter = "tenant/probe/counter";

struct probe_house : house {
  probe_house()
      : house{[](caf::scheduled_actor* root, doors_ptr outside) {
          auto host = spawn_shard_host(root, outside, {make_kind<probe_state>("probe", probe)});
          outside->names->put(std::string{services::shard_host}, caf::actor_cast<caf::actor>(host));
          auto timers = spawn_timers(root, outside);
          outside->names->put(std::string{services::timers}, caf::actor_cast<caf::actor>(timers));
        }} {}

  static ProbeAdd add(int64_t amount, std::string command_id = {}) {
    ProbeAdd cmd;
    cmd.set_amount(amount);
    cmd.mutable_context()->set_command_id(std::move(command_id));
    return cmd;
  }

  int64_t total() {
    return request<ProbeTotal>(counter, ProbeAsk{}).total();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(event_sourced_tests, probe_house)

CAF_TEST(a command is decided and applied and answered) {
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(5)).total(), 5);
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(2)).total(), 7);
}

CAF_TEST(a refused command changes nothing) {
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, add(0)), ec::invalid_argument);
  CAF_CHECK_EQUAL(total(), 0);
}

CAF_TEST(what was answered survives a crash) {
  request<ProbeTotal>(counter, add(5));
  crash_and_recover();
  CAF_CHECK_EQUAL(total(), 5);
}

CAF_TEST(nothing is answered before it is on disk) {
  bool answered = false;
  post<ProbeTotal>(counter, add(5), [&](caf::expected<ProbeTotal>) { answered = true; });
  auto before = rows->writes();
  while (!answered && node->step())
    CAF_CHECK(!answered || rows->writes() > before);
  CAF_CHECK(answered);
}

CAF_TEST(a crash at any step loses no answer and keeps no half) {
  for (int steps = 0; steps < 40; ++steps) {
    auto expected = total();
    bool answered = false;
    post<ProbeTotal>(counter, add(1),
                     [&](caf::expected<ProbeTotal> reply) { answered = static_cast<bool>(reply); });
    for (int i = 0; i < steps && node->step();)
      ++i;
    crash_and_recover();
    auto now = total();
    CAF_CHECK(now == expected || now == expected + 1);
    if (answered)
      CAF_CHECK_EQUAL(now, expected + 1);
  }
}

CAF_TEST(a repeated command id gets the first reply and no second effect) {
  auto id = command_id();
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(5, id)).total(), 5);
  request<ProbeTotal>(counter, add(1));
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(5, id)).total(), 5);
  CAF_CHECK_EQUAL(total(), 6);
  crash_and_recover();
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(5, id)).total(), 5);
  CAF_CHECK_EQUAL(total(), 6);
}

CAF_TEST(a command id that left the window is refused and has no second effect) {
  auto id = command_id();
  request<ProbeTotal>(counter, add(1, id));
  for (size_t i = 0; i < limits::reply_window; ++i)
    request<ProbeTotal>(counter, add(1, command_id()));
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, add(1, id)), ec::expired);
  crash_and_recover();
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, add(1, id)), ec::expired);
  CAF_CHECK_EQUAL(total(), static_cast<int64_t>(limits::reply_window) + 1);
}

CAF_TEST(a command id of another make is refused) {
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, add(1, "mine")), ec::invalid_argument);
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, add(1, ids.next(time->now_ms() + 3'600'000))),
                  ec::invalid_argument);
}

CAF_TEST(commands of one entity share a write) {
  int answered = 0;
  request<ProbeTotal>(counter, add(1));
  auto before = rows->writes();
  for (int i = 0; i < 100; ++i)
    post<ProbeTotal>(counter, add(1), [&](caf::expected<ProbeTotal>) { ++answered; });
  node->settle();
  CAF_CHECK_EQUAL(answered, 100);
  CAF_CHECK_LESS(rows->writes() - before, 20u);
}

CAF_TEST(a snapshot shortens replay and equals it) {
  for (uint64_t i = 0; i < 2 * limits::snapshot_every + 10; ++i)
    request<ProbeTotal>(counter, add(1));
  auto before = total();
  size_t snapshots = 0;
  auto id = identify(counter, rows->naming_key());
  CAF_CHECK(!rows->scan(space::snapshot, entity_begin(id), entity_end(id),
                        [&](auto, auto) { return ++snapshots > 0; }));
  CAF_CHECK_EQUAL(snapshots, 2u);
  crash_and_recover();
  CAF_CHECK_EQUAL(total(), before);
}

CAF_TEST(an unusable snapshot falls back to the whole journal) {
  for (uint64_t i = 0; i < limits::snapshot_every + 10; ++i)
    request<ProbeTotal>(counter, add(1));
  auto before = total();
  auto id = identify(counter, rows->naming_key());
  std::string key;
  CAF_CHECK(!rows->scan(space::snapshot, entity_begin(id), entity_end(id), [&](std::string_view k, auto) {
    key = k;
    return false;
  }));
  CAF_CHECK(!rows->write({{space::snapshot, key, wrap({}, "\xff\xff no snapshot")}}));
  crash_and_recover();
  CAF_CHECK_EQUAL(total(), before);
}

CAF_TEST(an event from the future is refused by name and the node lives on) {
  request<ProbeTotal>(counter, add(1));
  auto id = identify(counter, rows->naming_key());
  envelope header;
  header.type = record_type("troupe.ProbeEvent");
  header.version = 2;
  CAF_CHECK(!rows->write({{space::journal, journal_key(id, 2), wrap(header, "")}}));
  crash_and_recover();
  auto answer = ask<ProbeTotal>(counter, ProbeAsk{});
  CAF_REQUIRE(!answer);
  CAF_CHECK_EQUAL(code_of(answer.error()), ec::from_future);
  CAF_CHECK(text_of(answer.error()).find("schema version 2") != std::string::npos);
  CAF_CHECK_EQUAL(request<ProbeTotal>("tenant/probe/other", add(1)).total(), 1);
}

CAF_TEST(a missing event is damage and never served short) {
  for (int i = 0; i < 3; ++i)
    request<ProbeTotal>(counter, add(1));
  auto id = identify(counter, rows->naming_key());
  CAF_CHECK(!rows->write({{space::journal, journal_key(id, 2), std::nullopt}}));
  crash_and_recover();
  CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, ProbeAsk{}), ec::corrupt);
}

CAF_TEST(after a failed write the asker learns that the outcome is unknown and a repeat settles it) {
  for (bool applied : {false, true}) {
    auto before = total();
    auto id = command_id();
    rows->fail_next_write(applied);
    CAF_CHECK_EQUAL(refusal<ProbeTotal>(counter, add(1, id)), ec::outcome_unknown);
    CAF_CHECK_EQUAL(request<ProbeTotal>(counter, add(1, id)).total(), before + 1);
    CAF_CHECK_EQUAL(total(), before + 1);
  }
}

CAF_TEST(an idle entity sleeps and wakes with its state) {
  request<ProbeTotal>(counter, add(5));
  CAF_CHECK(node->outside()->names->find(counter) != nullptr);
  node->advance(2 * limits::entity_idle);
  CAF_CHECK(node->outside()->names->find(counter) == nullptr);
  CAF_CHECK_EQUAL(total(), 5);
}

CAF_TEST(a poison message parks one entity and never the node) {
  request<ProbeTotal>(counter, add(5));
  CAF_CHECK(!ask<ProbeTotal>(counter, add(13)));
  CAF_CHECK_EQUAL(request<ProbeTotal>("tenant/probe/other", add(1)).total(), 1);
  CAF_CHECK_EQUAL(request<ProbeTotal>(counter, ProbeAsk{}, limits::park_first).total(), 5);
}

CAF_TEST(an entity that keeps crashing is quarantined) {
  for (unsigned i = 0; i < limits::quarantine_after; ++i) {
    ask<ProbeTotal>(counter, add(13));
    node->advance(limits::park_first * (1 << i));
  }
  auto answer = ask<ProbeTotal>(counter, ProbeAsk{});
  CAF_REQUIRE(!answer);
  CAF_CHECK_EQUAL(code_of(answer.error()), ec::quarantined);
  CAF_CHECK(text_of(answer.error()).find("thirteen") != std::string::npos);
}

CAF_TEST(a timer fires at its time and once though the node crashed in between) {
  request<ProbeTotal>(counter, add(77));
  node->advance(std::chrono::seconds{30});
  CAF_CHECK_EQUAL(total(), 77);
  crash_and_recover();
  node->advance(std::chrono::seconds{31});
  CAF_CHECK_EQUAL(total(), 1077);
  node->advance(std::chrono::hours{1});
  CAF_CHECK_EQUAL(total(), 1077);
}

CAF_TEST_FIXTURE_SCOPE_END()
