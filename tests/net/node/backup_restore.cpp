// A store restored to a moment is the store of that moment: events, names, listings, timers, and what a node makes of them.
#define CAF_SUITE net.node.backup_restore
#include "tests/support/journal_bench.hpp"
#include "tests/support/scratch.hpp"
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <troupe/net/node/backup_restore.hpp>
#include <troupe/net/node/node.hpp>
#include <troupe/net/node/standard_behaviors.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/persistence/backup_files.hpp>
#include <troupe/persistence/doctor.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/key_source.hpp>
#include <troupe/persistence/rocksdb/backup.hpp>
#include <troupe/persistence/seal_pass.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using content = std::map<std::string, std::string>;

// A node that works, rests, and is saved while it rests.
struct working_node {
  test::scratch scratch;
  config settings;
  system_clock time;

  explicit working_node(bool sealed = false) {
    settings.node.data_directory = (scratch.path() / "data").string();
    settings.node.log_level = "error";
    settings.backup.directory = (scratch.path() / "backups").string();
    settings.backup.every_minutes = 100'000;
    if (sealed)
      settings.keys.master_key_file = key_file("key", 'a');
  }

  std::string key_file(const std::string& name, char digit) const {
    auto path = scratch.path() / name;
    std::ofstream{path} << std::string(64, digit) << "\n";
    std::filesystem::permissions(path,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path.string();
  }

  // One life: does these tasks, leaves a run that waits.
  void live(const std::vector<std::string>& echoes, const std::string& waiting_run = {}) {
    auto alone = settings;
    alone.backup.directory.clear();
    node one{alone};
    add_standard_behaviors(one.behaviors());
    CAF_REQUIRE(!one.start());
    for (auto& text : echoes) {
      auto result = one.run("troupe.echo", text, 30s);
      CAF_REQUIRE(result);
      CAF_CHECK_EQUAL(result->text(), text);
    }
    if (waiting_run.empty())
      return;
    WorkflowDefinition flow;
    flow.set_name(waiting_run);
    auto& step = *flow.add_steps();
    step.set_id("pause");
    step.mutable_task()->add_required("troupe.wait");
    auto& ms = *step.mutable_task()->add_inputs();
    ms.set_name("ms");
    ms.set_value("86400000");
    CAF_REQUIRE(one.start_run(waiting_run, flow, {}));
  }

  storage open(const std::string& directory) const {
    auto here = settings;
    here.node.data_directory = directory;
    auto all = open_stopped_storage(here, {});
    if (!all)
      CAF_FAIL("no store: " << describe(all.error()));
    return *all;
  }

  // All rows but snapshots, of which two are kept, and what a restore adds: the name of the new history.
  content rows_of(const std::string& directory) const {
    content all;
    auto rows = open(directory).rows;
    for (auto where : {space::journal, space::index, space::meta})
      CAF_REQUIRE(!rows->scan(where, std::string(1, '\0'), "\xff", [&](auto key, auto value) {
        if (key != store_key("history"))
          all.emplace(std::string{to_string(where)} + std::string{key}, value);
        return true;
      }));
    return all;
  }
  content events_of(const std::string& directory) const {
    auto all = rows_of(directory);
    std::erase_if(all, [](auto& row) { return row.first.find("journal") != 0; });
    return all;
  }
  std::shared_ptr<sealed_store> open_sealed(const std::string& directory) const {
    auto sealed = std::dynamic_pointer_cast<sealed_store>(open(directory).rows);
    CAF_REQUIRE(sealed);
    return sealed;
  }
  // What the doctor calls damage, a line each.
  std::string findings(const std::string& directory) const {
    auto all = open(directory);
    auto health = check_rows(*all.rows, known_kinds(), false, all.objects.get());
    CAF_REQUIRE(health);
    std::string text;
    for (auto& one : health->findings())
      if (one.damage())
        text += one.place() + ": " + one.meaning() + "\n";
    return text;
  }
  size_t counted_objects(const std::string& directory) const {
    auto all = open(directory);
    size_t count = 0;
    CAF_REQUIRE(!all.rows->scan(space::meta, object_begin(0), object_end(0xff),
                                [&](auto, auto) { return ++count > 0; }));
    return count;
  }
  // Rows are sealed under the active keys, as by a node in time.
  void seal_all(const std::string& directory) const {
    auto sealed = open_sealed(directory);
    seal_pass pass{sealed};
    while (!pass.finished())
      CAF_REQUIRE(!sealed->write(pass.piece()));
    CAF_REQUIRE(!pass.settle());
    CAF_CHECK(!sealed->ring().keys()->pending());
  }
  envelope counters() const {
    return *read_journal_counters(*open(settings.node.data_directory).rows);
  }
  void save() const {
    auto all = open(settings.node.data_directory);
    CAF_REQUIRE(
        create_backup(*all.plain, {settings.node.data_directory, settings.backup.directory}, time, "1"));
  }
  config elsewhere(const std::string& name) const {
    auto other = settings;
    other.node.data_directory = (scratch.path() / name).string();
    return other;
  }
};

void restores_every_row(bool sealed) {
  working_node here{sealed};
  here.live({"first"}, "early");
  auto then = here.rows_of(here.settings.node.data_directory);
  auto moment = here.counters();
  here.live({"second", "third"}, "late");
  auto now = here.rows_of(here.settings.node.data_directory);
  CAF_REQUIRE(then != now);
  here.save();
  auto by_number = here.elsewhere("by_number");
  auto report = restore_store(by_number, 1, {.gsn = moment.gsn}, here.time);
  CAF_REQUIRE(report);
  CAF_CHECK_EQUAL(report->gsn(), moment.gsn);
  CAF_CHECK_EQUAL(report->time_us(), moment.time_us);
  CAF_CHECK(report->dropped() > 0);
  CAF_CHECK_EQUAL(report->directory(), by_number.node.data_directory);
  CAF_CHECK(here.rows_of(by_number.node.data_directory) == then);
  auto by_time = here.elsewhere("by_time");
  CAF_REQUIRE(restore_store(by_time, 1, {.time_us = moment.time_us}, here.time));
  CAF_CHECK(here.rows_of(by_time.node.data_directory) == then);
  auto whole = here.elsewhere("whole");
  auto all = restore_store(whole, 1, {}, here.time);
  CAF_REQUIRE(all);
  CAF_CHECK_EQUAL(all->dropped(), 0u);
  CAF_CHECK(here.rows_of(whole.node.data_directory) == now);
}

} // namespace

CAF_TEST(a restored moment is that moment in every row) {
  restores_every_row(false);
}

CAF_TEST(a restored moment of a sealed store is that moment in every row) {
  restores_every_row(true);
}

CAF_TEST(a sealed store is restored under its own master key and no other) {
  working_node here{true};
  here.live({"first"});
  auto moment = here.counters();
  here.live({"second"});
  here.save();
  auto other = here.elsewhere("other");
  other.keys.master_key_file = here.key_file("other-key", 'b');
  CAF_CHECK(restore_store(other, 1, {.gsn = moment.gsn}, here.time).error() == ec::wrong_key);
  other.keys.master_key_file.clear();
  CAF_CHECK(restore_store(other, 1, {.gsn = moment.gsn}, here.time).error() == ec::key_missing);
  CAF_CHECK(!std::filesystem::exists(other.node.data_directory));
}

CAF_TEST(a sealed backup from before a rotation of keys is restored after it) {
  working_node here{true};
  auto& data = here.settings.node.data_directory;
  here.live({"first"}, "early");
  auto then = here.rows_of(data);
  here.save();
  here.live({"second"});
  auto between = here.counters();
  auto before = here.settings;
  here.settings.keys.master_key_file = here.key_file("next-key", 'c');
  {
    auto one = here.elsewhere("data");
    one.keys = before.keys;
    auto sealed = std::dynamic_pointer_cast<sealed_store>(open_stopped_storage(one, {})->rows);
    CAF_REQUIRE(!sealed->ring().rotate(master_key_from_file(here.settings.keys.master_key_file).value()));
  }
  here.seal_all(data);
  here.live({"third"});
  auto now = here.rows_of(data);
  here.save(); // what is new in it is sealed under other keys than what it shares with the first
  for (auto& [id, expected] : {std::pair{1u, then}, std::pair{2u, now}}) {
    auto back = here.elsewhere("back" + std::to_string(id));
    CAF_REQUIRE(restore_store(back, id, {}, here.time));
    CAF_CHECK(here.rows_of(back.node.data_directory) == expected);
    here.seal_all(back.node.data_directory);
    CAF_CHECK(here.rows_of(back.node.data_directory) == expected);
    auto sealed = here.open_sealed(back.node.data_directory);
    CAF_CHECK_EQUAL(seal_pass{sealed}.piece().size(), 0u);
  }
  auto cut = here.elsewhere("cut");
  CAF_REQUIRE(restore_store(cut, 2, {.gsn = between.gsn}, here.time));
  CAF_CHECK_EQUAL(here.events_of(cut.node.data_directory).size(), between.gsn);
  auto kept = here.settings.backup.directory + "/keyring";
  CAF_CHECK(*read_file_whole(kept) == *read_file_whole(data + "/keyring")); // the newest, once
  auto with_old = here.elsewhere("with_old");
  with_old.keys = before.keys;
  for (auto id : {1u, 2u})
    CAF_CHECK(restore_store(with_old, id, {}, here.time).error() == ec::wrong_key);
}

CAF_TEST(a backup from before all was sealed is restored after it) {
  working_node here;
  auto& data = here.settings.node.data_directory;
  here.live({"first"});
  auto then = here.events_of(data);
  here.save();
  here.settings.keys.master_key_file = here.key_file("key", 'a');
  here.open_sealed(data); // has keys now, and no row is sealed
  here.save();
  here.seal_all(data);
  here.live({"second"});
  here.save();
  for (auto id : {1u, 2u}) {
    auto back = here.elsewhere("back" + std::to_string(id));
    CAF_REQUIRE(restore_store(back, id, {}, here.time));
    CAF_CHECK(here.events_of(back.node.data_directory) == then);
    here.seal_all(back.node.data_directory);
    CAF_CHECK(here.events_of(back.node.data_directory) == then);
  }
}

CAF_TEST(a sealed backup without its key ring is told of before anything is restored) {
  working_node here{true};
  here.live({"first"});
  here.save();
  auto ring = here.settings.backup.directory + "/keyring";
  std::filesystem::remove(ring);
  auto back = here.elsewhere("back");
  auto refused = restore_store(back, 1, {}, here.time);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error() == ec::key_missing);
  CAF_CHECK(text_of(refused.error()).find(ring) != std::string::npos);
  CAF_CHECK(verify_backup(here.settings.backup.directory, 1).error() == ec::key_missing);
  CAF_REQUIRE(std::filesystem::copy_file(here.settings.node.data_directory + "/keyring", ring));
  CAF_CHECK(restore_store(back, 1, {}, here.time));
}

CAF_TEST(after a cut the doctor finds nothing) {
  for (auto sealed : {false, true}) {
    working_node here{sealed};
    std::string large(3 * limits::record_bytes, 'x');
    here.live({large, "small"}, "early");
    auto moment = here.counters();
    here.live({large + "y", large, "late"}, "late");
    here.save();
    auto back = here.elsewhere("back");
    auto report = restore_store(back, 1, {.gsn = moment.gsn}, here.time);
    CAF_REQUIRE(report);
    CAF_CHECK(report->dropped() > 0);
    CAF_CHECK_EQUAL(here.findings(back.node.data_directory), "");
    CAF_CHECK(here.counted_objects(back.node.data_directory) > 0);
    CAF_CHECK(here.counted_objects(back.node.data_directory) <
              here.counted_objects(here.settings.node.data_directory));
  }
}

CAF_TEST(after a cut the doctor finds nothing of a shredded tenant either) {
  working_node here{true};
  auto& data = here.settings.node.data_directory;
  std::string large(3 * limits::record_bytes, 'x');
  here.live({"first"});
  auto moment = here.counters();
  {
    auto all = here.open(data);
    journal_core core{all.rows, std::make_shared<system_clock>(), {}, all.objects};
    CAF_REQUIRE(!core.start());
    for (auto name : {"other/probe/1", "other/probe/2"}) {
      std::vector<journal_order> orders{open_of(*all.rows, name)};
      core.process(orders);
      auto incarnation = name == std::string_view{"other/probe/1"} ? 1u : 2u;
      orders = {append_of(*all.rows, name, incarnation, 1, {large})};
      core.process(orders);
      if (incarnation == 1)
        moment = *read_journal_counters(*all.rows);
    }
  }
  here.live({large});
  here.save();
  CAF_REQUIRE(!here.open_sealed(data)->ring().shred("other"));
  here.seal_all(data); // its rows are gone here, and in the backup they are not
  here.save();
  auto back = here.elsewhere("back");
  auto report = restore_store(back, 1, {.gsn = moment.gsn}, here.time);
  CAF_REQUIRE(report);
  CAF_CHECK(report->dropped() > 0);
  CAF_CHECK_EQUAL(here.findings(back.node.data_directory), "");
  here.seal_all(back.node.data_directory);
  CAF_CHECK_EQUAL(here.findings(back.node.data_directory), "");
}

CAF_TEST(a node goes on from a restored moment) {
  working_node here;
  here.live({"first"});
  auto moment = here.counters();
  here.live({"second"}, "late");
  here.save();
  auto back = here.elsewhere("back");
  CAF_REQUIRE(restore_store(back, 1, {.gsn = moment.gsn}, here.time));
  back.backup.directory.clear();
  node one{back};
  add_standard_behaviors(one.behaviors());
  CAF_REQUIRE(!one.start());
  CAF_CHECK(one.describe_run("default/run/late").error() == ec::not_found);
  auto result = one.run("troupe.echo", "again", 30s);
  CAF_REQUIRE(result);
  CAF_CHECK_EQUAL(result->text(), "again");
}

CAF_TEST(a point in time is a number or a time in UTC) {
  CAF_CHECK(*parse_point("") == cut_point{});
  CAF_CHECK(*parse_point("0") == (cut_point{.gsn = 0}));
  CAF_CHECK(*parse_point("1234") == (cut_point{.gsn = 1234}));
  CAF_CHECK(*parse_point("2023-11-14T22:13:20Z") == (cut_point{.time_us = 1'700'000'000'000'000}));
  CAF_CHECK(*parse_point("2023-11-14T22:13:20.250Z") == (cut_point{.time_us = 1'700'000'000'250'000}));
  CAF_CHECK(*parse_point("2023-11-14T22:13:20.000001Z") == (cut_point{.time_us = 1'700'000'000'000'001}));
  for (auto wrong :
       {"-1", "1.5", "99999999999999999999", "yesterday", "2023-11-14", "2023-11-14T22:13:20",
        "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20.1234567Z", "2023-11-14T22:13:20.+12Z", "12x", " 12"}) {
    auto refused = parse_point(wrong);
    CAF_CHECK(!refused);
    CAF_CHECK(refused.error() == ec::invalid_argument);
  }
}
