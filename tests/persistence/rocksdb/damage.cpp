// Every fault is refused, or told when it is read, or cut off and reported; nothing acknowledged is missing in silence.
#define CAF_SUITE persistence.rocksdb.damage
#include "tests/support/scratch.hpp"
#include <algorithm>
#include <caf/test/unit_test.hpp>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/rocksdb/checkup.hpp>
#include <troupe/persistence/rocksdb/damage.hpp>
#include <troupe/persistence/rocksdb/database.hpp>

using namespace troupe;

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream bytes{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{bytes}, {}};
}

void flip(const fs::path& file, std::streamoff offset, int bit = 0) {
  std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
  bytes.seekg(offset);
  auto byte = static_cast<char>(bytes.get() ^ (1 << bit));
  bytes.seekp(offset);
  bytes.put(byte);
}

// A store at work, and the copy of its files a crash would leave behind.
struct wreck {
  test::scratch scratch;
  fs::path origin = scratch.path() / "store";
  fs::path copy = scratch.path() / "copy";
  std::shared_ptr<store> rows;
  unsigned written = 0; // batches acknowledged
  std::mutex mutex;     // guards warnings
  std::string warnings;

  wreck() {
    rows = *open_rocksdb(origin);
  }

  void write(unsigned batches) {
    for (; batches > 0; --batches)
      CAF_REQUIRE(
          !rows->write({{space::journal, fmt::format("key {:05}", ++written), std::string(300, 'v')}}));
  }

  // The rows of one space go into a table, and a new log begins; the old one stays for the others.
  void begin_log(space where) {
    auto database = database_of(*rows);
    CAF_REQUIRE(database->db->Flush({}, database->handle(where)).ok());
  }

  void fail_power() {
    fs::remove_all(copy);
    fs::copy(origin, copy, fs::copy_options::recursive);
  }

  // As if the last batches had not been answered yet.
  void keep_mark_of(const fs::path& earlier) {
    fs::copy_file(earlier / high_water::file_name, copy / high_water::file_name,
                  fs::copy_options::overwrite_existing);
  }

  fs::path earlier() {
    auto aside = scratch.path() / "earlier";
    fs::remove_all(aside);
    fs::copy(origin, aside, fs::copy_options::recursive);
    return aside;
  }

  std::vector<fs::path> files(std::string_view extension) const {
    std::vector<fs::path> found;
    for (auto& entry : fs::directory_iterator{copy})
      if (entry.path().extension() == extension)
        found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }
  fs::path last_log() const {
    return files(".log").back();
  }
  fs::path manifest() const {
    auto name = contents(copy / "CURRENT");
    return copy / name.substr(0, name.find('\n'));
  }

  caf::expected<std::shared_ptr<store>> open(bool accept_loss = false) {
    warnings.clear();
    return open_rocksdb(copy, {.warn =
                                   [this](auto text) {
                                     std::lock_guard lock{mutex};
                                     warnings += std::string{text} + "\n";
                                   },
                               .accept_loss = accept_loss});
  }

  // What a start of the copy says: how many batches it holds, or its refusal.
  std::string start(bool accept_loss = false) {
    auto opened = open(accept_loss);
    if (!opened)
      return to_string(code_of(opened.error())) + ": " + text_of(opened.error());
    unsigned found = 0;
    auto failed = (*opened)->scan(space::journal, "", "\xff", [&](auto, auto) { return ++found > 0; });
    return failed ? "told: " + text_of(failed) : std::to_string(found);
  }

  // Refused with a reason, and left as it was.
  void check_refused(std::string_view reason) {
    std::map<fs::path, std::string> before, after;
    auto take = [&](auto& into) {
      for (auto& entry : fs::directory_iterator{copy})
        into[entry.path()] = contents(entry.path());
    };
    take(before);
    auto said = start();
    take(after);
    CAF_CHECK_EQUAL(said.substr(0, said.find(':')), "corrupt");
    if (said.find(reason) == std::string::npos)
      CAF_FAIL("not told '" << reason << "' but: " << said);
    CAF_CHECK(said.find("troupe doctor --data " + copy.native()) != std::string::npos);
    CAF_CHECK(said.find("restore a backup") != std::string::npos);
    CAF_CHECK(before == after);
  }

  bool warned(std::string_view part) const {
    return warnings.find(part) != std::string::npos;
  }

  // Findings of the doctor about the copy's files, one a line.
  std::string diagnosis(bool accept_loss = false) {
    auto seen = check_files(copy, accept_loss);
    if (!seen)
      return describe(seen.error());
    std::string all = seen->opens ? "opens\n" : "does not open\n";
    for (auto& one : seen->health.findings())
      all += fmt::format("{}{} | {} | {}\n", one.damage() ? "damage: " : "", one.place(), one.meaning(),
                         one.remedy());
    CAF_CHECK_EQUAL(seen->health.sound(), all.find("damage: ") == std::string::npos || accept_loss);
    return all;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(damage_tests, wreck)

CAF_TEST(a killed store opens whole and says nothing) {
  write(20);
  begin_log(space::journal);
  write(20);
  fail_power();
  CAF_CHECK_EQUAL(diagnosis(), "opens\n");
  CAF_CHECK_EQUAL(start(), "40");
  CAF_CHECK_EQUAL(warnings, "");
}

CAF_TEST(zeros after the log are room that was not used) {
  write(20);
  fail_power();
  fs::resize_file(last_log(), fs::file_size(last_log()) + 4096);
  CAF_CHECK_EQUAL(start(), "20");
  CAF_CHECK_EQUAL(warnings, "");
}

CAF_TEST(a torn tail is cut off and reported if nobody was answered for it) {
  write(20);
  auto before = earlier();
  write(1);
  for (int fault = 0; fault < 3; ++fault) {
    fail_power();
    keep_mark_of(before);
    auto log = last_log();
    auto size = static_cast<std::streamoff>(fs::file_size(log));
    if (fault == 0) {
      fs::resize_file(log, static_cast<uintmax_t>(size - 100));
    } else if (fault == 1) {
      flip(log, size - 100);
    } else {
      fs::resize_file(log, static_cast<uintmax_t>(size - 60));
      fs::resize_file(log, static_cast<uintmax_t>(size));
    }
    CAF_CHECK(diagnosis().find("torn") != std::string::npos);
    CAF_CHECK_EQUAL(start(), "20");
    CAF_CHECK(warned("torn end"));
    CAF_CHECK(warned("nothing acknowledged is missing"));
    CAF_CHECK_EQUAL(start(), "20"); // the second start has nothing to say
    CAF_CHECK_EQUAL(warnings, "");
  }
}

CAF_TEST(a last record that was acknowledged is missed) {
  write(20);
  fail_power();
  fs::resize_file(last_log(), fs::file_size(last_log()) - 100);
  check_refused("was acknowledged");
  fail_power();
  flip(last_log(), static_cast<std::streamoff>(fs::file_size(last_log())) - 100);
  check_refused("was acknowledged");
}

CAF_TEST(without a mark a torn tail opens and says what cannot be told) {
  write(20);
  fail_power();
  fs::resize_file(last_log(), fs::file_size(last_log()) - 100);
  fs::remove(copy / high_water::file_name);
  CAF_CHECK(diagnosis().find("there is no mark") != std::string::npos);
  CAF_CHECK_EQUAL(start(), "19");
  CAF_CHECK(warned("cannot be told"));
  CAF_CHECK(warned("torn end"));
  CAF_CHECK(!warned("nothing acknowledged is missing"));
  CAF_CHECK_EQUAL(start(), "19"); // there is a new one now
  CAF_CHECK_EQUAL(warnings, "");
}

CAF_TEST(a flipped bit in the middle of the log is refused with or without a mark) {
  write(300); // several blocks: the rest of the damaged one is skipped as a whole
  fail_power();
  flip(last_log(), static_cast<std::streamoff>(fs::file_size(last_log())) / 2);
  check_refused("lose valid ones");
  fs::remove(copy / high_water::file_name);
  check_refused("lose valid ones");
  CAF_CHECK(diagnosis().find("does not open\ndamage: log") ==
            std::string::npos); // the missing mark is told first
  CAF_CHECK(diagnosis().find("--accept-loss") != std::string::npos);
}

CAF_TEST(a live log that was deleted is missed) {
  write(20);
  fail_power();
  fs::remove(last_log());
  check_refused("its mark is that of"); // all the store ever wrote was in that log
}

CAF_TEST(a log in the middle that was deleted or halved is missed) {
  write(10);
  begin_log(space::meta); // the first log stays: the journal's rows are in no table
  write(10);
  CAF_REQUIRE(!rows->write({{space::index, "x", "y"}}));
  begin_log(space::index);
  write(10);
  fail_power();
  CAF_REQUIRE(files(".log").size() >= 3);
  auto middle = files(".log")[1];
  fs::resize_file(middle, fs::file_size(middle) / 2);
  check_refused("damaged");
  fs::remove(middle);
  check_refused("damaged");
  fs::remove(copy / high_water::file_name);
  check_refused("damaged");
}

CAF_TEST(a flipped bit in a table is told when it is read and the doctor names the table) {
  write(40);
  begin_log(space::journal);
  fail_power();
  auto table = files(".sst").back();
  for (auto& one : files(".sst"))
    if (fs::file_size(one) > fs::file_size(table))
      table = one;
  flip(table, 100);
  auto seen = diagnosis();
  CAF_CHECK(seen.find("does not open\ndamage: ") == 0);
  CAF_CHECK(seen.find(table.filename().native()) != std::string::npos);
  CAF_CHECK(seen.find("checksum mismatch") != std::string::npos);
  CAF_CHECK(start().find("told: ") == 0);
}

CAF_TEST(a table that was shortened or deleted is missed) {
  write(40);
  begin_log(space::journal);
  fail_power();
  auto table = files(".sst").back();
  fs::resize_file(table, fs::file_size(table) / 2);
  check_refused("damaged");
  fs::remove(table);
  check_refused(table.stem().native()); // RocksDB tries an older suffix last
  CAF_CHECK(diagnosis().find(table.stem().native()) != std::string::npos);
}

CAF_TEST(a damaged manifest and an empty CURRENT are refused) {
  write(20);
  begin_log(space::journal);
  write(20);
  fail_power();
  flip(manifest(), static_cast<std::streamoff>(fs::file_size(manifest())) / 2);
  check_refused("damaged");
  fail_power();
  fs::remove(manifest());
  check_refused("No such file");
  fail_power();
  fs::resize_file(copy / "CURRENT", 0);
  check_refused("damaged");
  fail_power();
  fs::remove(copy / "CURRENT");
  check_refused("CURRENT is missing");
  CAF_CHECK(diagnosis().find("does not open") == 0);
}

CAF_TEST(an older copy under a newer mark is refused until its loss is accepted) {
  write(20);
  auto before = earlier();
  write(5);
  fail_power();
  fs::copy_file(copy / high_water::file_name, before / high_water::file_name,
                fs::copy_options::overwrite_existing);
  fs::remove_all(copy);
  fs::rename(before, copy);
  check_refused("an older copy lies in its place");
  CAF_CHECK(diagnosis(true).find("opens\ndamage: log") == 0);
  CAF_CHECK_EQUAL(start(true), "20");
  CAF_CHECK(warned("in spite of a loss"));
  CAF_CHECK_EQUAL(start(), "20");
  CAF_CHECK_EQUAL(warnings, "");
}

CAF_TEST(the files of another store under this mark are refused) {
  write(20);
  fail_power();
  auto id = rows->id();
  rows.reset();
  fs::remove_all(origin);
  rows = *open_rocksdb(origin);
  auto mark = contents(copy / high_water::file_name);
  fail_power();
  std::ofstream{copy / high_water::file_name, std::ios::binary} << mark;
  check_refused("its mark is that of store " + id);
}

CAF_TEST(a loss in the middle that is accepted leaves what came before) {
  write(300);
  fail_power();
  flip(last_log(), static_cast<std::streamoff>(fs::file_size(last_log())) / 2);
  auto kept = start(true);
  CAF_CHECK(warned("in spite of a loss"));
  CAF_CHECK(std::stoul(kept) > 100 && std::stoul(kept) < 200);
  CAF_CHECK_EQUAL(start(), kept);
}

CAF_TEST(a directory that was emptied but for its mark is not born again) {
  write(1);
  fail_power();
  for (auto& entry : fs::directory_iterator{copy})
    if (entry.path().filename() != high_water::file_name)
      fs::remove(entry.path());
  check_refused("CURRENT is missing");
}

CAF_TEST(an unknown column family is of a newer version) {
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  {
    auto database = database_of(*rows);
    CAF_REQUIRE(database->db->CreateColumnFamily({}, "novelty", &handle).ok());
    CAF_CHECK(database->db->DestroyColumnFamilyHandle(handle).ok());
  }
  fail_power();
  auto said = start();
  CAF_CHECK_EQUAL(said.substr(0, said.find(':')), "from_future");
}

CAF_TEST(a birth that was cut short is gone on with) {
  fs::create_directories(copy);
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* bare = nullptr;
  CAF_REQUIRE(rocksdb::DB::Open(options, copy.native(), &bare).ok());
  delete bare;
  CAF_CHECK_EQUAL(start(), "0");
}

CAF_TEST(a damaged length in the list of files is refused and a torn end of it is cut off) {
  write(20);
  begin_log(space::journal);
  write(20);
  fail_power();
  auto list = contents(manifest());
  size_t records = 0;
  for (size_t at = 0; at < list.size(); ++records) {
    fail_power();
    flip(manifest(), static_cast<std::streamoff>(at + 5), 7); // now it reaches behind the end of the file
    check_refused("the length of a record is damaged");
    at += 7 + static_cast<uint8_t>(list[at + 4]) +
          (static_cast<size_t>(static_cast<uint8_t>(list[at + 5])) << 8);
  }
  CAF_CHECK(records > 5);
  fail_power();
  std::ofstream{manifest(), std::ios::app | std::ios::binary} << std::string{"sum.\x40\0\1half", 11};
  CAF_CHECK_EQUAL(start(), "40");
}

CAF_TEST(a store that somebody has open is locked and not damaged) {
  write(5);
  CAF_CHECK_EQUAL(code_of(examine(origin).error()), ec::locked);
  CAF_CHECK_EQUAL(code_of(check_files(origin, false).error()), ec::locked);
  write(5); // the lock is still held
  CAF_CHECK_EQUAL(code_of(open_rocksdb(origin).error()), ec::locked);
}

CAF_TEST(where there is no store there is nothing to look at) {
  CAF_CHECK_EQUAL(code_of(check_files(scratch.path() / "nowhere", false).error()), ec::not_found);
  CAF_CHECK_EQUAL(code_of(check_files(scratch.path(), false).error()), ec::not_found);
}

CAF_TEST(reopening looks again and refuses what it would have lost) {
  write(20);
  auto log = std::string{};
  for (auto& entry : fs::directory_iterator{origin})
    if (entry.path().extension() == ".log")
      log = entry.path();
  CAF_CHECK(!rows->reopen());
  write(20);
  for (auto& entry : fs::directory_iterator{origin})
    if (entry.path().extension() == ".log")
      log = entry.path();
  flip(log, static_cast<std::streamoff>(fs::file_size(log)) / 2);
  auto refused = rows->reopen();
  CAF_CHECK_EQUAL(code_of(refused), ec::corrupt);
  flip(log, static_cast<std::streamoff>(fs::file_size(log)) / 2);
  CAF_CHECK(!rows->reopen());
  write(1);
}

CAF_TEST_FIXTURE_SCOPE_END()
