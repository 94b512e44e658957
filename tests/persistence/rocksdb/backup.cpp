// A backup of a store on disk is whole or not there, is shared with those before it, and gives back exactly what it was taken
// of; a restore takes no name and no place that belongs to anybody.
#define CAF_SUITE persistence.rocksdb.backup
#define FAIL CAF_FAIL
#include "tests/support/scratch.hpp"
#include <caf/test/dsl.hpp>
#include <fstream>
#include <sys/stat.h>
#include <tests/support/journal_bench.hpp>
#include <troupe/persistence/backup_files.hpp>
#include <troupe/persistence/rocksdb/backup.hpp>

using namespace troupe;
namespace fs = std::filesystem;

namespace {

// A store that is written to and saved.
struct saved_store {
  test::scratch scratch;
  fs::path data = scratch.path() / "data", backups = scratch.path() / "backups";
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  std::shared_ptr<store> rows;
  std::unique_ptr<journal_core> core;
  std::map<std::string, uint64_t> seq, incarnation;

  saved_store() {
    open();
  }
  void open() {
    rows = open_store(data);
    core = std::make_unique<journal_core>(rows, time);
    CAF_REQUIRE(!core->start());
    incarnation.clear();
  }
  void close() {
    core.reset();
    rows.reset();
  }
  static std::shared_ptr<store> open_store(const fs::path& directory) {
    auto opened = open_rocksdb(directory);
    if (!opened)
      CAF_FAIL("no store: " << describe(opened.error()));
    return *opened;
  }
  void append(const std::string& ref, const std::string& event) {
    if (incarnation[ref] == 0) {
      std::vector<journal_order> order{open_of(*rows, ref)};
      core->process(order);
      incarnation[ref] = incarnation.size();
    }
    time->us += 1'000'000;
    std::vector<journal_order> orders{append_of(*rows, ref, incarnation[ref], ++seq[ref], {event})};
    core->process(orders);
  }
  // Enough that a table is worth sharing; bytes that do not compress.
  void append_much(const std::string& ref) {
    std::string bulk;
    for (uint64_t i = 0, x = seq[ref] + 1; i < 25'000;
         ++i, x = x * 6364136223846793005u + 1442695040888963407u)
      bulk.append(reinterpret_cast<const char*>(&x), sizeof x);
    append(ref, bulk);
  }
  caf::expected<BackupMark> try_create(const backup_progress& progress = {}) {
    return create_backup(*rows, {data, backups}, *time, "1.2.3", progress);
  }
  BackupMark create() {
    auto mark = try_create();
    if (!mark)
      CAF_FAIL("no backup: " << describe(mark.error()));
    return *mark;
  }
  BackupList list() const {
    auto found = list_backups(backups);
    if (!found)
      CAF_FAIL("no list: " << describe(found.error()));
    return *found;
  }
  fs::path restore(uint32_t id, const std::string& name = "restored") {
    auto mark = restore_backup(backups, id, scratch.path() / name, *time);
    if (!mark)
      CAF_FAIL("no restore: " << describe(mark.error()));
    return scratch.path() / name;
  }
  ec refusal_to_restore(uint32_t id, const fs::path& target,
                        const std::function<caf::error(const fs::path&)>& finish = {}) {
    return code_of(restore_backup(backups, id, target, *time, finish).error());
  }
  // Flips a bit in the middle of a file.
  static void damage(const fs::path& path) {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    auto middle = static_cast<std::streamoff>(fs::file_size(path) / 2);
    file.seekg(middle);
    auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(middle);
    file.put(byte);
  }
  fs::path largest_table() const {
    fs::path found;
    for (auto& entry : fs::recursive_directory_iterator{backups / "rows"})
      if (entry.path().extension() == ".sst" && (found.empty() || entry.file_size() > fs::file_size(found)))
        found = entry.path();
    return found;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(rocksdb_backup_tests, saved_store)

CAF_TEST(a backup tells what is in it and gives it back) {
  append("t/probe/a", "one");
  append("t/probe/b", "two");
  auto mark = create();
  CAF_CHECK_EQUAL(mark.id(), 1u);
  CAF_CHECK_EQUAL(mark.store(), rows->id());
  CAF_CHECK_EQUAL(mark.history(), "");
  CAF_CHECK_EQUAL(mark.gsn(), 2u);
  CAF_CHECK_EQUAL(mark.time_us(), int64_t{stored_headers(*rows).back().time_us});
  CAF_CHECK_EQUAL(mark.version(), "1.2.3");
  CAF_CHECK_EQUAL(mark.created_ms(), time->now_ms());
  CAF_CHECK(mark.bytes() > 0 && mark.new_bytes() >= mark.bytes());
  append("t/probe/a", "later");
  auto restored = open_store(restore(1));
  CAF_CHECK_EQUAL(restored->id(), rows->id());
  CAF_CHECK_EQUAL(restored->naming_key(), rows->naming_key());
  CAF_CHECK(stored_events(*restored, "t/probe/a") == std::vector<std::string>{"1:one"});
  CAF_CHECK(stored_events(*restored, "t/probe/b") == std::vector<std::string>{"1:two"});
  CAF_CHECK(stored_events(*rows, "t/probe/a").size() == 2u);
  struct stat found {};
  CAF_REQUIRE_EQUAL(::stat((scratch.path() / "restored").c_str(), &found), 0);
  CAF_CHECK_EQUAL(found.st_mode & 07777, 0700u);
}

CAF_TEST(a directory may be named from where the program runs) {
  append("t/probe/a", "one");
  auto relative = fs::relative(backups);
  CAF_REQUIRE(relative.is_relative());
  CAF_CHECK(create_backup(*rows, {data, relative}, *time, "1"));
  CAF_CHECK(verify_backup(relative, 0));
  CAF_CHECK(restore_backup(relative, 0, fs::relative(scratch.path()) / "restored", *time));
  CAF_CHECK(stored_events(*open_store(scratch.path() / "restored"), "t/probe/a").size() == 1u);
}

CAF_TEST(a newborn store is saved and restored) {
  auto mark = create();
  CAF_CHECK_EQUAL(mark.gsn(), 0u);
  CAF_CHECK(open_store(restore(0))->id() == rows->id());
}

CAF_TEST(the next backup adds what is new) {
  append_much("t/probe/a");
  append_much("t/probe/a");
  auto first = create();
  append("t/probe/a", "a little");
  auto second = create();
  CAF_CHECK(first.new_bytes() > 300'000u);
  CAF_CHECK(second.new_bytes() < 100'000u);
  CAF_CHECK(second.bytes() > 300'000u);
  CAF_CHECK_EQUAL(list().backups_size(), 2);
  CAF_CHECK_EQUAL(list().backups(0).mark().id(), 2u); // newest first
  CAF_CHECK_EQUAL(list().unfinished(), 0u);
  CAF_CHECK(stored_events(*open_store(restore(1)), "t/probe/a").size() == 2u);
  CAF_CHECK(stored_events(*open_store(restore(2, "other")), "t/probe/a").size() == 3u);
}

CAF_TEST(backups go on after a restart of the store) {
  append("t/probe/a", "one");
  create();
  close();
  open();
  append("t/probe/a", "two");
  CAF_CHECK_EQUAL(create().id(), 2u);
  CAF_CHECK(verify_backup(backups, 1));
  CAF_CHECK(verify_backup(backups, 2));
  CAF_CHECK(stored_events(*open_store(restore(0)), "t/probe/a").size() == 2u);
}

CAF_TEST(old backups leave and what others need stays) {
  append_much("t/probe/a");
  create();
  append_much("t/probe/a");
  create();
  create();
  CAF_REQUIRE(!purge_backups(backups, 2));
  CAF_CHECK_EQUAL(list().backups_size(), 2);
  CAF_CHECK(verify_backup(backups, 2));
  CAF_CHECK(verify_backup(backups, 1).error() == ec::not_found);
  CAF_CHECK(!purge_backups(backups, 5));
  CAF_CHECK_EQUAL(list().backups_size(), 2);
  CAF_CHECK(stored_events(*open_store(restore(2)), "t/probe/a").size() == 2u);
}

CAF_TEST(objects and key ring go along) {
  fs::create_directories(data / "objects/0a");
  std::ofstream{data / "objects/0a/one"} << "large";
  std::ofstream{data / "keyring"} << "keys";
  append("t/probe/a", "one");
  create();
  fs::remove(data / "objects/0a/one");
  create();
  auto restored = restore(1);
  CAF_CHECK(*read_file_whole(restored / "objects/0a/one") == "large");
  CAF_CHECK(*read_file_whole(restored / "keyring") == "keys");
  damage(backups / "objects/0a/one");
  CAF_CHECK(verify_backup(backups, 1).error() == ec::corrupt);
  CAF_CHECK(verify_backup(backups, 2)); // it holds no such object
  CAF_REQUIRE(!purge_backups(backups, 1));
  CAF_CHECK(!fs::exists(backups / "objects/0a/one"));
}

CAF_TEST(the backups of one store are not those of another) {
  create();
  auto other = open_store(scratch.path() / "other");
  auto refused = create_backup(*other, {scratch.path() / "other", backups}, *time, "1");
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error() == ec::conflict);
  CAF_CHECK(text_of(refused.error()).find(rows->id()) != std::string::npos);
}

CAF_TEST(backups within the store they save are refused) {
  for (auto within : {data, data / "backups", data / "x" / ".." / "backups"})
    CAF_CHECK(create_backup(*rows, {data, within}, *time, "1").error() == ec::invalid_argument);
  CAF_CHECK(!fs::exists(data / "backups"));
}

CAF_TEST(a store in memory has no backup here) {
  CAF_CHECK(create_backup(*open_memory(1), {data, backups}, *time, "1").error() == ec::unavailable);
}

CAF_TEST(a directory that cannot be made is told) {
  std::ofstream{backups} << "a file";
  CAF_CHECK(text_of(try_create().error()).find("File exists") != std::string::npos);
}

CAF_TEST(who works on the backups is alone) {
  append("t/probe/a", "one");
  create();
  auto writer = backup_lock::take(backups, true);
  CAF_REQUIRE(writer);
  CAF_CHECK(try_create().error() == ec::locked);
  CAF_CHECK(purge_backups(backups, 0) == ec::locked);
  CAF_CHECK(verify_backup(backups, 1).error() == ec::locked);
  CAF_CHECK(refusal_to_restore(1, scratch.path() / "restored") == ec::locked);
  CAF_CHECK_EQUAL(list().backups_size(), 1); // looking is always allowed
}

CAF_TEST(a backup that was given up is not listed and its place is used again) {
  for (int i = 0; i < 60; ++i) // more than limits::backup_progress_bytes
    append_much("t/probe/a");
  auto stopped = try_create([](uint64_t, uint64_t) { return false; });
  CAF_REQUIRE(!stopped);
  CAF_CHECK(stopped.error() == ec::cancelled);
  CAF_CHECK_EQUAL(list().backups_size(), 0);
  uint64_t told = 0, all = 0;
  auto mark = try_create([&](uint64_t done, uint64_t of) {
    told = done;
    all = of;
    return true;
  });
  CAF_REQUIRE(mark);
  CAF_CHECK_EQUAL(mark->id(), 1u);
  CAF_CHECK(told > 0 && all >= told);
  CAF_CHECK(verify_backup(backups, 1));
}

CAF_TEST(a backup without its mark does not exist) {
  append("t/probe/a", "one");
  create();
  append("t/probe/a", "two");
  create();
  fs::remove(backups / "marks/2"); // as if it had been killed just before
  CAF_CHECK_EQUAL(list().backups_size(), 1);
  CAF_CHECK_EQUAL(list().unfinished(), 1u);
  CAF_CHECK(verify_backup(backups, 2).error() == ec::not_found);
  CAF_CHECK(refusal_to_restore(2, scratch.path() / "restored") == ec::not_found);
  append("t/probe/a", "three");
  auto next = create();
  CAF_CHECK(next.id() != 1u);
  CAF_CHECK_EQUAL(list().unfinished(), 0u);
  CAF_CHECK_EQUAL(list().backups_size(), 2);
  CAF_CHECK(stored_events(*open_store(restore(next.id())), "t/probe/a").size() == 3u);
}

CAF_TEST(a damaged table is found and not restored) {
  append_much("t/probe/a");
  create();
  auto table = largest_table();
  damage(table);
  auto found = verify_backup(backups, 0);
  CAF_REQUIRE(!found);
  CAF_CHECK(found.error() == ec::corrupt);
  CAF_CHECK(refusal_to_restore(1, scratch.path() / "restored") == ec::corrupt);
  CAF_CHECK(!fs::exists(scratch.path() / "restored"));
  CAF_CHECK(!fs::exists(scratch.path() / "restored.restoring"));
}

CAF_TEST(a missing table is listed as trouble) {
  append_much("t/probe/a");
  create();
  fs::remove(largest_table());
  CAF_CHECK(!list().backups(0).trouble().empty());
  CAF_CHECK(verify_backup(backups, 1).error() == ec::corrupt);
}

CAF_TEST(a damaged mark is listed as trouble) {
  append("t/probe/a", "one");
  create();
  damage(backups / "marks/1");
  CAF_CHECK_EQUAL(list().backups(0).mark().id(), 1u);
  CAF_CHECK(list().backups(0).trouble().find("is damaged") != std::string::npos);
  CAF_CHECK(verify_backup(backups, 0).error() == ec::corrupt);
}

CAF_TEST(a mark that tells of another backup is found) {
  append("t/probe/a", "one");
  create();
  append("t/probe/a", "two");
  create();
  auto record = read_record(backups, 1);
  CAF_REQUIRE(record);
  record->mutable_mark()->set_id(2);
  CAF_REQUIRE(!write_record(backups, *record));
  CAF_CHECK(verify_backup(backups, 2).error() == ec::corrupt);
  CAF_CHECK(refusal_to_restore(2, scratch.path() / "restored") == ec::corrupt);
}

CAF_TEST(a restore writes over nothing) {
  append("t/probe/a", "one");
  create();
  auto full = scratch.path() / "full";
  fs::create_directory(full);
  std::ofstream{full / "file"} << "mine";
  CAF_CHECK(refusal_to_restore(1, full) == ec::already_exists);
  CAF_CHECK(refusal_to_restore(1, data) == ec::already_exists);
  CAF_CHECK(*read_file_whole(full / "file") == "mine");
  auto empty = scratch.path() / "empty";
  fs::create_directory(empty);
  CAF_CHECK(restore_backup(backups, 1, empty.native() + "/", *time));
  CAF_CHECK(stored_events(*open_store(empty), "t/probe/a").size() == 1u);
}

CAF_TEST(a restore that fails at its end leaves nothing and the next one succeeds) {
  append("t/probe/a", "one");
  create();
  auto target = scratch.path() / "restored";
  CAF_CHECK(refusal_to_restore(1, target, [&](const fs::path& place) {
              CAF_CHECK(!fs::exists(target)); // it has its name only when all is done
              CAF_CHECK(stored_events(*open_store(place), "t/probe/a").size() == 1u);
              return make_error(ec::conflict, "no");
            }) == ec::conflict);
  CAF_CHECK(!fs::exists(target));
  fs::create_directory(target.native() + ".restoring"); // as one that was killed leaves it
  std::ofstream{target.native() + ".restoring/000007.sst"} << "old";
  CAF_CHECK(stored_events(*open_store(restore(1)), "t/probe/a").size() == 1u);
  CAF_CHECK(!fs::exists(target.native() + ".restoring"));
}

CAF_TEST(two restores to one place do not meet) {
  append("t/probe/a", "one");
  create();
  auto target = scratch.path() / "restored";
  auto inner = ec{};
  auto outer = restore_backup(backups, 1, target, *time, [&](const fs::path&) {
    inner = refusal_to_restore(1, target);
    return caf::error{};
  });
  CAF_CHECK(outer);
  CAF_CHECK(inner == ec::locked);
}

CAF_TEST(a restored store begins a history of its own and is saved beside the old one) {
  append("t/probe/a", "one");
  create();
  append("t/probe/a", "two");
  create();
  auto place = restore(1);
  close();
  data = place;
  seq["t/probe/a"] = 1;
  open();
  append("t/probe/a", "another two");
  auto mark = create();
  CAF_CHECK_EQUAL(mark.id(), 3u);
  CAF_CHECK_EQUAL(mark.gsn(), 2u);
  CAF_CHECK_EQUAL(mark.history().size(), 26u);
  for (uint32_t id : {1, 2, 3})
    CAF_CHECK(verify_backup(backups, id));
  CAF_CHECK(stored_events(*open_store(restore(3, "third")), "t/probe/a").back() == "2:another two");
  CAF_CHECK(stored_events(*open_store(restore(2, "second")), "t/probe/a").back() == "2:two");
}

CAF_TEST(without backups there is nothing to list or restore) {
  CAF_CHECK(list_backups(backups).error() == ec::not_found);
  CAF_CHECK(verify_backup(backups, 0).error() == ec::not_found);
  CAF_CHECK(refusal_to_restore(0, scratch.path() / "restored") == ec::not_found);
  CAF_CHECK(!fs::exists(scratch.path() / "restored.restoring"));
}

CAF_TEST_FIXTURE_SCOPE_END()
