// What a backup keeps beside the tables: copied whole or not at all, shared, found damaged, removed when nobody needs it.
#define CAF_SUITE persistence.backup_files
#include "tests/support/scratch.hpp"
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <sys/stat.h>
#include <troupe/persistence/backup_files.hpp>

using namespace troupe;
namespace fs = std::filesystem;

namespace {

struct cellar {
  test::scratch scratch;
  fs::path data = scratch.path() / "data", backups = scratch.path() / "backups";

  cellar() {
    fs::create_directory(data);
    fs::create_directory(backups);
  }
  static void put(const fs::path& path, std::string_view text) {
    fs::create_directories(path.parent_path());
    std::ofstream{path} << text;
  }
  // A backup of what is in `data`, listed after those before it.
  BackupRecord save(uint32_t id, const std::vector<BackupRecord>& earlier = {}) {
    std::map<std::string, BackupFile> known, saved;
    for (auto& record : earlier)
      for (auto& file : record.files())
        known[file.path()] = file;
    CAF_REQUIRE(!save_belongings(data, backups, known, saved));
    BackupRecord record;
    record.mutable_mark()->set_id(id);
    for (auto& [path, file] : saved)
      *record.add_files() = file;
    return record;
  }
  static std::string read(const fs::path& path) {
    auto content = read_file_whole(path);
    return content ? *content : describe(content.error());
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(backup_files_tests, cellar)

CAF_TEST(objects are copied once and the key ring every time) {
  put(data / "objects/0a/one", "first");
  put(data / "keyring", "ring 1");
  auto first = save(1);
  put(data / "objects/0b/two", "second");
  put(data / "keyring", "ring 2");
  auto untouched = fs::last_write_time(backups / "objects/0a/one");
  auto second = save(2, {first});
  CAF_REQUIRE_EQUAL(first.files_size(), 1);
  CAF_REQUIRE_EQUAL(second.files_size(), 2);
  CAF_CHECK(second.files(0).path() == "objects/0a/one");
  CAF_CHECK(second.files(0).hash() == first.files(0).hash());
  CAF_CHECK(fs::last_write_time(backups / "objects/0a/one") == untouched);
  CAF_CHECK_EQUAL(read(backups / "keyring"), "ring 2");
}

CAF_TEST(an object that is missing or cut among the copies is copied again) {
  put(data / "objects/0a/one", "first");
  auto first = save(1);
  put(backups / "objects/0a/one", "fir");
  save(2, {first});
  CAF_CHECK_EQUAL(read(backups / "objects/0a/one"), "first");
}

CAF_TEST(a backup gets its own objects back and the newest key ring) {
  put(data / "objects/0a/one", "first");
  put(data / "keyring", "ring 1");
  auto first = save(1);
  put(data / "objects/0b/two", "second");
  put(data / "keyring", "ring 2");
  save(2, {first});
  auto target = scratch.path() / "restored";
  CAF_REQUIRE(!restore_belongings(backups, first, target));
  CAF_CHECK_EQUAL(read(target / "objects/0a/one"), "first");
  CAF_CHECK(!fs::exists(target / "objects/0b"));
  CAF_CHECK_EQUAL(read(target / "keyring"), "ring 2");
}

CAF_TEST(a damaged or missing object is found) {
  put(data / "objects/0a/one", "first");
  auto record = save(1);
  CAF_CHECK(!verify_belongings(backups, record));
  put(backups / "objects/0a/one", "fIrst");
  CAF_CHECK(verify_belongings(backups, record) == ec::corrupt);
  CAF_CHECK(restore_belongings(backups, record, scratch.path() / "restored") == ec::corrupt);
  fs::remove(backups / "objects/0a/one");
  CAF_CHECK(verify_belongings(backups, record) == ec::corrupt);
}

CAF_TEST(objects no backup lists any more are removed) {
  put(data / "objects/0a/one", "first");
  auto first = save(1);
  fs::remove(data / "objects/0a/one");
  put(data / "objects/0b/two", "second");
  auto second = save(2, {first});
  sweep_belongings(backups, {first, second});
  CAF_CHECK(fs::exists(backups / "objects/0a/one"));
  sweep_belongings(backups, {second});
  CAF_CHECK(!fs::exists(backups / "objects/0a/one"));
  CAF_CHECK(fs::exists(backups / "objects/0b/two"));
}

CAF_TEST(a mark is read as it was written and a damaged one is none) {
  BackupRecord record;
  record.mutable_mark()->set_id(7);
  record.mutable_mark()->set_gsn(12);
  CAF_REQUIRE(!write_record(backups, record));
  auto found = read_record(backups, 7);
  CAF_REQUIRE(found);
  CAF_CHECK_EQUAL(found->mark().gsn(), 12u);
  CAF_CHECK(recorded_backups(backups) == std::vector<uint32_t>{7});
  auto bytes = read(backups / "marks/7");
  bytes.back() ^= 1;
  put(backups / "marks/7", bytes);
  CAF_CHECK(read_record(backups, 7).error() == ec::corrupt);
  put(backups / "marks/7", bytes.substr(0, 5));
  CAF_CHECK(read_record(backups, 7).error() == ec::corrupt);
  CAF_CHECK(!erase_record(backups, 7));
  CAF_CHECK(!erase_record(backups, 7)); // once more does no harm
  CAF_CHECK(read_record(backups, 7).error() == ec::not_found);
}

CAF_TEST(a mark copied under another number is none) {
  BackupRecord record;
  record.mutable_mark()->set_id(7);
  CAF_REQUIRE(!write_record(backups, record));
  fs::copy(backups / "marks/7", backups / "marks/8");
  CAF_CHECK(read_record(backups, 8).error() == ec::corrupt);
}

CAF_TEST(what was half written has no name) {
  put(data / "objects/0a/one.half", "fir");
  put(backups / "marks/9.half", "?");
  CAF_CHECK_EQUAL(save(1).files_size(), 0);
  CAF_CHECK(recorded_backups(backups).empty());
}

CAF_TEST(files are for their owner alone and a failure names the cause) {
  CAF_REQUIRE(!write_file_whole(backups / "deep/er/file", "x"));
  struct stat found {};
  CAF_REQUIRE_EQUAL(::stat((backups / "deep/er/file").c_str(), &found), 0);
  CAF_CHECK_EQUAL(found.st_mode & 07777, 0600u);
  put(scratch.path() / "file", "no directory");
  auto failed = write_file_whole(scratch.path() / "file/below", "x");
  CAF_CHECK(text_of(failed).find("File exists") != std::string::npos);
  CAF_CHECK(read_file_whole(backups / "nothing").error() == ec::not_found);
}

CAF_TEST(one writes at a time and nobody while others read) {
  auto reader = backup_lock::take(backups, false);
  CAF_REQUIRE(reader);
  CAF_CHECK(backup_lock::take(backups, false));
  CAF_CHECK(backup_lock::take(backups, true).error() == ec::locked);
  { auto gone = std::move(*reader); }
  auto writer = backup_lock::take(backups, true);
  CAF_REQUIRE(writer);
  CAF_CHECK(backup_lock::take(backups, true).error() == ec::locked);
  CAF_CHECK(backup_lock::take(backups, false).error() == ec::locked);
}

CAF_TEST_FIXTURE_SCOPE_END()
