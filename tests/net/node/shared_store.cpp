// A node whose rows are in PostgreSQL does what every node does, and remembers it.
#define CAF_SUITE net.node.shared_store
#include "tests/support/postgres_server.hpp"
#include "tests/support/typed.hpp"
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/net/node/node.hpp>
#include <troupe/net/node/settings.hpp>
#include <troupe/net/node/standard_behaviors.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/shard_epochs.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s; // only a failing test waits so long

struct shared_house {
  test::postgres_server& server = test::empty_postgres();
  test::scratch home;

  config settings() const {
    config all;
    all.node.data_directory = (home.path() / "data").string();
    all.node.log_level = "error";
    all.store.postgres = server.address();
    return all;
  }
  std::string master_key() const {
    auto path = (home.path() / "master").string();
    std::ofstream{path} << std::string(64, 'a') << '\n';
    std::filesystem::permissions(path,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
  }
  // A life of a node: a task, and the run of an earlier life.
  static std::string live(const config& all) {
    node one{all};
    add_standard_behaviors(one.behaviors());
    if (auto failed = one.start())
      return describe(failed);
    workflow_builder flow{"later"};
    flow.step("say", "troupe.echo").input("text", "done");
    auto run = one.start_run("r", flow.definition(), {}); // the same id: the same run
    if (!run)
      return describe(run.error());
    auto end = one.await_run(*run, patience);
    auto echo = one.run("troupe.echo", "hello", patience);
    return !end    ? describe(end.error())
           : !echo ? describe(echo.error())
                   : echo->text() + " " + std::to_string(end->steps_size());
  }
  std::string events() const {
    return server.run("select count(*) from troupe.rows where space = 0");
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(shared_store_tests, shared_house)

CAF_TEST(entities of a node live in the database and outlive the node) {
  CAF_CHECK_EQUAL(live(settings()), "hello 1");
  auto first = std::stoi(events());
  CAF_CHECK(first > 0);
  CAF_CHECK(!std::filesystem::exists(home.path() / "data" / "CURRENT"));
  CAF_CHECK(!std::filesystem::exists(home.path() / "data" / "objects"));
  CAF_CHECK_EQUAL(live(settings()), "hello 1");
  auto runs = server.run("select count(*) from troupe.rows where space = 3 and value = 'default/run/r'");
  CAF_CHECK_EQUAL(runs, "1");
  CAF_CHECK(std::stoi(events()) > first);
}

CAF_TEST(values in the database are sealed as those on a disk) {
  auto all = settings();
  all.keys.master_key_file = master_key();
  CAF_CHECK_EQUAL(live(all), "hello 1");
  CAF_CHECK_EQUAL(live(all), "hello 1");
  CAF_CHECK_EQUAL(
      server.run("select count(*) from troupe.rows where position('default/'::bytea in value) > 0"), "0");
  CAF_CHECK_EQUAL(server.run("select count(*) from troupe.rows where position('hello'::bytea in value) > 0"),
                  "0");
  all.keys.master_key_file.clear();
  auto opened = open_store(all, {});
  CAF_REQUIRE(!opened);
  CAF_CHECK_EQUAL(code_of(opened.error()), ec::key_missing);
}

CAF_TEST(a node with a backup directory is told how such rows are backed up) {
  auto all = settings();
  all.backup.directory = (home.path() / "backups").string();
  auto opened = open_store(all, {});
  CAF_REQUIRE(!opened);
  CAF_CHECK_EQUAL(code_of(opened.error()), ec::invalid_argument);
  CAF_CHECK(text_of(opened.error()).find("its own tools") != std::string::npos);
}

CAF_TEST(the doctor looks at rows in the database and backup commands leave them alone) {
  CAF_CHECK_EQUAL(live(settings()), "hello 1");
  auto file = (home.path() / "troupe.toml").string();
  std::ofstream{file} << "[node]\ndata_directory = \"" << settings().node.data_directory
                      << "\"\n[store]\npostgres = \"" << server.address() << "\"\n";
  auto healthy = type({"doctor", "--config", file});
  CAF_CHECK_EQUAL(healthy.code, 0);
  CAF_CHECK(healthy.out.find("sound") != std::string::npos);
  CAF_CHECK(healthy.out.find("events of") != std::string::npos);
  auto refused = type({"backup", "restore", "--config", file, "--backups", (home.path() / "b").string()});
  CAF_CHECK_EQUAL(refused.code, info(ec::invalid_argument).exit_code);
  CAF_CHECK(refused.err.find("PostgreSQL") != std::string::npos);
}

CAF_TEST(a part of a store on disk is not made where the rows are shared) {
  auto all = settings();
  CAF_CHECK(is_shared(all));
  all.store.postgres = " ";
  CAF_CHECK(!is_shared(all));
}

CAF_TEST(members share their rows and keep their agents each in a store of its own) {
  auto member = [this](const std::string& name) {
    auto all = settings();
    all.node.name = name;
    all.node.data_directory = (home.path() / name).string();
    all.keys.master_key_file = master_key();
    all.cluster.etcd = "http://127.0.0.1:2379";
    return all;
  };
  system_clock time;
  node_metrics meters;
  auto open = [&](const config& all) {
    auto log = open_log(all, time, meters);
    CAF_REQUIRE(log);
    auto sharing = journal_sharing{std::make_shared<shard_epochs>(), all.node.name, {}};
    auto opened = open_storage(all, *log, std::make_shared<system_clock>(), meters, {{}, {}, sharing});
    CAF_REQUIRE(opened);
    return std::move(*opened);
  };
  auto a = open(member("a")), b = open(member("b"));
  CAF_REQUIRE(a.own && b.own);
  CAF_CHECK_EQUAL(a.rows->id(), b.rows->id());
  CAF_CHECK_EQUAL(a.rows->naming_key(), b.rows->naming_key());
  CAF_CHECK(a.own->rows->id() != b.own->rows->id());
  CAF_CHECK(a.own->objects && !a.objects);
  CAF_CHECK(!a.rows->write({{space::meta, store_key("probe"), "seen"}}));
  auto seen = b.rows->get(space::meta, store_key("probe"));
  CAF_CHECK(seen && *seen == "seen");
  auto other = b.own->rows->get(space::meta, store_key("probe"));
  CAF_CHECK(other && !*other);
  CAF_CHECK(!std::filesystem::exists(home.path() / "a.spent" / "marks"));
}

CAF_TEST(a key ring that was a file of the one node becomes a row of the store) {
  auto all = settings();
  all.keys.master_key_file = master_key();
  CAF_CHECK_EQUAL(live(all), "hello 1");
  auto ring = server.run("select convert_from(value, 'UTF8') from troupe.rows where key = '\\x006b657972696e67'");
  CAF_REQUIRE(ring.starts_with("troupe keyring"));
  server.run("delete from troupe.rows where key = '\\x006b657972696e67'");
  auto refused = open_store(all, {});
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::key_missing);
  auto file = std::filesystem::path{all.node.data_directory} / "keyring"; // as an earlier version left it
  std::ofstream{file} << ring;
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  CAF_CHECK_EQUAL(live(all), "hello 1");
  CAF_CHECK(!std::filesystem::exists(file));
  CAF_CHECK_EQUAL(live(all), "hello 1");
}

CAF_TEST_FIXTURE_SCOPE_END()
