// The doctor finds what is wrong with rows, says where, and repairs what follows from events.
#define CAF_SUITE persistence.doctor
#include "tests/support/platform.hpp"
#include <troupe/persistence/doctor.hpp>
#include <troupe/persistence/journal.hpp>

using namespace troupe;

namespace {

const std::string counted = "tenant/probe/counted";
const std::string asked = "default/task/asked";

std::shared_ptr<agent_parts> one_hand() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "asker", "ask", [](const Task&) { return ask_human("boss", "may I?"); });
  return parts;
}

// A store with an agent, a waiting task with a question and timers, and a counter with a snapshot and a timer.
struct practice : platform {
  practice() : platform{one_hand()} {
    hire("asker", "asker", {"ask"});
    request<TaskAccepted>(asked, job("ask"));
    for (uint64_t n = 0; n <= limits::snapshot_every; ++n)
      add(77);
  }

  void add(int64_t amount) {
    ProbeAdd cmd;
    cmd.set_amount(amount);
    request<ProbeTotal>(counted, cmd);
  }

  static std::vector<entity_kind> kinds() {
    return {agent_kind(one_hand()), task_kind(), run_kind(), make_kind<probe_state>("probe", probe)};
  }

  StoreHealth look(bool repair = false) {
    auto health = check_rows(*rows, kinds(), repair, objects.get());
    CAF_REQUIRE(health);
    return *health;
  }

  entity_id entity(const std::string& name) const {
    return identify(name, rows->naming_key());
  }

  void change(space where, std::string key, std::optional<std::string> value) {
    CAF_REQUIRE(!rows->write({{where, std::move(key), std::move(value)}}));
  }

  std::string stored(space where, const std::string& key) const {
    return **rows->get(where, key);
  }

  // The damage found, a line each.
  static std::string findings(const StoreHealth& health) {
    std::string all;
    for (auto& one : health.findings())
      if (one.damage())
        all += one.place() + ": " + one.meaning() + (one.repaired() ? " (repaired)" : "") + "\n";
    return all;
  }

  // Exactly this is found, and repair leaves it as it is.
  void check_found(const std::string& text) {
    auto health = look();
    CAF_CHECK_EQUAL(findings(health), text);
    CAF_CHECK(!health.sound());
    auto before = rows->digest();
    CAF_CHECK(!look(true).sound());
    CAF_CHECK_EQUAL(rows->digest(), before);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(doctor_tests, practice)

CAF_TEST(a sound store is sound and counted) {
  auto health = look();
  CAF_CHECK(health.sound());
  CAF_CHECK_EQUAL(health.findings_size(), 0);
  CAF_CHECK_EQUAL(health.entities(), 3u);
  CAF_CHECK_EQUAL(health.snapshots(), 1u);
  CAF_CHECK(health.events() > limits::snapshot_every + 3);
  CAF_CHECK(health.rows() >= 4);
  CAF_CHECK_EQUAL(health.highest_gsn(), health.events());
  CAF_CHECK_EQUAL(std::string{health.store()}, rows->id());
}

CAF_TEST(a missing event is found with its entity) {
  change(space::journal, journal_key(entity(counted), 5), std::nullopt);
  check_found(counted + ": event 5 is missing\n");
  change(space::journal, journal_key(entity(counted), 6), std::nullopt);
  check_found(counted + ": events 5 to 6 are missing\n");
}

CAF_TEST(a last append without its end is found) {
  auto key = journal_key(entity(counted), limits::snapshot_every + 1);
  auto value = stored(space::journal, key);
  std::string_view record;
  auto header = *unwrap(value, record);
  header.flags = 0;
  change(space::journal, key, wrap(header, record));
  check_found(counted + ": its last append is torn after event 257\n");
}

CAF_TEST(an event that is older than the one before it is found) {
  auto second = stored(space::journal, journal_key(entity(counted), 2));
  std::string_view record;
  auto header = *unwrap(second, record);
  header.gsn = 1;
  change(space::journal, journal_key(entity(counted), 2), wrap(header, record));
  check_found(counted + ": event 2 is not younger than the one before it\n");
}

CAF_TEST(an event that does not parse is found) {
  std::string_view record;
  auto key = journal_key(entity(counted), 7);
  auto value = stored(space::journal, key);
  auto header = *unwrap(value, record);
  change(space::journal, key, wrap(header, "\xff\xff"));
  CAF_CHECK(findings(look()).find(counted + ": tenant/probe/counted: event 7") != std::string::npos);
  change(space::journal, key, "short");
  check_found(counted + ": event 7 has no envelope\n");
}

CAF_TEST(an event beyond the counters is found) {
  auto counters = *read_journal_counters(*rows);
  auto row = journal_counters(counters.gsn - 1, counters.time_us);
  CAF_CHECK(!rows->write({row}));
  check_found(fmt::format("the journal's counters: event {} is stored, but they end at {}\n", counters.gsn,
                          counters.gsn - 1));
}

CAF_TEST(events without a name and names without events are found) {
  auto name = name_key(entity(counted));
  change(space::meta, name, std::nullopt);
  auto found = findings(look());
  CAF_CHECK(found.find("it has events and no name") != std::string::npos);
  change(space::meta, name, asked); // another one's
  found = findings(look());
  CAF_CHECK(found.find("is not the name of this entity") != std::string::npos);
  CAF_CHECK(found.find("it has events and no name") != std::string::npos);
  change(space::meta, name, counted);
  change(space::meta, name_key(entity("tenant/probe/nobody")), "tenant/probe/nobody");
  check_found("tenant/probe/nobody: it has a name and no events\n");
}

CAF_TEST(a snapshot that its events do not give is dropped) {
  auto key = snapshot_key(entity(counted), limits::snapshot_every);
  auto value = stored(space::snapshot, key);
  std::string_view payload;
  auto header = *unwrap(value, payload);
  Snapshot snapshot;
  CAF_REQUIRE(snapshot.ParseFromString(std::string{payload}));
  ProbeState wrong;
  wrong.set_total(1);
  snapshot.set_state(wrong.SerializeAsString());
  auto place = counted + ", snapshot at event 256: ";
  for (auto& [harm, meaning] : std::map<std::string, std::string>{
           {wrap(header, snapshot.SerializeAsString()), "it is not the state its events give"},
           {wrap(header, "\xff\xff"), "it cannot be read"},
           {"short", "it cannot be read"}}) {
    change(space::snapshot, key, harm);
    CAF_CHECK_EQUAL(findings(look()), place + meaning + "\n");
    auto mended = look(true);
    CAF_CHECK_EQUAL(findings(mended), place + meaning + " (repaired)\n");
    CAF_CHECK(mended.sound());
    CAF_CHECK(!rows->get(space::snapshot, key)->has_value());
    CAF_CHECK(look().sound());
  }
  crash_and_recover();
  CAF_CHECK_EQUAL(request<ProbeTotal>(counted, ProbeAsk{}).total(), 77 * 257);
}

CAF_TEST(a snapshot without its event is dropped) {
  auto value = stored(space::snapshot, snapshot_key(entity(counted), limits::snapshot_every));
  change(space::snapshot, snapshot_key(entity(counted), 9999), value);
  change(space::snapshot, snapshot_key(entity("tenant/probe/nobody"), 1), value);
  auto health = look();
  CAF_CHECK_EQUAL(health.findings_size(), 2);
  CAF_CHECK(health.findings(0).meaning() == "there is no such event");
  CAF_CHECK(look(true).sound());
  CAF_CHECK(look().findings_size() == 0);
}

CAF_TEST(index and timer rows are made anew) {
  auto summary = index_key(entity(asked), index_table::tasks, "summary", rows->naming_key());
  auto question = index_key(entity(asked), index_table::questions, "question//0", rows->naming_key());
  auto later = timer_key(entity(counted), 1'700'000'060'000, "later", rows->naming_key());
  auto before = rows->digest();
  change(space::index, summary, "wrong");
  change(space::index, question, std::nullopt);
  change(space::index, later, std::nullopt);
  change(space::index, timer_key(entity(asked), 1, "ghost", rows->naming_key()), "ghost");
  auto found = findings(look());
  CAF_CHECK(found.find(asked + ", index row") != std::string::npos);
  CAF_CHECK(found.find("the row is not the one its events bring about") != std::string::npos);
  CAF_CHECK(found.find(counted + ", timer 'later': the row is missing") != std::string::npos);
  CAF_CHECK(found.find("no event brings this row about") != std::string::npos);
  CAF_CHECK_EQUAL(look().findings_size(), 4);
  CAF_CHECK(look(true).sound());
  CAF_CHECK_EQUAL(rows->digest(), before);
}

CAF_TEST(what an entity with damaged events wrote is left alone) {
  change(space::journal, journal_key(entity(counted), 5), std::nullopt);
  change(space::index, timer_key(entity(counted), 1'700'000'060'000, "later", rows->naming_key()),
         std::nullopt);
  check_found(counted + ": event 5 is missing\n");
}

CAF_TEST(a kind that is unknown here is told of and is no damage) {
  auto health = check_rows(*rows, {agent_kind(one_hand()), task_kind()}, true);
  CAF_REQUIRE(health);
  CAF_CHECK(health->sound());
  CAF_REQUIRE_EQUAL(health->findings_size(), 1);
  CAF_CHECK(health->findings(0).place() == "kind 'probe'");
  CAF_CHECK_EQUAL(request<ProbeTotal>(counted, ProbeAsk{}).total(),
                  77 * 257); // its snapshot and timer are still there
  CAF_CHECK(look().findings_size() == 0);
}

CAF_TEST(an event too large for its row is read where it is and its object is counted) {
  const std::string large = "default/task/large";
  request<TaskAccepted>(large, job("ask", {{"text", std::string(limits::record_bytes, 'x')}}));
  CAF_CHECK(look().sound());
  std::string counted_by;
  CAF_CHECK(!rows->scan(space::meta, object_begin(shard_of(large)), object_end(shard_of(large)),
                        [&](std::string_view key, std::string_view) {
                          counted_by = key;
                          return false;
                        }));
  change(space::meta, counted_by, "7");
  auto id = object_of_key(counted_by);
  CAF_CHECK_EQUAL(findings(look()),
                  "object " + to_string(id) + ": 1 records refer to it, and it is counted otherwise\n");
  CAF_CHECK(look(true).sound());
  CAF_CHECK_EQUAL(stored(space::meta, counted_by), "1");
  objects->damage(id);
  CAF_CHECK(findings(look()).find("object " + to_string(id) + " is not what it was") != std::string::npos);
}

CAF_TEST(findings have an end) {
  StoreHealth health;
  health.set_sound(true);
  for (size_t n = 0; n < limits::doctor_findings + 3; ++n)
    add_finding(health, StoreFinding{});
  CAF_CHECK(health.sound());
  CAF_CHECK_EQUAL(static_cast<size_t>(health.findings_size()), limits::doctor_findings);
  CAF_CHECK_EQUAL(health.findings_left_out(), 3u);
  StoreFinding one;
  one.set_damage(true);
  add_finding(health, one);
  CAF_CHECK(!health.sound());
}

CAF_TEST_FIXTURE_SCOPE_END()
