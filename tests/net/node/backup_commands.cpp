// Backups as they are typed: a running node takes its own, this program those of a stopped store; restores are always its.
#define CAF_SUITE net.node.backup_commands
#include "tests/support/typed.hpp"
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/rocksdb/backup.hpp>

using namespace troupe;
namespace fs = std::filesystem;

namespace {

bool tells(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A stopped store with one event, and a place for its backups.
struct stopped_store {
  test::scratch scratch;
  std::string data = (scratch.path() / "data").string(), backups = (scratch.path() / "backups").string();
  std::string id;

  stopped_store() {
    append(1);
  }
  void append(uint64_t seq) {
    auto rows = open_rocksdb(data);
    CAF_REQUIRE(rows);
    id = (*rows)->id();
    std::string ref = "default/probe/a";
    envelope header;
    header.flags = last_of_append;
    header.gsn = seq;
    header.time_us = 1'700'000'000'000'000 + static_cast<int64_t>(seq);
    auto entity = identify(ref, (*rows)->naming_key());
    CAF_REQUIRE(!(*rows)->write(
        {{space::journal, journal_key(entity, seq), wrap(header, JournalRecord{}.SerializeAsString())},
         {space::meta, name_key(entity), ref},
         journal_counters(seq, header.time_us)}));
  }
  typed type(std::vector<std::string> words, cli_hooks hooks = {}) const {
    words.push_back("--backups=" + backups);
    words.push_back("--data=" + data);
    return troupe::type(std::move(words), std::move(hooks));
  }
  typed restore_to(const std::string& name, std::vector<std::string> words = {}) const {
    words.insert(words.begin(),
                 {"backup", "restore", "--backups=" + backups, "--data=" + (scratch.path() / name).string()});
    return troupe::type(std::move(words));
  }
};

} // namespace

CAF_TEST(a stopped store is saved and listed and checked and restored) {
  stopped_store here;
  auto created = here.type({"backup", "create"});
  CAF_CHECK_EQUAL(created.err, "");
  CAF_CHECK_EQUAL(created.code, 0);
  CAF_CHECK(created.out.find("backup   1\n") == 0);
  auto listed = here.type({"backup", "list"});
  CAF_CHECK_EQUAL(listed.code, 0);
  CAF_CHECK(tells(listed.out, "\n1   "));
  CAF_CHECK(tells(here.type({"backup", "list", "--json"}).out, "\"gsn\": \"1\"") ||
            tells(here.type({"backup", "list", "--json"}).out, "\"gsn\": 1"));
  auto checked = here.type({"backup", "verify"});
  CAF_CHECK_EQUAL(checked.out, "backup 1 is good: events up to 1, every file as it was written\n");
  auto restored = here.restore_to("back");
  CAF_CHECK_EQUAL(restored.code, 0);
  CAF_CHECK(tells(restored.out, "restored  backup 1 of store " + here.id));
  auto rows = open_rocksdb((here.scratch.path() / "back").string());
  CAF_REQUIRE(rows);
  CAF_CHECK_EQUAL((*rows)->id(), here.id);
}

CAF_TEST(a restore to an event leaves out what came later) {
  stopped_store here;
  here.append(2);
  here.append(3);
  CAF_REQUIRE_EQUAL(here.type({"backup", "create"}).code, 0);
  auto cut = here.restore_to("cut", {"--at", "2"});
  CAF_CHECK_EQUAL(cut.code, 0);
  CAF_CHECK(tells(cut.out, "events    up to 2, of "));
  CAF_CHECK(tells(cut.out, "left out  1 later ones\n"));
  CAF_CHECK_EQUAL(here.restore_to("late", {"--at", "99"}).code, 3);
  CAF_CHECK_EQUAL(here.restore_to("wrong", {"--at", "noon"}).code, 2);
  CAF_CHECK(!fs::exists(here.scratch.path() / "late"));
}

CAF_TEST(a restore over a store is refused with what to do) {
  stopped_store here;
  CAF_REQUIRE_EQUAL(here.type({"backup", "create"}).code, 0);
  auto refused = here.restore_to("data");
  CAF_CHECK_EQUAL(refused.code, 7);
  CAF_CHECK(tells(refused.err, "is not empty, and a restore writes over nothing"));
  CAF_CHECK(tells(refused.err, "--data DIR"));
}

CAF_TEST(words that are wrong end with usage or not found) {
  stopped_store here;
  CAF_CHECK_EQUAL(here.type({"backup", "list"}).code, 3);
  CAF_REQUIRE_EQUAL(here.type({"backup", "create"}).code, 0);
  CAF_CHECK_EQUAL(here.type({"backup", "verify", "7"}).code, 3);
  CAF_CHECK_EQUAL(here.type({"backup", "verify", "seven"}).code, 2);
  CAF_CHECK_EQUAL(here.type({"backup", "verify", "0"}).code, 2);
  CAF_CHECK_EQUAL(here.restore_to("back", {"7"}).code, 3);
  CAF_CHECK_EQUAL(type({"backup", "create", "--data=" + here.data}).code, 2);
  CAF_CHECK_EQUAL(type({"backup", "list", "--data=" + here.data}).code, 2);
  CAF_CHECK_EQUAL(type({"backup", "verify", "--data=" + here.data}).code, 2);
  CAF_CHECK_EQUAL(type({"backup", "restore", "--data=" + here.data}).code, 2);
  auto nowhere =
      type({"backup", "create", "--backups=" + here.backups, "--data=" + here.backups + "/nothing"});
  CAF_CHECK_EQUAL(nowhere.code, 3);
  CAF_CHECK(!fs::exists(here.backups + "/nothing"));
}

CAF_TEST(damage ends a check with its own code) {
  stopped_store here;
  CAF_REQUIRE_EQUAL(here.type({"backup", "create"}).code, 0);
  write_file(here.backups + "/marks/1", "?");
  CAF_CHECK_EQUAL(here.type({"backup", "verify"}).code, 9);
  CAF_CHECK_EQUAL(here.restore_to("back").code, 3); // none is good
  CAF_CHECK_EQUAL(here.restore_to("back", {"1"}).code, 9);
}

CAF_TEST(a store that is in use is left to its node) {
  stopped_store here;
  auto used = open_rocksdb(here.data);
  CAF_REQUIRE(used);
  auto refused = here.type({"backup", "create"});
  CAF_CHECK_EQUAL(refused.code, 13);
  CAF_CHECK(tells(refused.err, "next:   troupe backup create\n"));
}

CAF_TEST(the configuration says where store and backups are) {
  stopped_store here;
  auto file = write_file((here.scratch.path() / "troupe.toml").string(),
                         "[node]\ndata_directory = \"" + here.data + "\"\n[backup]\ndirectory = \"" +
                             here.backups + "\"\n");
  CAF_CHECK_EQUAL(type({"backup", "create", "--config", file}).code, 0);
  CAF_CHECK_EQUAL(type({"backup", "verify", "--config", file}).code, 0);
  CAF_CHECK_EQUAL(type({"backup", "list", "--config", file}).code, 0);
  CAF_CHECK_EQUAL(
      type({"backup", "restore", "--config", file, "--data", (here.scratch.path() / "back").string()}).code,
      0);
  CAF_CHECK_EQUAL(type({"backup", "list", "--config", file + "x"}).code, 3);
}

CAF_TEST(a node that runs is asked) {
  control_node node;
  unsigned looks = 0;
  BackupMark mark;
  mark.set_id(4);
  mark.set_gsn(17);
  node.play(
      std::string{services::backups},
      [=](const ListBackups&) {
        BackupList list;
        *list.add_backups()->mutable_mark() = mark;
        return list;
      },
      [](const TakeBackup&) {
        BackupWork work;
        work.set_ticket(1);
        return work;
      },
      [](const VerifyBackup& in) {
        BackupWork work;
        work.set_ticket(100 + in.id());
        work.set_ended(true);
        work.mutable_failure()->set_code(static_cast<uint32_t>(ec::corrupt));
        work.mutable_failure()->set_text("a table is damaged");
        return work;
      },
      [=](const GetBackupWork& in) mutable {
        BackupWork work;
        work.set_ticket(in.ticket());
        work.set_done_bytes(1'000'000);
        work.set_all_bytes(2'000'000);
        work.set_ended(++looks > 1);
        if (looks > 1)
          *work.mutable_mark() = mark;
        return work;
      });
  cli_hooks person;
  person.terminal = true;
  auto created = type(node, {"backup", "create"}, person);
  CAF_CHECK_EQUAL(created.code, 0);
  CAF_CHECK(tells(created.out, "backup   4\n"));
  CAF_CHECK(tells(created.err, "\rtaking a backup: 1 of 2 MB"));
  CAF_CHECK(created.err.ends_with("\r\x1b[K"));
  CAF_CHECK(tells(type(node, {"backup", "list"}).out, "\n4   "));
  auto bad = type(node, {"backup", "verify", "4"});
  CAF_CHECK_EQUAL(bad.code, 9);
  CAF_CHECK(tells(bad.err, "a table is damaged"));
}

CAF_TEST(a node without backups says how to get some) {
  control_node node;
  auto refused = type(node, {"backup", "create"});
  CAF_CHECK_EQUAL(refused.code, 7);
  CAF_CHECK(tells(refused.err, "under [backup] in its configuration"));
}

CAF_TEST(backups are for admins) {
  control_node node;
  auto client = node.client(control_node::operate);
  CAF_CHECK(client.backups().error() == ec::permission_denied);
  CAF_CHECK(client.take_backup().error() == ec::permission_denied);
  CAF_CHECK(client.verify_backup({}).error() == ec::permission_denied);
  CAF_CHECK(client.backup_work({}).error() == ec::permission_denied);
}
