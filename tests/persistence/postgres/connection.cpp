// A store is opened only on a server that keeps what it acknowledges, over a way nobody listens to, and by one node alone.
#define CAF_SUITE persistence.postgres.connection
#include "tests/support/postgres_server.hpp"
#include <caf/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/postgres/connection.hpp>

using namespace troupe;

namespace {

struct fixture {
  test::postgres_server& server = test::empty_postgres();

  caf::expected<std::shared_ptr<store>> open(const std::string& more = {}, bool alone = true) const {
    postgres_options options;
    options.address = server.address() + more;
    options.alone = alone;
    return open_postgres(std::move(options));
  }
};

ec refusal(const caf::expected<std::shared_ptr<store>>& opened) {
  return opened ? ec{} : code_of(opened.error());
}

bool tells(const caf::expected<std::shared_ptr<store>>& opened, std::string_view part) {
  return !opened && text_of(opened.error()).find(part) != std::string::npos;
}

} // namespace

CAF_TEST(where a host leads to is seen before anything is sent) {
  for (auto host : {"", "/var/run/postgresql", "@name", "localhost", "127.0.0.1", "127.3.4.5", "::1"})
    CAF_CHECK(is_this_machine(host, ""));
  for (auto host : {"db.example", "10.0.0.1", "127.0.0.1.example", "::2", "localhost.example"})
    CAF_CHECK(!is_this_machine(host, ""));
  CAF_CHECK(is_this_machine("db.example", "127.0.0.1"));
  CAF_CHECK(!is_this_machine("localhost", "10.0.0.1"));
}

CAF_TEST_FIXTURE_SCOPE(postgres_connection_tests, fixture)

CAF_TEST(another machine is spoken to only under TLS that knows whom it speaks to) {
  for (auto more : {" host=192.0.2.1", " host=192.0.2.1 sslmode=require", " host=192.0.2.1 sslmode=verify-ca",
                    " host=localhost,192.0.2.1 port=1,1", " host=localhost hostaddr=192.0.2.1"}) {
    auto opened = open(more);
    CAF_CHECK_EQUAL(refusal(opened), ec::invalid_argument);
    CAF_CHECK(tells(opened, "say sslmode=verify-full"));
  }
}

CAF_TEST(a password is neither taken from an address nor shown) {
  for (auto address : {"postgresql://troupe:hush@localhost/x", "host=localhost password=hush",
                       "postgresql://troupe:hush@localhost:notaport/x", "host=localhost 'hush"}) {
    auto opened = open_postgres({.address = address});
    CAF_CHECK_EQUAL(refusal(opened), ec::invalid_argument);
    CAF_CHECK(!tells(opened, "hush"));
  }
}

CAF_TEST(a wrong password is told without it and the right one opens) {
  server.run("drop role if exists guarded; create role guarded login password 'open sesame';"
             "grant create on database postgres to guarded;"
             "copy (select 'local all guarded scram-sha-256' union all select 'local all all trust') to '" +
             server.data() + "/pg_hba.conf'; select pg_reload_conf()");
  postgres_options options;
  options.address = server.address() + " user=guarded passfile=/dev/null";
  options.password = secret{"hush"};
  auto opened = open_postgres(options);
  CAF_CHECK_EQUAL(refusal(opened), ec::permission_denied);
  CAF_CHECK(!tells(opened, "hush"));
  options.password = secret{"open sesame"};
  CAF_CHECK_EQUAL(refusal(open_postgres(options)), ec{});
  server.run("drop owned by guarded cascade; drop role guarded");
}

CAF_TEST(whoever may not make the schema is told what is missing) {
  server.run("drop role if exists poor; create role poor login");
  auto opened = open(" user=poor");
  CAF_CHECK_EQUAL(refusal(opened), ec::permission_denied);
  CAF_CHECK(tells(opened, "let its user create a schema"));
  server.run("drop role poor");
}

CAF_TEST(a database and a server that are not there are told apart) {
  CAF_CHECK_EQUAL(refusal(open(" dbname=nowhere")), ec::not_found);
  auto opened = open(" port=1");
  CAF_CHECK_EQUAL(refusal(opened), ec::unavailable);
  CAF_CHECK(tells(opened, "database nowhere") || tells(opened, "database postgres"));
}

CAF_TEST(a server that does not sync is refused) {
  server.run("alter role troupe set synchronous_commit = off");
  auto opened = open();
  CAF_CHECK_EQUAL(refusal(opened), ec::invalid_argument);
  CAF_CHECK(tells(opened, "set synchronous_commit = on"));
  server.run("alter role troupe reset all");
  CAF_CHECK_EQUAL(refusal(open()), ec{});
  server.kill();
  server.start({"fsync=off"});
  auto other = open();
  CAF_CHECK_EQUAL(refusal(other), ec::invalid_argument);
  CAF_CHECK(tells(other, "set fsync = on"));
  server.kill();
  server.start();
}

CAF_TEST(a server that cannot be written is refused and read after reopening) {
  auto opened = open();
  CAF_REQUIRE(opened);
  auto& rows = **opened;
  CAF_CHECK(!rows.write({{space::index, "a", "1"}}));
  server.run("alter role troupe set default_transaction_read_only = on");
  CAF_CHECK_EQUAL(code_of(rows.reopen()), ec::read_only);
  CAF_CHECK_EQUAL(rows.get(space::index, "a")->value_or("(none)"), "1");
  CAF_CHECK_EQUAL(code_of(rows.write({{space::index, "a", "2"}})), ec::outcome_unknown);
  test::postgres_session{server.address() + " options='-c default_transaction_read_only=off'"}.run(
      "alter role troupe reset all");
  CAF_CHECK(!rows.reopen());
  CAF_CHECK(!rows.write({{space::index, "a", "2"}}));
}

CAF_TEST(a standby is refused) {
  CAF_CHECK_EQUAL(refusal(open()), ec{});
  server.kill();
  auto signal = std::filesystem::path{server.data()} / "standby.signal";
  std::ofstream{signal};
  server.start();
  auto opened = open();
  CAF_CHECK_EQUAL(refusal(opened), ec::unavailable);
  CAF_CHECK(tells(opened, "the server is a standby"));
  server.kill();
  std::filesystem::remove(signal);
  server.start();
  CAF_CHECK_EQUAL(refusal(open()), ec{});
}

CAF_TEST(two who open it at the same time find the same store) {
  for (int i = 0; i < 5; ++i) {
    server.run("drop schema if exists troupe cascade");
    auto other = std::async(std::launch::async, [&] { return open("", false); });
    auto one = open("", false), two = other.get();
    CAF_REQUIRE(one && two);
    CAF_CHECK_EQUAL((*one)->id(), (*two)->id());
    CAF_CHECK_EQUAL((*one)->naming_key(), (*two)->naming_key());
  }
}

CAF_TEST(who has it alone has it alone) {
  auto first = open();
  CAF_REQUIRE(first);
  auto shared = std::async(std::launch::async, [&] { return open("", false); });
  auto second = open();
  CAF_CHECK_EQUAL(refusal(second), ec::locked);
  CAF_CHECK(tells(second, "another node has it open"));
  CAF_CHECK_EQUAL(refusal(shared.get()), ec::locked);
  first->reset();
  CAF_CHECK_EQUAL(refusal(open()), ec{});
}

CAF_TEST(a schema of a newer program is left alone) {
  CAF_CHECK_EQUAL(refusal(open()), ec{});
  server.run("update troupe.schema_version set version = 2");
  CAF_CHECK_EQUAL(refusal(open()), ec::from_future);
  server.run("update troupe.schema_version set version = 1; update troupe.rows set value = '9' where key = "
             "'\\x00'::bytea || 'layout'::bytea");
  CAF_CHECK_EQUAL(refusal(open()), ec::from_future);
}

CAF_TEST(a store that is not whole is refused) {
  CAF_CHECK_EQUAL(refusal(open()), ec{});
  server.run("delete from troupe.rows");
  CAF_CHECK_EQUAL(refusal(open()), ec::corrupt);
}

CAF_TEST(a store that became another one is not gone on with) {
  auto opened = open();
  CAF_REQUIRE(opened);
  server.run("update troupe.rows set value = '01ARZ3NDEKTSV4RRFFQ69G5FAV' where key = '\\x00'::bytea || "
             "'id'::bytea");
  CAF_CHECK_EQUAL(code_of((*opened)->reopen()), ec::corrupt);
  CAF_CHECK_EQUAL(code_of((*opened)->get(space::index, "a").error()), ec::unavailable);
}

CAF_TEST_FIXTURE_SCOPE_END()
